// How a job's chunks are divided among its threads.
#include "core/work_shares.h"

#include <memory>
#include <thread>
#include <vector>

#include "check.h"

using namespace quern;

namespace {

void publish(WorkShares& shares, int64_t chunks, int threads) {
  shares.publish([](void*, int64_t, int) {}, nullptr, chunks, threads);
}

// The number of the claimed chunk, or −1.
int64_t claim(WorkShares& shares, int worker) {
  Claim result;
  return shares.claim(worker, result) ? result.chunk : -1;
}

}  // namespace

TEST(work_shares_go_in_order_and_help_from_the_end) {
  const auto shares = std::make_unique<WorkShares>();
  publish(*shares, 10, 3);  // 0 to 3, 4 to 6, 7 to 9
  CHECK(claim(*shares, 1) == 4);
  CHECK(claim(*shares, 0) == 0);
  CHECK(claim(*shares, 1) == 5);
  CHECK(claim(*shares, 1) == 6);
  CHECK(!shares->calls(1) && shares->calls(0) && shares->calls(2));
  CHECK(shares->left() == 6);
  CHECK(claim(*shares, 1) == 9);  // the next share's last
  CHECK(claim(*shares, 2) == 7);
  CHECK(claim(*shares, 1) == 8);
  CHECK(claim(*shares, 2) == 3);
  CHECK(claim(*shares, 0) == 1);
  CHECK(claim(*shares, 0) == 2);
  for (int worker = 0; worker < 3; ++worker) CHECK(claim(*shares, worker) == -1);
}

TEST(work_shares_refuse_threads_beyond_the_jobs) {
  const auto shares = std::make_unique<WorkShares>();
  publish(*shares, 8, 4);
  while (claim(*shares, 3) >= 0) {
  }
  publish(*shares, 2, 2);
  CHECK(!shares->calls(2));
  CHECK(claim(*shares, 2) == -1);
  CHECK(claim(*shares, 3) == -1);
  CHECK(claim(*shares, 1) == 1);
  CHECK(claim(*shares, 1) == 0);
}

TEST(work_shares_of_the_largest_job) {
  const auto shares = std::make_unique<WorkShares>();
  publish(*shares, WorkShares::kMostChunks, kMaxThreads);
  CHECK(claim(*shares, 0) == 0);
  const int64_t each = WorkShares::kMostChunks / kMaxThreads;
  CHECK(claim(*shares, kMaxThreads - 1) == WorkShares::kMostChunks - each);
  publish(*shares, 1, 1);
  CHECK(claim(*shares, 0) == 0);
  CHECK(claim(*shares, 0) == -1);
}

TEST(work_shares_hand_out_each_chunk_once) {
  constexpr int kThreads = 4;
  constexpr int64_t kChunks = 5000;
  const auto shares = std::make_unique<WorkShares>();
  publish(*shares, kChunks, kThreads);
  std::vector<int> claims(kChunks, 0);  // plain: the thread sanitizer sees two claims of one chunk
  std::vector<std::thread> threads;
  for (int worker = 0; worker < kThreads; ++worker) {
    threads.emplace_back([&, worker] {
      for (int64_t c = claim(*shares, worker); c >= 0; c = claim(*shares, worker)) {
        claims[static_cast<size_t>(c)] += 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  bool once = true;
  for (int count : claims) once = once && count == 1;
  CHECK(once);
}
