// The chunks of a job, divided among its threads: each works through a share of its own, then helps others.
//
// Shares are contiguous, and the same for every job of that many chunks: what one operation left in a core's
// caches is what the next one reads there. Chunks dealt out in turn would go from core to core each time,
// which cost memory-bound operations all that a second thread gives (add of 2^20 floats: 1.1 to 1.4 times one
// thread's speed in turns of 32 to 128 KB, 2.0 in shares).
//
// A share is one atomic word, so that a claim needs no lock: how many threads the job has, and which chunks
// are left. A claim that succeeds keeps the job from ending, so a thread that comes late, or slept through
// several jobs, claims a chunk of whatever job is current or nothing. What a thread must know of the job lies
// in its share's cache line: between distant cores, each further line costs a third of a microsecond.
#pragma once
#include <stdint.h>

#include <atomic>

#include "thread_pool.h"

namespace quern {

struct Claim {
  ChunkBody body;
  void* context;
  int64_t chunk;
};

class WorkShares {
 public:
  static constexpr int64_t kMostChunks = (int64_t{1} << 27) - 1;

  // For the caller, when its last job is done. 0 < threads ≤ chunks ≤ kMostChunks.
  void publish(ChunkBody body, void* context, int64_t chunks, int threads) {
    if (threads_.load(std::memory_order_relaxed) != threads) {
      threads_.store(threads, std::memory_order_relaxed);
    }
    const int64_t each = chunks / threads, more = chunks % threads;
    int64_t begin = 0;
    for (int i = 0; i < threads; ++i) {
      const int64_t end = begin + each + (i < more ? 1 : 0);
      shares_[i].body = body;
      shares_[i].context = context;
      shares_[i].word.store(packed(threads, begin, end), std::memory_order_release);
      begin = end;
    }
  }

  // The first chunk of the worker's own share, or else the last of another one; false when none is left.
  bool claim(int worker, Claim& claim) {
    if (take(worker, worker, claim)) return true;
    // An outdated number of threads only means that a worker helps less, or finds itself refused.
    const int threads = threads_.load(std::memory_order_relaxed);
    for (int i = 1; i < threads; ++i) {
      if (take((worker + i) % threads, worker, claim)) return true;
    }
    return false;
  }

  // How many chunks nobody has claimed, roughly. For the caller.
  int64_t left() const {
    int64_t sum = 0;
    for (int i = 0; i < threads_.load(std::memory_order_relaxed); ++i) {
      const uint64_t word = shares_[i].word.load(std::memory_order_relaxed);
      sum += endOf(word) - beginOf(word);
    }
    return sum;
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

  struct alignas(64) Share {
    std::atomic<uint64_t> word{0};
    ChunkBody body = nullptr;  // written before `word`, read only by those who have claimed a chunk
    void* context = nullptr;
  };

  bool take(int from, int worker, Claim& claim) {
    Share& share = shares_[from];
    uint64_t seen = share.word.load(std::memory_order_acquire);
    for (;;) {
      const int64_t begin = beginOf(seen), end = endOf(seen);
      if (begin >= end || worker >= threadsOf(seen)) return false;
      const bool own = from == worker;
      const uint64_t rest = own ? packed(threadsOf(seen), begin + 1, end) : seen - 1;
      if (share.word.compare_exchange_weak(seen, rest, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
        claim = {share.body, share.context, own ? begin : end - 1};
        return true;
      }
    }
  }

  std::atomic<int> threads_{0};
  Share shares_[kMaxThreads];
};

}  // namespace quern
