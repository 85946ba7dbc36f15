// The container's processor quota, read from files laid out as the kernel does.
#include "core/cpu_quota.h"

#include <stdio.h>
#include <stdlib.h>

#include <string>

#include "check.h"

using namespace quern;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/quern-quota-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { run("rm -rf '" + path + "'"); }
  void write(const std::string& file, const char* text) {
    const std::string full = path + "/" + file;
    run("mkdir -p '" + full.substr(0, full.rfind('/')) + "'");
    FILE* out = fopen(full.c_str(), "w");
    fputs(text, out);
    fclose(out);
  }
  int quota() const { return quotaCpus((path + "/membership").c_str(), (path + "/cgroup").c_str()); }
  static void run(const std::string& command) { CHECK(system(command.c_str()) == 0); }
};

}  // namespace

TEST(quota_of_version_2_is_the_smallest_on_the_way) {
  Folder folder;
  folder.write("membership", "0::/a/b\n");
  folder.write("cgroup/a/cpu.max", "250000 100000\n");
  folder.write("cgroup/a/b/cpu.max", "max 100000\n");
  CHECK(folder.quota() == 3);
  folder.write("cgroup/a/b/cpu.max", "50000 100000\n");
  CHECK(folder.quota() == 1);
}

TEST(quota_of_version_1) {
  Folder folder;
  folder.write("membership", "5:memory:/x\n4:cpu,cpuacct:/docker/1\n0::/\n");
  folder.write("cgroup/cpu/cpu.cfs_quota_us", "400000\n");  // the container's own group is the mount's root
  folder.write("cgroup/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(folder.quota() == 4);
  folder.write("cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  CHECK(folder.quota() == 0);
}

TEST(quota_without_files_or_with_damaged_ones_is_none) {
  Folder folder;
  CHECK(folder.quota() == 0);
  folder.write("membership", "nonsense\n0::relative\n");
  folder.write("cgroup/cpu.max", "");
  CHECK(folder.quota() == 0);
  folder.write("cgroup/cpu.max", "1e300 1\n");
  CHECK(folder.quota() == 0);
}
