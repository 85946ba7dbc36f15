// What the programs of this folder share: clocks, and memory as tensors have it.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <chrono>

#include "core/compiler.h"

namespace bench {

inline double nowNs() {
  using namespace std::chrono;
  return static_cast<double>(duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

// This thread's own time: what other programs took from it does not count.
inline double threadNs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Large pages under what is large, as tensors have them.
template <class T>
class Array {
 public:
  explicit Array(int64_t size) {
    const size_t bytes = static_cast<size_t>(size) * sizeof(T);
    data_ = static_cast<T*>(quern::alignedAllocate(bytes, bytes >= (size_t{1} << 22) ? size_t{1} << 21 : 64));
    if (!data_) abort();
    if (bytes >= (size_t{1} << 22)) quern::adviseHugePages(data_, bytes);
    for (int64_t i = 0; i < size; ++i) data_[i] = T(static_cast<double>(i * 7919 % 2001) / 1000 - 1);
  }
  ~Array() { quern::alignedFree(data_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  T* data() { return data_; }

 private:
  T* data_;
};

}  // namespace bench
