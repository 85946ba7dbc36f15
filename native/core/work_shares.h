// The chunks of a job, divided among its threads: each works through a share of its own, then helps others.
//
// Shares are contiguous, and the same for every job of that many chunks: what one operation left in a core's
// caches is what the next one reads there. Chunks dealt out in turn would go from core to core each time, which
// cost memory-bound operations all that a second thread gives (add of 2^20 floats: 1.1 to 1.4 times one
// thread's speed in turns of 32 to 128 KB, 2.0 in shares).
//
// A share is one atomic word, so that a claim needs no lock: how many threads the job has, and which chunks are
// left. A claim that succeeds keeps the job from ending, and what was written before publish() is visible to
// it. So a thread that comes late, or slept through several jobs, claims a chunk of whatever job is current or
// nothing.
#pragma once
#include <stdint.h>

#include <atomic>

#include "thread_pool.h"

namespace quern {

class WorkShares {
 public:
  static constexpr int64_t kMostChunks = (int64_t{1} << 27) - 1;

  // For the caller, when no chunk of its last job is left. 0 < threads ≤ chunks ≤ kMostChunks.
  void publish(int64_t chunks, int threads) {
    threads_.store(threads, std::memory_order_relaxed);
    const int64_t each = chunks / threads, more = chunks % threads;
    int64_t begin = 0;
    for (int i = 0; i < threads; ++i) {
      const int64_t end = begin + each + (i < more ? 1 : 0);
      shares_[i].word.store(packed(threads, begin, end), std::memory_order_release);
      begin = end;
    }
  }

  // The number of the claimed chunk, or −1: the first of its own share, or else the last of another one.
  int64_t claim(int worker) {
    int64_t chunk = take(worker, worker, true);
    // An outdated number of threads only means that a worker helps less, or finds itself refused.
    const int threads = threads_.load(std::memory_order_relaxed);
    for (int i = 1; chunk < 0 && i < threads; ++i) chunk = take((worker + i) % threads, worker, false);
    return chunk;
  }

  // Whether any chunk of the worker's own share is left.
  bool calls(int worker) const {
    const uint64_t word = shares_[worker].word.load(std::memory_order_acquire);
    return beginOf(word) < endOf(word);
  }

 private:
  static constexpr int kBits = 27;
  static constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;
  static_assert(uint64_t{kMaxThreads} < uint64_t{1} << (64 - 2 * kBits), "a share's word is too narrow");

  static uint64_t packed(int threads, int64_t begin, int64_t end) {
    return static_cast<uint64_t>(threads) << 2 * kBits | static_cast<uint64_t>(begin) << kBits |
           static_cast<uint64_t>(end);
  }
  static int threadsOf(uint64_t word) { return static_cast<int>(word >> 2 * kBits); }
  static int64_t beginOf(uint64_t word) { return static_cast<int64_t>(word >> kBits & kMask); }
  static int64_t endOf(uint64_t word) { return static_cast<int64_t>(word & kMask); }

  int64_t take(int share, int worker, bool first) {
    std::atomic<uint64_t>& word = shares_[share].word;
    uint64_t seen = word.load(std::memory_order_acquire);
    for (;;) {
      const int64_t begin = beginOf(seen), end = endOf(seen);
      if (begin >= end || worker >= threadsOf(seen)) return -1;
      const uint64_t rest = first ? packed(threadsOf(seen), begin + 1, end) : seen - 1;
      if (word.compare_exchange_weak(seen, rest, std::memory_order_acq_rel, std::memory_order_acquire)) {
        return first ? begin : end - 1;
      }
    }
  }

  struct alignas(64) Share {
    std::atomic<uint64_t> word{0};
  };
  std::atomic<int> threads_{0};
  Share shares_[kMaxThreads];
};

}  // namespace quern
