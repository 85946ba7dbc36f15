// The processors that a thread may run on: counting them, and which one a thread runs on.
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

// The processor time that a thread has used, in nanoseconds; −1 where it cannot be told.
int64_t processorTime(std::thread& thread);

// Lets a thread that waits for its processor run on another one for a while. The thread itself knows nothing
// of it: begin and end belong to one other thread.
class ProcessorLoan {
 public:
  void begin(std::thread& thread, int cpu);  // moves the thread there, if that can be done
  void end();                                // away from there, and wherever it might run before

 private:
  CpuMask allowed_;
  std::thread* thread_ = nullptr;
  int cpu_ = -1;
};

}  // namespace quern
