// The inner kernels of convolution that each ISA fills in: register tiles, and the copies that feed them.
#pragma once
#include <stdint.h>

#include "epilogue.h"

namespace quern {

// Columns and rows that a copy takes from the input; what lies outside [first, last) is zero padding.
struct ConvSpan {
  int64_t first, last;
};

// Planes that are copied in the same way, and how far apart they lie at both ends.
struct ConvPlanes {
  int64_t count, from, to;
};

// How a product over output pixels walks through the gradient and the input together: pixel (image, row,
// column) lies at image · gImage + row · gRow + column of g, and likewise in x.
struct ConvWalk {
  int64_t images, rows, columns;
  int64_t gImage, gRow;
  int64_t xImage, xRow, xColumn;
};

// Where each tap lies from an output's place in a padded plane.
struct ConvTaps {
  int64_t count;
  const int64_t* offsets;
};

template <class T>
struct ConvKernels {
  // y[f, p] = or += bias[f] + sum over t of weights[t, f] · b[offsets[t] + p], for f < filters, p < pixels,
  // t < taps; then the activation. Weights are panels of `tileFilters` filters, `panel` elements apart, with
  // a filter's weights tileFilters apart. bias may be null. Each sum is one chain of mulAdd over t,
  // ascending.
  using Correlate = void (*)(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets,
                             const T* weights, int64_t panel, const T* b, const T* bias, T* y, int64_t ldy,
                             bool accumulate, Activation activation);
  // Of each plane rowCount lines of `width` values, zero outside both spans. `from` is what belongs at the
  // first row and column of the spans; the next column's value is `step` further, the next row's rowStep.
  using Unfold = void (*)(const ConvPlanes& planes, int64_t width, ConvSpan rows, int64_t rowCount,
                          ConvSpan columns, const T* from, int64_t rowStep, int64_t step, T* to);
  // to[row · toRow + column · channels + c] = from[c · plane + row · columns + column]
  using ChannelsLast = void (*)(int64_t channels, int64_t rows, int64_t columns, const T* from, int64_t plane,
                                T* to, int64_t toRow);
  // sum[f, j] = or += sum over the walk's pixels of g[f · gPlane + pixel] · x[pixel + j], j < n
  using ShiftedProducts = void (*)(int64_t filters, int64_t n, const ConvWalk& walk, const T* g,
                                   int64_t gPlane, const T* x, T* sum, int64_t ldSum, bool accumulate);
  // sum[f, t] = or += sum over images i < walk.images and p < pixels of
  // g[i · gImage + f · gPlane + p] · x[i · xImage + offsets[t] + p], t < taps
  using DotProducts = void (*)(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets,
                               int64_t images, const T* g, int64_t gImage, int64_t gPlane, const T* x,
                               int64_t xImage, T* sum, int64_t ldSum, bool accumulate);

  // `columns` values of each of `rows` rows.
  using CopyRows = void (*)(int64_t rows, int64_t columns, const T* from, int64_t fromRow, T* to,
                            int64_t toRow);
  // Of one plane: y[row, column] = bias + sum over t of weights[t · weightStep] · x at the tap, where output
  // (row, column) lies at x[row · xRow + column]. A vector's lanes beyond a row are read too.
  using Depthwise = void (*)(int64_t rows, int64_t columns, const ConvTaps& taps, const T* weights,
                             int64_t weightStep, T bias, const T* x, int64_t xRow, T* y);
  // sum[t] += sum over the outputs of g[row, column] · x at tap t
  using DepthwiseGrad = void (*)(int64_t rows, int64_t columns, const ConvTaps& taps, const T* g, const T* x,
                                 int64_t xRow, T* sum);

  Correlate correlate = nullptr;
  Unfold unfold = nullptr;
  ChannelsLast channelsLast = nullptr;
  ShiftedProducts shiftedProducts = nullptr;
  DotProducts dotProducts = nullptr;
  CopyRows copyRows = nullptr;
  Depthwise depthwise = nullptr;
  DepthwiseGrad depthwiseGrad = nullptr;
  int64_t lanes = 1;
  int64_t tileFilters = 1;  // of correlate
  int64_t tilePixels = 1;
};

}  // namespace quern
