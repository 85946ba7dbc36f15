// The processors that a thread may run on: counting them, and keeping a worker off its caller's.
#include "affinity.h"

#if defined(__linux__)
#include <pthread.h>
#endif

namespace quern {

#if defined(__linux__)

namespace {

bool readOwn(CpuMask& mask) { return sched_getaffinity(0, sizeof mask.words, mask.words) == 0; }

bool applyToSelf(const CpuMask& mask) {
  return mask.count() > 0 && sched_setaffinity(0, sizeof mask.words, mask.words) == 0;
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
  return readOwn(mask) && mask.count() > 0 ? mask.count() : 1;
}

int currentCpu() { return sched_getcpu(); }

void leaveCpu(int cpu) {
  CpuMask before;
  if (!readOwn(before)) return;
  CpuMask without = before;
  without.remove(cpu);
  // Narrowing the mask makes the kernel migrate the thread at once; widening it again leaves it where it is.
  if (applyToSelf(without)) applyToSelf(before);
}

void WakePlacement::remember() {
  if (!readOwn(allowed_)) allowed_ = CpuMask();
}

void WakePlacement::keepOff(std::thread& thread, int first, int second) {
  CpuMask mask = allowed_;
  mask.remove(first);
  mask.remove(second);
  if (mask.count() > 0) pthread_setaffinity_np(thread.native_handle(), sizeof mask.words, mask.words);
}

void WakePlacement::restore() { applyToSelf(allowed_); }

#else

int allowedCpus() {
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

int currentCpu() { return -1; }

void leaveCpu(int) {}
void WakePlacement::remember() {}
void WakePlacement::keepOff(std::thread&, int, int) {}
void WakePlacement::restore() {}

#endif

}  // namespace quern
