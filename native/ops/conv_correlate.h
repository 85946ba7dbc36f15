// The sum behind convolution and its backward data: filters slid over padded images.
#pragma once
#include "conv_shape.h"

namespace quern {

// Where a group's weights lie: (filter, channel, tap row, tap column) at the sum of index · stride, which may
// be negative, from `data`.
template <class T>
struct ConvWeights {
  const T* data;
  int64_t group, filter, channel, h, w;
};

template <class T>
struct Correlation {
  int64_t images, groups;
  int64_t channels, filters;  // of one group
  ConvLine h, w;
  const T* x;  // (images, groups · channels, h.in, w.in), contiguous
  ConvWeights<T> weights;
  const T* bias;  // groups · filters, or null
  // Pixel (row, column) of image n's filter f at (n · groups · filters + f) · yPlane + row · yRow + column ·
  // yColumn.
  T* y;
  int64_t yPlane, yRow, yColumn;
  Activation activation = Activation::kNone;  // of the sums, bias included
};

// False when scratch memory is exhausted; y is then undefined. All sizes and tap counts are positive. The
// products of an output are summed in an order that depends on the shape alone.
template <class T>
bool correlate(const Correlation<T>& correlation, const ConvKernels<T>& kernels);

template <>
bool correlate(const Correlation<float>& correlation, const ConvKernels<float>& kernels);
template <>
bool correlate(const Correlation<double>& correlation, const ConvKernels<double>& kernels);

// The same, by as many products as the sum has.
template <class T>
bool correlateDirectly(const Correlation<T>& correlation, const ConvKernels<T>& kernels);

extern template bool correlateDirectly<float>(const Correlation<float>&, const ConvKernels<float>&);
extern template bool correlateDirectly<double>(const Correlation<double>&, const ConvKernels<double>&);

}  // namespace quern
