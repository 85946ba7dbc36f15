// The processors that a thread may run on: counting them, and keeping a worker off its caller's.
#pragma once

#if defined(__linux__)
#include <sched.h>
#endif

#include <thread>

namespace quern {

int allowedCpus();       // how many processors the calling thread may use, at least 1
int currentCpu();        // the processor that the calling thread runs on; −1 where it cannot be told
void leaveCpu(int cpu);  // moves the calling thread to another allowed processor, if there is one

#if defined(__linux__)
struct CpuMask {
  // Beyond the 1024 of one cpu_set_t, which the kernel refuses to fill on machines that may have more.
  cpu_set_t words[8] = {};

  int count() const { return CPU_COUNT_S(sizeof words, words); }
  void remove(int cpu);  // unless it is the last one
};
#else
struct CpuMask {};
#endif

// Wakes a thread elsewhere than on its waker's processor. There the kernel likes to put it, and there it
// would wait for its waker to sleep: workers called for a millisecond's work helped in 37 % of the calls
// without this and in 70 % with it (two processors).
class WakePlacement {
 public:
  void remember();                                           // the thread itself, before it sleeps
  void keepOff(std::thread& thread, int first, int second);  // its waker; −1 for no processor
  void restore();                                            // the thread itself, once awake

 private:
  CpuMask allowed_;
};

}  // namespace quern
