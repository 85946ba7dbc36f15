// The inner kernels of normalisation that each ISA fills in: over rows, and over the channels of a batch.
#pragma once
#include <stdint.h>

namespace quern {

// The values of one channel: `images` segments of n values, `step` elements apart.
struct Segments {
  int64_t images, n, step;
};

// Number, mean, and sum of the squared distances from it.
struct Moments {
  double count, mean, squares;
};

template <class T>
struct NormKernels {
  // `rows` rows of n values: y = (x − mean) · scale · weight + bias, scale = 1/√(variance + eps), each row's
  // mean and scale being kept. weight may be null, then bias is too. Without `means` the rows are not
  // centred: scale = 1/√(mean of squares + eps).
  using Rows = void (*)(int64_t rows, int64_t n, const T* x, const T* weight, const T* bias, double eps, T* y,
                        T* means, T* scales);
  using RowsGrad = void (*)(int64_t rows, int64_t n, const T* g, const T* x, const T* means, const T* scales,
                            const T* weight, T* dx);
  // Of the first `columns` of rows that lie n apart: Σ g · (x − mean) · scale and, unless it is null, Σ g.
  using RowsGradWeight = void (*)(int64_t rows, int64_t n, int64_t columns, const T* g, const T* x,
                                  const T* means, const T* scales, T* dweight, T* dbias);

  using ChannelMoments = Moments (*)(const Segments& segments, const T* x);
  // sums = {Σ g, Σ g · (x − mean)}
  using ChannelDots = void (*)(const Segments& segments, const T* g, const T* x, T mean, double* sums);
  // y = (x − mean) · factor + shift
  using ChannelScale = void (*)(int64_t n, const T* x, T mean, T factor, T shift, T* y);
  // dx = (g − first − (x − mean) · second) · factor
  using ChannelGrad = void (*)(int64_t n, const T* g, const T* x, T mean, T factor, T first, T second, T* dx);

  // The same for channels that lie side by side: `rows` rows of `columns` channels, n apart; one value each.
  using ColumnMoments = void (*)(int64_t rows, int64_t n, int64_t columns, const T* x, Moments* moments);
  using ColumnDots = void (*)(int64_t rows, int64_t n, int64_t columns, const T* g, const T* x,
                              const T* means, double* sums, double* dots);
  using ColumnScale = void (*)(int64_t columns, const T* x, const T* means, const T* factors, const T* shifts,
                               T* y);
  using ColumnGrad = void (*)(int64_t columns, const T* g, const T* x, const T* means, const T* factors,
                              const T* firsts, const T* seconds, T* dx);

  Rows rows = nullptr;
  RowsGrad rowsGrad = nullptr;
  RowsGradWeight rowsGradWeight = nullptr;
  ChannelMoments channelMoments = nullptr;
  ChannelDots channelDots = nullptr;
  ChannelScale channelScale = nullptr;
  ChannelGrad channelGrad = nullptr;
  ColumnMoments columnMoments = nullptr;
  ColumnDots columnDots = nullptr;
  ColumnScale columnScale = nullptr;
  ColumnGrad columnGrad = nullptr;
};

}  // namespace quern
