// Convolution as sums of shifted rows: register tiles of a few filters by a few vectors of output pixels, and
// the copy that lays out an image so that a tap is a shift.
#pragma once
#include "gemm_finish.inl"
#include "table.h"

namespace {

// The tiles, by the register file: 32 registers of 64 or 16 bytes, 16 of 32 bytes; one value at a time. Fewer
// filters take more vectors, for as many independent sums keep the multipliers busy.
template <class T>
struct ConvTile {
  static constexpr int kVectorBytes = Vec<T>::kLanes * static_cast<int>(sizeof(T));
  static constexpr bool kManyRegisters = kVectorBytes == 64 || kVectorBytes == 16;
  static constexpr int kFilters = kManyRegisters ? 8 : 4;
  static constexpr int kVectors = kVectorBytes >= 16 ? 3 : 4;  // of a full tile

  static constexpr int vectorsFor(int filters) {
    if (kManyRegisters) return filters <= 2 ? 8 : filters <= 4 ? 6 : 3;
    if (kVectorBytes == 32) return filters == 1 ? 6 : filters == 2 ? 4 : 3;
    return 4;
  }
};

// The vectors that tiles compute in. Whatever else has their lanes and operations may stand in.
template <class T>
struct ConvVecOf {
  using Type = Vec<T>;
};
template <class T>
using ConvVec = typename ConvVecOf<T>::Type;

// y[R, pixels] = or += bias + weights · rows of b. The accumulators must live in registers, so every loop
// over them has constant bounds and is unrolled. kMasked: only the first `last` lanes of the last vector
// exist.
template <class T, int R, int V, bool kMasked>
void convTile(int64_t taps, const int64_t* offsets, const T* weights, const T* b, const T* bias, T* y,
              int64_t ldy, int last, bool accumulate) {
  using Vector = ConvVec<T>;
  constexpr int lanes = Vector::kLanes;
  Vector sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const Vector start = Vector::broadcast(bias ? bias[r] : T(0));
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sum[r][v] = start;
  }
  for (int64_t t = 0; t < taps; ++t) {
    const T* row = b + offsets[t];
    Vector x[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      x[v] = kMasked && v == V - 1 ? Vector::load(row + v * lanes, last) : Vector::load(row + v * lanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vector w = Vector::broadcast(weights[r]);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = mulAdd(w, x[v], sum[r][v]);
    }
    weights += ConvTile<T>::kFilters;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
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

template <class T, int R, bool kMasked, int V = ConvTile<T>::vectorsFor(R)>
ConvTileFunction<T> convTileFor(int64_t vectors) {
  if constexpr (V > 1) {
    if (vectors != V) return convTileFor<T, R, kMasked, V - 1>(vectors);
  }
  return convTile<T, R, V, kMasked>;
}

// A panel of R filters over all pixels, in tiles of nearly equal width; then its activation, while the panel
// lies in the first cache.
template <class T, int R>
void convPanel(int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights, const T* b,
               const T* bias, T* y, int64_t ldy, bool accumulate, Activation activation) {
  constexpr int64_t lanes = Vec<T>::kLanes, most = ConvTile<T>::vectorsFor(R);
  const int64_t vectors = (pixels + lanes - 1) / lanes;
  const int64_t tiles = (vectors + most - 1) / most;
  const int last = static_cast<int>((pixels - 1) % lanes) + 1;
  const int64_t base = vectors / tiles, wider = vectors % tiles;  // the first `wider` have one vector more
  ConvTileFunction<T> function = convTileFor<T, R, false>(base + (wider > 0 ? 1 : 0));
  int64_t p = 0;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    if (tile == wider) function = convTileFor<T, R, false>(base);
    if (tile == tiles - 1 && last != lanes) function = convTileFor<T, R, true>(base);
    function(taps, offsets, weights, b + p, bias, y + p, ldy, last, accumulate);
    p += (base + (tile < wider ? 1 : 0)) * lanes;
  }
  if (activation != Activation::kNone)
    gemmFinish<T>(R, pixels, y, ldy, {false, activation, nullptr, nullptr});
}

template <class T>
using ConvPanelFunction = void (*)(int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights,
                                   const T* b, const T* bias, T* y, int64_t ldy, bool accumulate,
                                   Activation activation);

template <class T, int R = ConvTile<T>::kFilters>
ConvPanelFunction<T> convPanelFor(int64_t filters) {
  if constexpr (R > 1) {
    if (filters < R) return convPanelFor<T, R - 1>(filters);
  }
  return convPanel<T, R>;
}

template <class T>
void convCorrelate(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights,
                   int64_t panel, const T* b, const T* bias, T* y, int64_t ldy, bool accumulate,
                   Activation activation) {
  constexpr int64_t most = ConvTile<T>::kFilters;
  for (int64_t f = 0; f < filters; f += most) {
    convPanelFor<T>(filters - f)(pixels, taps, offsets, weights + f / most * panel, b,
                                 bias ? bias + f : nullptr, y + f * ldy, ldy, accumulate, activation);
  }
}

template <class T>
inline void convZero(T* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = T(0);
}

template <class T>
inline void convCopy(const T* from, int64_t count, T* to) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int64_t whole = count / lanes * lanes;
  for (int64_t o = 0; o < whole; o += lanes) Vector::load(from + o).store(to + o);
  if (whole < count) {
    const int rest = static_cast<int>(count - whole);
    Vector::load(from + whole, rest).store(to + whole, rest);
  }
}

// Every second value, without touching memory beyond the last.
template <class T>
inline void convEverySecond(const T* from, int64_t count, T* to) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  int64_t o = 0;
  for (; o + lanes <= count; o += lanes) {
    everyOther(Vector::load(from + 2 * o), Vector::load(from + 2 * o + lanes - 1)).store(to + o);
  }
  for (; o < count; ++o) to[o] = from[2 * o];
}

template <class T>
void convUnfold(int64_t width, quern::ConvSpan rows, int64_t rowCount, quern::ConvSpan columns, const T* from,
                int64_t rowStep, int64_t step, T* to) {
  convZero(to, rows.first * width);
  convZero(to + rows.last * width, (rowCount - rows.last) * width);
  const int64_t count = columns.last - columns.first, lines = rows.last - rows.first;
  if (lines <= 0) return;
  T* first = to + rows.first * width;
  if (step == 1 && rowStep == width) {
    // One run of memory: what wraps round from the neighbouring rows is zeroed below.
    convCopy(from, (lines - 1) * width + count, first + columns.first);
  } else {
    T* line = first + columns.first;
    for (int64_t row = 0; row < lines; ++row, line += width, from += rowStep) {
      if (step == 1) {
        convCopy(from, count, line);
      } else if (step == 2) {
        convEverySecond(from, count, line);
      } else {
        for (int64_t o = 0; o < count; ++o) line[o] = from[o * step];
      }
    }
  }
  for (int64_t o = 0; o < columns.first; ++o) {
    for (int64_t row = 0; row < lines; ++row) first[row * width + o] = T(0);
  }
  for (int64_t o = columns.last; o < width; ++o) {
    for (int64_t row = 0; row < lines; ++row) first[row * width + o] = T(0);
  }
}

}  // namespace
