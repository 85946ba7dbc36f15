// Parts of images with their channels side by side: what products over channels read.
#pragma once
#include <stdint.h>

#include "../kernels/conv_table.h"

namespace quern {

// to[row · line + column · channels + c] = the value of channel c at (top + row, left + column), for
// rows × columns of them: zero outside the image. The image's planes are height × width, one after the other.
template <class T>
struct ConvPatch {
  int64_t channels, height, width;  // of the image
  int64_t top, rows, left, columns;

  int64_t line() const { return columns * channels; }
  int64_t size() const { return rows * line(); }
  void fill(const ConvKernels<T>& kernels, const T* image, T* to) const;
};

extern template struct ConvPatch<float>;
extern template struct ConvPatch<double>;

}  // namespace quern
