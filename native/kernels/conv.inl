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

// How much of a tile's last vector exists: all its lanes, the first `last`, or no more than half of them,
// where the vectors have halves.
enum class ConvEdge { kNone, kMasked, kHalf };

template <class T>
inline ConvEdge convEdgeOf(int last) {
  constexpr int lanes = ConvVec<T>::kLanes;
  if (kHasHalf<ConvVec<T>> && last <= lanes / 2) return ConvEdge::kHalf;
  return last < lanes ? ConvEdge::kMasked : ConvEdge::kNone;
}

// What holds the last vector.
template <class V, ConvEdge kEdge>
struct ConvEdgeVec {
  using Type = V;
};
template <class V>
struct ConvEdgeVec<V, ConvEdge::kHalf> {
  using Type = typename HalfOf<V>::Type;
};

// A row of V vectors of the tiles, of which the last may be an edge.
template <class T, int V, ConvEdge kEdge>
struct ConvRow {
  using Vector = ConvVec<T>;
  using Edge = typename ConvEdgeVec<Vector, kEdge>::Type;
  static constexpr int kWhole = kEdge == ConvEdge::kNone ? V : V - 1;
  static constexpr int64_t lanes = Vector::kLanes;

  Vector whole[kWhole > 0 ? kWhole : 1];
  Edge edge;

  inline void fill(T value) {
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v] = Vector::broadcast(value);
    if constexpr (kWhole < V) edge = Edge::broadcast(value);
  }
  inline void load(const T* from, int last) {
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v] = Vector::load(from + v * lanes);
    if constexpr (kWhole < V) edge = Edge::load(from + kWhole * lanes, last);
  }
  inline void store(T* to, int last) const {
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v].store(to + v * lanes);
    if constexpr (kWhole < V) edge.store(to + kWhole * lanes, last);
  }
  // *this += factor · row
  inline void addProduct(T factor, const ConvRow& row) {
    const Vector same = Vector::broadcast(factor);
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v] = mulAdd(same, row.whole[v], whole[v]);
    if constexpr (kWhole < V) edge = mulAdd(Edge::broadcast(factor), row.edge, edge);
  }
  inline void addBefore(const ConvRow& row) {
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v] = row.whole[v] + whole[v];
    if constexpr (kWhole < V) edge = row.edge + edge;
  }
  inline void relu() {
#pragma GCC unroll 8
    for (int v = 0; v < kWhole; ++v) whole[v] = maximum(whole[v], Vector::broadcast(T(0)));
    if constexpr (kWhole < V) edge = maximum(edge, Edge::broadcast(T(0)));
  }
};

// y[R, pixels] = or += bias + weights · rows of b, and of that what lies above zero where `relu` says so. The
// accumulators must live in registers, so every loop over them has constant bounds and is unrolled.
template <class T, int R, int V, ConvEdge kEdge>
void convTile(int64_t taps, const int64_t* offsets, const T* weights, const T* b, const T* bias, T* y,
              int64_t ldy, int last, bool accumulate, bool relu) {
  ConvRow<T, V, kEdge> sum[R], x;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sum[r].fill(bias ? bias[r] : T(0));
  for (int64_t t = 0; t < taps; ++t) {
    x.load(b + offsets[t], last);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[r].addProduct(weights[r], x);
    weights += ConvTile<T>::kFilters;
  }
  if (accumulate) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      x.load(y + r * ldy, last);
      sum[r].addBefore(x);
    }
  }
  if (relu) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[r].relu();
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sum[r].store(y + r * ldy, last);
}

template <class T>
using ConvTileFunction = void (*)(int64_t taps, const int64_t* offsets, const T* weights, const T* b,
                                  const T* bias, T* y, int64_t ldy, int last, bool accumulate, bool relu);

template <class T, int R, ConvEdge kEdge, int V = ConvTile<T>::vectorsFor(R)>
ConvTileFunction<T> convTileFor(int64_t vectors) {
  if constexpr (V > 1) {
    if (vectors != V) return convTileFor<T, R, kEdge, V - 1>(vectors);
  }
  return convTile<T, R, V, kEdge>;
}

template <class T, int R>
ConvTileFunction<T> convLastTileFor(int64_t vectors, int last) {
  const ConvEdge edge = convEdgeOf<T>(last);
  if constexpr (kHasHalf<ConvVec<T>>) {
    if (edge == ConvEdge::kHalf) return convTileFor<T, R, ConvEdge::kHalf>(vectors);
  }
  return edge == ConvEdge::kNone ? convTileFor<T, R, ConvEdge::kNone>(vectors)
                                 : convTileFor<T, R, ConvEdge::kMasked>(vectors);
}

// A panel of R filters over all pixels, in tiles of nearly equal width; then its activation, while the panel
// lies in the first cache, unless the tiles can do it.
template <class T, int R>
void convPanel(int64_t pixels, int64_t taps, const int64_t* offsets, const T* weights, const T* b,
               const T* bias, T* y, int64_t ldy, bool accumulate, Activation activation) {
  constexpr int64_t lanes = Vec<T>::kLanes, most = ConvTile<T>::vectorsFor(R);
  const int64_t vectors = (pixels + lanes - 1) / lanes;
  const int64_t tiles = (vectors + most - 1) / most;
  const int last = static_cast<int>((pixels - 1) % lanes) + 1;
  const int64_t base = vectors / tiles, wider = vectors % tiles;  // the first `wider` have one vector more
  ConvTileFunction<T> function = convTileFor<T, R, ConvEdge::kNone>(base + (wider > 0 ? 1 : 0));
  const bool relu = activation == Activation::kRelu;
  int64_t p = 0;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    if (tile == wider) function = convTileFor<T, R, ConvEdge::kNone>(base);
    if (tile == tiles - 1 && last != lanes) function = convLastTileFor<T, R>(base, last);
    function(taps, offsets, weights, b + p, bias, y + p, ldy, last, accumulate, relu);
    p += (base + (tile < wider ? 1 : 0)) * lanes;
  }
  if (activation != Activation::kNone && !relu)
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

// A count that is not known to be large: the library's function costs more than it does.
template <class T>
inline void convZero(T* to, int64_t count) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const Vector zero = Vector::broadcast(T(0));
  const int64_t whole = count / lanes * lanes;
  for (int64_t o = 0; o < whole; o += lanes) zero.store(to + o);
  if (whole < count) zero.store(to + whole, static_cast<int>(count - whole));
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
inline void convUnfoldPlane(int64_t width, quern::ConvSpan rows, int64_t rowCount, quern::ConvSpan columns,
                            const T* from, int64_t rowStep, int64_t step, T* to) {
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

template <class T>
void convUnfold(const quern::ConvPlanes& planes, int64_t width, quern::ConvSpan rows, int64_t rowCount,
                quern::ConvSpan columns, const T* from, int64_t rowStep, int64_t step, T* to) {
  for (int64_t i = 0; i < planes.count; ++i, from += planes.from, to += planes.to) {
    convUnfoldPlane(width, rows, rowCount, columns, from, rowStep, step, to);
  }
}

}  // namespace
