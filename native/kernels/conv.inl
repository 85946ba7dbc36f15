// Convolution as sums of shifted rows: register tiles of a few filters by a few vectors of output pixels, and
// the copy that lays out an image so that a tap is a shift.
#pragma once
#include "table.h"

namespace {

// The tile, by the register file: 32 registers of 64 or 16 bytes, 16 of 32 bytes; one value at a time.
template <class T>
struct ConvTile {
  static constexpr int kVectorBytes = Vec<T>::kLanes * static_cast<int>(sizeof(T));
  static constexpr bool kManyRegisters = kVectorBytes == 64 || kVectorBytes == 16;
  static constexpr int kFilters = kManyRegisters ? 8 : 4;
  static constexpr int kVectors = kVectorBytes >= 16 ? 3 : 4;
};

// y[R, pixels] = or += bias + weights · rows of b. The accumulators must live in registers, so every loop over
// them has constant bounds and is unrolled. kMasked: only the first `last` lanes of the last vector exist.
template <class T, int R, int V, bool kMasked>
void convTile(int64_t taps, const int64_t* offsets, const T* weights, const T* b, const T* bias, T* y,
              int64_t ldy, int last, bool accumulate) {
  using Vector = Vec<T>;
  constexpr int lanes = Vector::kLanes;
  Vector sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const Vector start = Vector::broadcast(bias ? bias[r] : T(0));
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[r][v] = start;
  }
  for (int64_t t = 0; t < taps; ++t) {
    const T* row = b + offsets[t];
    Vector x[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      x[v] = kMasked && v == V - 1 ? Vector::load(row + v * lanes, last) : Vector::load(row + v * lanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vector w = Vector::broadcast(weights[r]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[r][v] = mulAdd(w, x[v], sum[r][v]);
    }
    weights += ConvTile<T>::kFilters;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      T* to = y + r * ldy + v * lanes;
      if (kMasked && v == V - 1) {
        if (accumulate) sum[r][v] = Vector::load(to, last) + sum[r][v];
        sum[r][v].store(to, last);
      } else {
        if (accumulate) sum[r][v] = Vector::load(to) + sum[r][v];
        sum[r][v].store(to);
      }
    }
  }
}

template <class T>
using ConvTileFunction = void (*)(int64_t taps, const int64_t* offsets, const T* weights, const T* b,
                                  const T* bias, T* y, int64_t ldy, int last, bool accumulate);

template <class T, int V, bool kMasked>
ConvTileFunction<T> convTileOfFilters(int64_t filters) {
  constexpr int most = ConvTile<T>::kFilters;
  switch (filters) {
    case 1:
      return convTile<T, 1, V, kMasked>;
    case 2:
      return convTile<T, 2, V, kMasked>;
    case 3:
      return convTile<T, 3, V, kMasked>;
    case 4:
      return convTile<T, 4, V, kMasked>;
    default:
      break;
  }
  if constexpr (most > 4) {
    if (filters == 5) return convTile<T, 5, V, kMasked>;
    if (filters == 6) return convTile<T, 6, V, kMasked>;
    if (filters == 7) return convTile<T, 7, V, kMasked>;
    if (filters == 8) return convTile<T, 8, V, kMasked>;
  }
  return nullptr;
}

template <class T, bool kMasked>
ConvTileFunction<T> convTileFor(int64_t filters, int64_t vectors) {
  if (vectors == 1) return convTileOfFilters<T, 1, kMasked>(filters);
  if (vectors == 2) return convTileOfFilters<T, 2, kMasked>(filters);
  if constexpr (ConvTile<T>::kVectors > 2) {
    if (vectors == 3) return convTileOfFilters<T, 3, kMasked>(filters);
  }
  if constexpr (ConvTile<T>::kVectors > 3) {
    if (vectors == 4) return convTileOfFilters<T, 4, kMasked>(filters);
  }
  return nullptr;
}

// One panel of filters over all pixels, in tiles of nearly equal width.
template <class T>
void convPanel(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights,
               const T* b, const T* bias, T* y, int64_t ldy, bool accumulate) {
  constexpr int64_t lanes = Vec<T>::kLanes;
  const int64_t vectors = (pixels + lanes - 1) / lanes;
  const int64_t tiles = (vectors + ConvTile<T>::kVectors - 1) / ConvTile<T>::kVectors;
  const int last = static_cast<int>((pixels - 1) % lanes) + 1;
  const int64_t base = vectors / tiles, wider = vectors % tiles;  // the first `wider` have one vector more
  const ConvTileFunction<T> narrow = convTileFor<T, false>(filters, base);
  const ConvTileFunction<T> wide = wider > 0 ? convTileFor<T, false>(filters, base + 1) : nullptr;
  int64_t p = 0;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const bool isWide = tile < wider;
    const int64_t width = (base + (isWide ? 1 : 0)) * lanes;
    ConvTileFunction<T> function = isWide ? wide : narrow;
    if (tile == tiles - 1 && last != lanes) function = convTileFor<T, true>(filters, base);
    function(taps, offsets, weights, b + p, bias, y + p, ldy, last, accumulate);
    p += width;
  }
}

template <class T>
void convCorrelate(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights,
                   int64_t panel, const T* b, const T* bias, T* y, int64_t ldy, bool accumulate) {
  constexpr int64_t most = ConvTile<T>::kFilters;
  for (int64_t f = 0; f < filters; f += most) {
    convPanel<T>(filters - f < most ? filters - f : most, pixels, taps, offsets, weights + f / most * panel, b,
                 bias ? bias + f : nullptr, y + f * ldy, ldy, accumulate);
  }
}

template <class T>
inline void convZero(T* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = T(0);
}

template <class T, int kStep>
void convUnfoldRows(int64_t width, quern::ConvSpan rows, quern::ConvSpan columns, const T* from,
                    int64_t rowStep, int64_t anyStep, T* to) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int64_t count = columns.last - columns.first;
  const int64_t whole = count / lanes * lanes;
  const int rest = static_cast<int>(count - whole);
  for (int64_t row = rows.first; row < rows.last; ++row) {
    const T* source = from + (row - rows.first) * rowStep;
    T* line = to + row * width;
    for (int64_t o = 0; o < columns.first; ++o) line[o] = T(0);
    if (kStep == 1) {
      T* inside = line + columns.first;
      for (int64_t o = 0; o < whole; o += lanes) Vector::load(source + o).store(inside + o);
      if (rest > 0) Vector::load(source + whole, rest).store(inside + whole, rest);
    } else {
      const int64_t step = kStep > 0 ? kStep : anyStep;
      T* inside = line + columns.first;
      for (int64_t o = 0; o < count; ++o) inside[o] = source[o * step];
    }
    for (int64_t o = columns.last; o < width; ++o) line[o] = T(0);
  }
}

template <class T>
void convUnfold(int64_t width, quern::ConvSpan rows, int64_t rowCount, quern::ConvSpan columns, const T* from,
                int64_t rowStep, int64_t step, T* to) {
  convZero(to, rows.first * width);
  if (step == 1) {
    convUnfoldRows<T, 1>(width, rows, columns, from, rowStep, step, to);
  } else if (step == 2) {
    convUnfoldRows<T, 2>(width, rows, columns, from, rowStep, step, to);
  } else {
    convUnfoldRows<T, 0>(width, rows, columns, from, rowStep, step, to);
  }
  convZero(to + rows.last * width, (rowCount - rows.last) * width);
}

}  // namespace
