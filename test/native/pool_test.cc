// The thread pool: every chunk runs once, whoever runs it, whatever else happens meanwhile.
#include <stdint.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "check.h"
#include "core/scratch.h"
#include "core/thread_pool.h"

using namespace quern;

namespace {

// Work that the compiler keeps, of about `turns` nanoseconds.
void spin(int turns) {
  for (volatile int i = 0; i < turns; i = i + 1) {
  }
}

// Each chunk writes plainly to its own element: the thread sanitizer sees if two threads ran it, or the
// caller returned before it was done.
bool everyChunkOnce(int64_t chunks, int turns) {
  std::vector<int> runs(static_cast<size_t>(chunks), 0);
  parallelFor(chunks, [&](int64_t chunk, int worker) {
    if (worker < 0 || worker >= threadCount()) return;
    spin(turns);
    runs[static_cast<size_t>(chunk)] += 1;
  });
  for (int count : runs) {
    if (count != 1) return false;
  }
  return true;
}

// Which worker ran each chunk of a job that takes long enough for all threads to come: the first such job to
// which they did, for the machine may have other work. Empty if they never do.
std::vector<int> ownersOfSlowChunks(int64_t chunks, int threads) {
  setThreadCount(threads);
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::vector<int> owners(static_cast<size_t>(chunks), -1);
    parallelFor(chunks, [&](int64_t chunk, int worker) {
      std::this_thread::sleep_for(std::chrono::microseconds(300));
      owners[static_cast<size_t>(chunk)] = worker;
    });
    int seen = 0;
    for (int worker : owners) seen |= 1 << worker;
    if (seen == (1 << threads) - 1) return owners;
  }
  return {};
}

}  // namespace

TEST(pool_runs_every_chunk_once) {
  for (int threads : {1, 2, 3, 8}) {
    setThreadCount(threads);
    for (int64_t chunks : {0, 1, 2, 3, 7, 64, 1000}) CHECK(everyChunkOnce(chunks, 100));
    CHECK(everyChunkOnce(64, 20000));  // long enough to call the workers
  }
}

TEST(pool_survives_many_short_jobs) {
  setThreadCount(4);
  CHECK(everyChunkOnce(64, 20000));
  bool all = true;
  for (int i = 0; i < 3000; ++i) all = everyChunkOnce(2 + i % 7, i % 50) && all;
  CHECK(all);
}

TEST(pool_wakes_sleeping_workers) {
  for (int i = 0; i < 5; ++i) {
    setThreadCount(4);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // longer than workers stay hot
    CHECK(everyChunkOnce(40, 20000));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(!ownersOfSlowChunks(64, 3).empty());
  }
}

TEST(pool_uses_several_threads) { CHECK(!ownersOfSlowChunks(64, 3).empty()); }

// Dealt out in turn, chunks would go from one core's caches to another's in every job.
TEST(pool_gives_each_thread_a_contiguous_share) {
  const std::vector<int> owners = ownersOfSlowChunks(64, 2);
  int changes = 0;
  for (size_t i = 1; i < owners.size(); ++i) changes += owners[i] != owners[i - 1];
  CHECK(!owners.empty());
  CHECK(changes <= 2);  // its own share from the start, and the end of the other's
}

TEST(pool_runs_nested_jobs_serially) {
  setThreadCount(4);
  std::vector<int> counts(16 * 8, 0);
  std::atomic<bool> strange{false};
  parallelFor(16, [&](int64_t outer, int) {
    spin(20000);
    const std::thread::id me = std::this_thread::get_id();
    parallelFor(8, [&](int64_t inner, int worker) {
      if (worker != 0 || std::this_thread::get_id() != me) strange = true;
      counts[static_cast<size_t>(outer * 8 + inner)] += 1;
    });
  });
  CHECK(!strange.load());
  bool once = true;
  for (int count : counts) once = once && count == 1;
  CHECK(once);
}

TEST(pool_serves_several_environments) {
  setThreadCount(3);
  std::atomic<bool> all{true};
  std::vector<std::thread> environments;
  for (int e = 0; e < 3; ++e) {
    environments.emplace_back([&] {
      poolEnter();
      for (int i = 0; i < 300; ++i) {
        if (!everyChunkOnce(16, 500)) all = false;
      }
      scratchRelease();
      poolLeave();
    });
  }
  for (std::thread& environment : environments) environment.join();
  CHECK(all.load());
}

TEST(pool_can_shrink_and_grow) {
  for (int threads : {6, 2, 1, 5, 2}) {
    setThreadCount(threads);
    CHECK(everyChunkOnce(50, 10000));  // checks that no worker beyond the number takes part
  }
}

TEST(pool_restarts_after_the_last_environment_left) {
  setThreadCount(3);
  poolLeave();  // main.cc's
  poolEnter();
  CHECK(everyChunkOnce(64, 20000));
}

TEST(pool_clamps_the_thread_count) {
  setThreadCount(0);
  CHECK(threadCount() == 1);
  setThreadCount(1 << 30);
  CHECK(threadCount() == kMaxThreads);
  CHECK(defaultThreadCount() >= 1 && defaultThreadCount() <= kMaxThreads);
  setThreadCount(defaultThreadCount());
}
