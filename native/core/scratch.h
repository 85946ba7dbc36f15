// Working memory for drivers: kept between calls, one arena per thread that calls, freed with its
// environment.
#pragma once
#include <stdint.h>

namespace quern {

// 64-byte aligned memory of at least `bytes`, valid until the calling driver returns (ScratchFrame ends).
// Null when memory is exhausted: the driver then answers Status::kOutOfMemory.
class ScratchFrame {
 public:
  ScratchFrame();
  ~ScratchFrame();
  ScratchFrame(const ScratchFrame&) = delete;
  ScratchFrame& operator=(const ScratchFrame&) = delete;
  void* take(int64_t bytes);
  template <class T>
  T* take(int64_t count) {
    return static_cast<T*>(take(count * static_cast<int64_t>(sizeof(T))));
  }

 private:
  int64_t mark_;
};

void scratchRelease();  // frees the calling thread's arena

}  // namespace quern
