// Processors lent and returned, and the pool beside a program that keeps a processor busy. Linux only:
// elsewhere threads cannot be placed.
#if defined(__linux__)
#include "core/affinity.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"
#include "core/thread_pool.h"

using namespace quern;

namespace {

cpu_set_t ownMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  return mask;
}

cpu_set_t only(int cpu) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpu, &mask);
  return mask;
}

bool apply(const cpu_set_t& mask) { return sched_setaffinity(0, sizeof mask, &mask) == 0; }

// Two processors that this thread may use, if there are and threads can be placed.
bool twoCpus(int& first, int& second) {
  const cpu_set_t mask = ownMask();
  first = second = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE && second < 0; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) (first < 0 ? first : second) = cpu;
  }
  return second >= 0 && apply(mask);
}

void busyFor(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Waits, for at most half a minute: the machine may have other work.
template <class Done>
bool eventually(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

}  // namespace

TEST(affinity_lends_a_processor_and_takes_it_back) {
  int first, second;
  if (!twoCpus(first, second)) return;
  const cpu_set_t allowed = ownMask();
  std::atomic<bool> stop{false};
  std::atomic<int> cpu{-1};
  std::thread thread([&] {
    while (!stop.load()) cpu.store(currentCpu());
  });
  cpu_set_t seen;
  const auto maskOfThread = [&] {
    CPU_ZERO(&seen);
    pthread_getaffinity_np(thread.native_handle(), sizeof seen, &seen);
    return seen;
  };
  for (int round = 0; round < 4; ++round) {
    const int target = round % 2 ? second : first;
    ProcessorLoan loan;
    loan.begin(thread, target);
    CHECK(eventually([&] { return cpu.load() == target; }));
    const cpu_set_t lent = maskOfThread(), expected = only(target);
    CHECK(CPU_EQUAL(&lent, &expected));
    loan.end();
    const cpu_set_t after = maskOfThread();
    CHECK(CPU_EQUAL(&after, &allowed));
  }
  stop = true;
  thread.join();
}

TEST(affinity_tells_whether_a_thread_runs) {
  std::atomic<int> phase{0};
  std::thread thread([&] {
    while (phase.load() == 0) {
    }
    while (phase.load() == 1) std::this_thread::sleep_for(std::chrono::seconds(1));
  });
  const int64_t start = processorTime(thread);
  CHECK(start >= 0);
  CHECK(eventually([&] { return processorTime(thread) > start; }));
  phase = 1;
  int64_t last = -1;
  CHECK(eventually([&] {
    const int64_t before = last;
    last = processorTime(thread);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return last == before;
  }));
  phase = 2;
  thread.join();
}

// A worker that loses its processor in the middle of a chunk runs on the caller's, which would only wait for
// it; no job leaves it confined there.
TEST(pool_lends_its_callers_processor) {
  int first, second;
  if (!twoCpus(first, second)) return;
  const cpu_set_t allowed = ownMask();
  setThreadCount(2);
  // The worker begins with the mask of who creates it.
  parallelFor(16, [](int64_t, int) { busyFor(std::chrono::microseconds(100)); });
  std::atomic<bool> stop{false};
  std::thread neighbour([&] {
    apply(only(second));
    while (!stop.load(std::memory_order_relaxed)) {
    }
  });
  apply(only(first));
  std::atomic<int> lent{0}, confined{0};
  const bool seen = eventually([&] {
    parallelFor(4, [&](int64_t, int worker) {
      const cpu_set_t before = ownMask();
      busyFor(std::chrono::microseconds(500));
      const cpu_set_t after = ownMask(), callers = only(first);
      if (worker == 0) return;
      if (!CPU_EQUAL(&before, &allowed)) ++confined;
      if (CPU_EQUAL(&after, &callers)) ++lent;
    });
    return lent.load() > 0;
  });
  CHECK(seen);
  CHECK(confined.load() == 0);
  apply(allowed);
  stop = true;
  neighbour.join();
}
#endif
