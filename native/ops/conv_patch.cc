// Copies a part of an image with its channels side by side, zeros where it lies outside.
#include "conv_patch.h"

#include <string.h>

namespace quern {
namespace {

template <class T>
void zero(T* to, int64_t count) {
  memset(to, 0, static_cast<size_t>(count) * sizeof(T));
}

// Within [0, size): how many of `count` places from `start` on lie before 0, and how many before `size`.
ConvSpan insideOf(int64_t start, int64_t count, int64_t size) {
  const int64_t first = start < 0 ? (-start < count ? -start : count) : 0;
  int64_t last = size - start < count ? size - start : count;
  if (last < first) last = first;
  return {first, last};
}

}  // namespace

template <class T>
void ConvPatch<T>::fill(const ConvKernels<T>& kernels, const T* image, T* to) const {
  const ConvSpan lines = insideOf(top, rows, height), places = insideOf(left, columns, width);
  const int64_t inside = places.last - places.first;
  if (lines.first >= lines.last || inside <= 0) return zero(to, size());
  zero(to, lines.first * line());
  zero(to + lines.last * line(), (rows - lines.last) * line());
  for (int64_t row = lines.first; row < lines.last; ++row) {
    zero(to + row * line(), places.first * channels);
    zero(to + row * line() + places.last * channels, (columns - places.last) * channels);
  }
  const T* from = image + (top + lines.first) * width + left + places.first;
  T* first = to + lines.first * line() + places.first * channels;
  const int64_t plane = height * width;
  if (inside == width) {
    kernels.channelsLast(channels, lines.last - lines.first, width, from, plane, first, line());
    return;
  }
  for (int64_t row = lines.first; row < lines.last; ++row, from += width, first += line()) {
    kernels.channelsLast(channels, 1, inside, from, plane, first, line());
  }
}

template struct ConvPatch<float>;
template struct ConvPatch<double>;

}  // namespace quern
