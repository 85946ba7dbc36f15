// Depthwise convolution: one filter for each plane, whose sums are too short for tiles of several filters.
#pragma once
#include "conv_grad.inl"

namespace {

template <class T>
void convCopyRows(int64_t rows, int64_t columns, const T* from, int64_t fromRow, T* to, int64_t toRow) {
  for (int64_t row = 0; row < rows; ++row) convCopy(from + row * fromRow, columns, to + row * toRow);
}

// N vectors of outputs, each with its place in the padded plane.
template <class T, int N>
inline void convDepthwiseTile(const quern::ConvTaps& taps, const T* weights, int64_t weightStep, T bias,
                              const T* const* from, T* const* to, const int* lanes) {
  using Vector = Vec<T>;
  const T* x[N];
  Vector sum[N];
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    x[i] = from[i];
    sum[i] = Vector::broadcast(bias);
  }
  for (int64_t t = 0; t < taps.count; ++t) {
    const Vector w = Vector::broadcast(weights[t * weightStep]);
    const int64_t offset = taps.offsets[t];
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) sum[i] = mulAdd(w, Vector::load(x[i] + offset), sum[i]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    if (lanes[i] == Vector::kLanes) {
      sum[i].store(to[i]);
    } else {
      sum[i].store(to[i], lanes[i]);
    }
  }
}

template <class T>
void convDepthwise(int64_t rows, int64_t columns, const quern::ConvTaps& taps, const T* weights,
                   int64_t weightStep, T bias, const T* x, int64_t xRow, T* y) {
  constexpr int64_t lanes = Vec<T>::kLanes;
  constexpr int atOnce = ConvTile<T>::vectorsFor(1) < 8 ? 4 : 8;
  const T* from[atOnce];
  T* to[atOnce];
  int widths[atOnce];
  int waiting = 0;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; column += lanes) {
      from[waiting] = x + row * xRow + column;
      to[waiting] = y + row * columns + column;
      widths[waiting] = static_cast<int>(columns - column < lanes ? columns - column : lanes);
      if (++waiting == atOnce) {
        convDepthwiseTile<T, atOnce>(taps, weights, weightStep, bias, from, to, widths);
        waiting = 0;
      }
    }
  }
  for (int i = 0; i < waiting; ++i) {
    convDepthwiseTile<T, 1>(taps, weights, weightStep, bias, from + i, to + i, widths + i);
  }
}

// K taps' sums over all outputs.
template <class T, int K>
void convDepthwiseDots(int64_t rows, int64_t columns, const int64_t* offsets, const T* g, const T* x,
                       int64_t xRow, T* sum) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  Vector total[K];
#pragma GCC unroll 16
  for (int t = 0; t < K; ++t) total[t] = Vector::broadcast(T(0));
  const int64_t whole = columns / lanes * lanes;
  const int rest = static_cast<int>(columns - whole);
  for (int64_t row = 0; row < rows; ++row, g += columns, x += xRow) {
    for (int64_t column = 0; column < whole; column += lanes) {
      const Vector gradient = Vector::load(g + column);
#pragma GCC unroll 16
      for (int t = 0; t < K; ++t) {
        total[t] = mulAdd(gradient, Vector::load(x + offsets[t] + column), total[t]);
      }
    }
    if (rest == 0) continue;
    // A value beyond the row may be NaN: it must not meet the gradient, not even its zero lanes.
    const Vector gradient = Vector::load(g + whole, rest);
#pragma GCC unroll 16
    for (int t = 0; t < K; ++t) {
      total[t] = mulAdd(gradient, Vector::load(x + offsets[t] + whole, rest), total[t]);
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < K; ++t) sum[t] += convAcross(total[t]);
}

template <class T>
using ConvDepthwiseDots = void (*)(int64_t rows, int64_t columns, const int64_t* offsets, const T* g,
                                   const T* x, int64_t xRow, T* sum);

template <class T, int K = ConvDot<T>::tapsFor(1)>
ConvDepthwiseDots<T> convDepthwiseDotsFor(int64_t taps) {
  if constexpr (K > 1) {
    if (taps < K) return convDepthwiseDotsFor<T, K - 1>(taps);
  }
  return convDepthwiseDots<T, K>;
}

template <class T>
void convDepthwiseGrad(int64_t rows, int64_t columns, const quern::ConvTaps& taps, const T* g, const T* x,
                       int64_t xRow, T* sum) {
  constexpr int64_t most = ConvDot<T>::tapsFor(1);
  for (int64_t t = 0; t < taps.count; t += most) {
    convDepthwiseDotsFor<T>(taps.count - t)(rows, columns, taps.offsets + t, g, x, xRow, sum + t);
  }
}

template <class T>
void fillConvKernels(quern::ConvKernels<T>& kernels) {
  kernels.correlate = convCorrelate<T>;
  kernels.unfold = convUnfold<T>;
  kernels.channelsLast = convChannelsLast<T>;
  kernels.shiftedProducts = convShiftedProducts<T>;
  kernels.dotProducts = convDotProducts<T>;
  kernels.copyRows = convCopyRows<T>;
  kernels.depthwise = convDepthwise<T>;
  kernels.depthwiseGrad = convDepthwiseGrad<T>;
  kernels.lanes = Vec<T>::kLanes;
  kernels.tileFilters = ConvTile<T>::kFilters;
  kernels.tilePixels = ConvTile<T>::kVectors * Vec<T>::kLanes;
}

void fillConv(quern::KernelTable& table) {
  fillConvKernels(table.conv32);
  fillConvKernels(table.conv64);
}

}  // namespace
