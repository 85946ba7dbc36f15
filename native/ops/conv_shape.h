// The geometry that the drivers of convolution share.
#pragma once
#include <stdint.h>

#include <atomic>

#include "../core/call.h"
#include "../kernels/table.h"

namespace quern {

struct ConvAxis {
  int64_t in, kernel, out;
  int64_t stride, padding, dilation;
};

// Whether the sizes go together; stride, padding and dilation are in range.
bool fitsAxis(const ConvAxis& axis);

struct ConvShape {
  int64_t images, groups;
  int64_t channels, filters;  // of one group
  ConvAxis h, w;

  int64_t pixels() const { return h.out * w.out; }
  int64_t plane() const { return h.in * w.in; }
  int64_t kernelSize() const { return h.kernel * w.kernel; }
  int64_t taps() const { return channels * kernelSize(); }
  int64_t inputSize() const { return channels * plane(); }  // of one image and group
  int64_t outputSize() const { return filters * pixels(); }
  int64_t weightSize() const { return filters * taps(); }  // of one group
};

// One axis of a correlation: output o meets the input at o · stride + first + t · step with tap t.
struct ConvLine {
  int64_t in, out, stride;
  int64_t taps, first, step;  // step > 0
};

inline ConvLine forwardLine(const ConvAxis& axis) {
  return {axis.in, axis.out, axis.stride, axis.kernel, -axis.padding, axis.dilation};
}

// Rows of the band of an image that a chunk works on, laid out so that each tap is a shift: for each kernel
// column one copy of the input with that column's values, as wide as the output; and of the input rows only
// those of the same residue modulo the stride one below the other. Output pixels are then adjacent, whatever
// the stride, and no lane meets padding.
template <class T>
class ConvBand {
 public:
  // For `rows` output rows at a time. False when the offsets overflow or the memory is exhausted.
  ConvBand(const ConvLine& h, const ConvLine& w, int64_t rows);

  int64_t channelSize() const { return channelSize_; }  // elements
  // Where channel c's tap (i, j) of the first output pixel lies.
  int64_t offset(int64_t c, int64_t i, int64_t j) const {
    return c * channelSize_ + j * copySize_ + lineOf(i) * w_.out;
  }
  // Fills the copies of some channels for the output rows [top, top + rows), from output column `left` on.
  void fill(const ConvKernels<T>& kernels, int64_t channels, const T* planes, int64_t top, int64_t rows,
            int64_t left, T* to) const;

 private:
  int64_t lineOf(int64_t tap) const {
    const int64_t chain = tap % chains_, place = tap / chains_;
    return chainStart(chain) + place * gap_;
  }
  int64_t chainStart(int64_t chain) const {
    const int64_t longer = h_.taps % chains_, shorter = h_.taps / chains_;
    const int64_t before = chain < longer ? chain : longer;
    return chain * (rows_ + (shorter - 1) * gap_) + before * gap_;
  }

  ConvLine h_, w_;
  int64_t rows_;
  int64_t chains_, gap_;  // taps chains_ apart lie gap_ lines apart in the same run of lines
  int64_t copySize_, channelSize_;
};

template <class T>
const ConvKernels<T>& convKernels();

// Replaces values that have just been written, and lie in the first caches, by their activations.
template <class T>
void activateInPlace(Activation activation, int64_t count, T* values);

extern template void activateInPlace<float>(Activation, int64_t, float*);
extern template void activateInPlace<double>(Activation, int64_t, double*);

// Several images' threads work at a time; each takes its own scratch memory and may fail to get it.
class ConvOutcome {
 public:
  void outOfMemory() { enough_.store(false, std::memory_order_relaxed); }
  bool enough() const { return enough_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> enough_{true};
};

// Bounds a product of sizes so that comparisons with it cannot overflow.
inline int64_t cappedProduct(int64_t a, int64_t b) {
  constexpr int64_t most = int64_t{1} << 50;
  return b != 0 && a > most / b ? most : a * b;
}

}  // namespace quern
