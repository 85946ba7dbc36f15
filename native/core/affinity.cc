// The processors that a thread may run on: counting them, and which one a thread runs on.
#include "affinity.h"

#if defined(__linux__)
#include <pthread.h>
#include <time.h>
#endif

namespace quern {

#if defined(__linux__)

namespace {

bool read(pthread_t thread, CpuMask& mask) {
  return pthread_getaffinity_np(thread, sizeof mask.words, mask.words) == 0 && mask.count() > 0;
}

bool apply(pthread_t thread, const CpuMask& mask) {
  return pthread_setaffinity_np(thread, sizeof mask.words, mask.words) == 0;
}

// Narrowing the mask makes the kernel migrate the thread at once; widening it again leaves it where it is.
void leave(pthread_t thread, int cpu, const CpuMask& allowed) {
  CpuMask without = allowed;
  without.remove(cpu);
  apply(thread, without);
  apply(thread, allowed);
}

}  // namespace

void CpuMask::remove(int cpu) {
  if (cpu < 0) return;
  CpuMask without = *this;
  CPU_CLR_S(cpu, sizeof words, without.words);
  if (without.count() > 0) *this = without;
}

int allowedCpus() {
  CpuMask mask;
  return read(pthread_self(), mask) ? mask.count() : 1;
}

int currentCpu() { return sched_getcpu(); }

void leaveCpu(int cpu) {
  CpuMask mask;
  if (read(pthread_self(), mask)) leave(pthread_self(), cpu, mask);
}

int64_t processorTime(std::thread& thread) {
  clockid_t clock;
  timespec time;
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || clock_gettime(clock, &time) != 0)
    return -1;
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void ProcessorLoan::begin(std::thread& thread, int cpu) {
  if (thread_ || cpu < 0 || !read(thread.native_handle(), allowed_)) return;
  CpuMask only;
  CPU_SET_S(cpu, sizeof only.words, only.words);
  if (!apply(thread.native_handle(), only)) return;
  thread_ = &thread;
  cpu_ = cpu;
}

void ProcessorLoan::end() {
  if (!thread_) return;
  leave(thread_->native_handle(), cpu_, allowed_);
  thread_ = nullptr;
}

#else

int allowedCpus() {
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

int currentCpu() { return -1; }

void leaveCpu(int) {}
int64_t processorTime(std::thread&) { return -1; }
void ProcessorLoan::begin(std::thread&, int) {}
void ProcessorLoan::end() {}

#endif

}  // namespace quern
