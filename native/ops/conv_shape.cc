// How a band of an image is laid out for convolution.
#include "conv_shape.h"

#include "attributes.h"

namespace quern {
namespace {

int64_t commonDivisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

int64_t ceilDivide(int64_t a, int64_t b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }

// The o in [0, count) whose coordinate start + o · step lies in [0, size).
ConvSpan insideOf(int64_t start, int64_t step, int64_t size, int64_t count) {
  int64_t first = ceilDivide(-start, step), last = ceilDivide(size - start, step);
  last = last < 0 ? 0 : last > count ? count : last;
  first = first < 0 ? 0 : first > last ? last : first;
  return {first, last};
}

}  // namespace

bool fitsAxis(const ConvAxis& axis) {
  if (axis.in > kLargestExtent || axis.kernel > kLargestExtent || axis.out > kLargestExtent) return false;
  if (axis.kernel < 1) return false;
  const int64_t reach = axis.in + 2 * axis.padding - axis.dilation * (axis.kernel - 1) - 1;
  return reach >= 0 && axis.out == reach / axis.stride + 1;
}

template <class T>
ConvBand<T>::ConvBand(const ConvLine& h, const ConvLine& w, int64_t rows) : h_(h), w_(w), rows_(rows) {
  const int64_t period = h.stride / commonDivisor(h.step, h.stride);  // of the taps' residues
  gap_ = period <= h.taps ? period * h.step / h.stride : rows;
  chains_ = period;
  if (gap_ > rows || period > h.taps) {
    // Nothing to share: each tap has lines of its own.
    chains_ = h.taps;
    gap_ = 0;
  }
  const int64_t lines = chainStart(chains_ - 1) + rows_ + (h.taps / chains_ - 1) * gap_;
  // Copies begin on cache lines; channels that are a power of two apart would share cache sets.
  constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T));
  copySize_ = cappedProduct((cappedProduct(lines, w.out) + line - 1) / line, line);
  channelSize_ = cappedProduct(copySize_, w.taps);
  if (channelSize_ % (16 * line) == 0) channelSize_ += line;
}

template <class T>
void ConvBand<T>::fill(const ConvKernels<T>& kernels, int64_t channels, const T* planes, int64_t top,
                       int64_t rows, int64_t left, T* to) const {
  const ConvPlanes each = {channels, h_.in * w_.in, channelSize_};
  for (int64_t j = 0; j < w_.taps; ++j) {
    const int64_t column = left * w_.stride + w_.first + j * w_.step;
    const ConvSpan columns = insideOf(column, w_.stride, w_.in, w_.out);
    for (int64_t chain = 0; chain < chains_; ++chain) {
      const int64_t row = top * h_.stride + h_.first + chain * h_.step;
      const int64_t lines = rows + (h_.taps - chain - 1) / chains_ * gap_;
      const ConvSpan inside = insideOf(row, h_.stride, h_.in, lines);
      const bool any = inside.first < inside.last && columns.first < columns.last;
      const T* from =
          any ? planes + (row + inside.first * h_.stride) * w_.in + column + columns.first * w_.stride
              : planes;
      kernels.unfold(each, w_.out, any ? inside : ConvSpan{0, 0}, lines, columns, from, h_.stride * w_.in,
                     w_.stride, to + j * copySize_ + chainStart(chain) * w_.out);
    }
  }
}

template class ConvBand<float>;
template class ConvBand<double>;

template <>
const ConvKernels<float>& convKernels() {
  return kernelTable().conv32;
}
template <>
const ConvKernels<double>& convKernels() {
  return kernelTable().conv64;
}

template <class T>
void activateInPlace(Activation activation, int64_t count, T* values) {
  if (activation == Activation::kNone) return;
  const Epilogue<T> epilogue = {false, activation, nullptr, nullptr};
  if constexpr (sizeof(T) == sizeof(float)) {
    kernelTable().gemm32.finish(1, count, values, count, epilogue);
  } else {
    kernelTable().gemm64.finish(1, count, values, count, epilogue);
  }
}

template void activateInPlace<float>(Activation, int64_t, float*);
template void activateInPlace<double>(Activation, int64_t, double*);

}  // namespace quern
