// The processor time that the container grants: the cgroup's quota, as a number of processors.
#pragma once

namespace quern {

// The smallest quota on the way from this process's cgroup to the root, rounded up to whole processors; 0 if
// there is none. Reads version 1 and version 2; the paths are arguments for the tests.
int quotaCpus(const char* membership = "/proc/self/cgroup", const char* mount = "/sys/fs/cgroup");

}  // namespace quern
