// Attention between its products: the online softmax of score tiles, its gradient, masks.
#pragma once
#include "rows.inl"
#include "table.h"

namespace {

using quern::kAttentionStep;
using quern::ScoreTile;

// Calls body(row, column, vector, cut) for the vectors of the rows that a step at `column` sees; the first
// `cut` lanes of the vector don't see the row: 0 in all rows but those on the diagonal, at most all of them.
template <class V, class Body>
inline void forSeen(const ScoreTile& tile, int64_t column, const Body& body) {
  constexpr int vectors = kAttentionStep / V::kLanes;
  const int64_t rows = quern::seenRows(tile, column);
  int64_t open = column - tile.first + 1;  // rows that every query of the step sees
  open = open < 0 ? 0 : open < rows ? open : rows;
  for (int64_t r = 0; r < open; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) body(r, v, 0);
  }
  for (int64_t r = open; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      const int64_t hidden = tile.first + r - column - v * V::kLanes;
      body(r, v, hidden < 0 ? 0 : hidden < V::kLanes ? static_cast<int>(hidden) : V::kLanes);
    }
  }
}

// `value`, or `instead` in the first n lanes.
template <class V>
inline V exceptFirst(int n, V value, V instead) {
  return n == 0 ? value : select(V::firstLanes(n), instead, value);
}

template <class T>
void attentionSoftmax(const ScoreTile& tile, T* scores, T* top, T* sum, T* factor) {
  using V = Vec<T>;
  constexpr int lanes = V::kLanes, vectors = kAttentionStep / lanes;
  const V none = constant<V>(-INFINITY);
  for (int64_t column = 0; column < tile.queries; column += kAttentionStep) {
    T* step = scores + column;
    V before[vectors], most[vectors], total[vectors];
    for (int v = 0; v < vectors; ++v) most[v] = before[v] = V::load(top + column + v * lanes);
    forSeen<V>(tile, column, [&](int64_t r, int v, int cut) {
      most[v] = maximum(most[v], exceptFirst(cut, V::load(step + r * tile.ld + v * lanes), none));
    });
    for (int v = 0; v < vectors; ++v) {
      T* at = top + column + v * lanes;
      most[v].store(at);
      // Where nothing was seen yet, −∞ − −∞ must not become NaN.
      most[v] = select(most[v] == none, constant<V>(0), most[v]);
      const V fading = exp(before[v] - most[v]);
      fading.store(factor + column + v * lanes);
      total[v] = V::load(sum + column + v * lanes) * fading;
      before[v] = constant<V>(0);
    }
    forSeen<V>(tile, column, [&](int64_t r, int v, int cut) {
      T* at = step + r * tile.ld + v * lanes;
      const V power = exp(exceptFirst(cut, V::load(at), none) - most[v]);
      power.store(at);
      before[v] = before[v] + power;
    });
    for (int v = 0; v < vectors; ++v) (total[v] + before[v]).store(sum + column + v * lanes);
  }
}

template <class T>
void attentionSoftmaxGrad(const ScoreTile& tile, T* scores, T* slopes, const T* logSum, const T* dot,
                          T scale) {
  using V = Vec<T>;
  constexpr int lanes = V::kLanes, vectors = kAttentionStep / lanes;
  const V factor = V::broadcast(scale), zero = constant<V>(0);
  for (int64_t column = 0; column < tile.queries; column += kAttentionStep) {
    V shift[vectors], mean[vectors];
    for (int v = 0; v < vectors; ++v) {
      shift[v] = V::load(logSum + column + v * lanes);
      mean[v] = V::load(dot + column + v * lanes);
    }
    forSeen<V>(tile, column, [&](int64_t r, int v, int cut) {
      const int64_t at = r * tile.ld + column + v * lanes;
      const V p = exp(V::load(scores + at) - shift[v]);
      exceptFirst(cut, p, zero).store(scores + at);
      exceptFirst(cut, p * (V::load(slopes + at) - mean[v]) * factor, zero).store(slopes + at);
    });
  }
}

template <class T>
void attentionFinish(int64_t queries, const T* top, const T* sum, T* factor, T* logSum) {
  using V = Vec<T>;
  forVectors<V>(queries, [=](int64_t i, int count) {
    const V total = loadUpTo<V>(sum + i, count);
    const auto unseen = total == constant<V>(0);
    const V value = loadUpTo<V>(top + i, count) + log(total);
    storeUpTo(select(unseen, constant<V>(0), constant<V>(1) / total), factor + i, count);
    storeUpTo(select(unseen, constant<V>(INFINITY), value), logSum + i, count);
  });
}

template <class T>
void attentionScale(int64_t n, T factor, T* x) {
  using V = Vec<T>;
  const V times = V::broadcast(factor);
  forVectors<V>(n, [=](int64_t i, int count) { storeUpTo(loadUpTo<V>(x + i, count) * times, x + i, count); });
}

template <class T>
void attentionScaleRows(int64_t rows, int64_t columns, const T* factor, T* x, int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    if (factor[i] != T(1)) attentionScale<T>(columns, factor[i], x + i * ld);
  }
}

template <class T>
void attentionRowDots(int64_t rows, int64_t columns, const T* a, int64_t lda, const T* b, int64_t ldb,
                      T* out) {
  using V = Vec<T>;
  for (int64_t i = 0; i < rows; ++i) {
    const T *x = a + i * lda, *y = b + i * ldb;
    out[i] = sumOver<V>(
        columns, [=](int64_t j, int count) { return loadUpTo<V>(x + j, count) * loadUpTo<V>(y + j, count); });
  }
}

// Element by element; the compiler makes vectors of the contiguous case.
template <class T, class From, class Convert>
inline void convertRows(int64_t queries, int64_t keys, const From* mask, int64_t rowStride,
                        int64_t columnStride, T* to, int64_t ld, const Convert& convert) {
  for (int64_t i = 0; i < queries; ++i) {
    const From* from = mask + i * rowStride;
    T* row = to + i * ld;
    if (columnStride == 1) {
      for (int64_t j = 0; j < keys; ++j) row[j] = convert(from[j]);
    } else {
      for (int64_t j = 0; j < keys; ++j) row[j] = convert(from[j * columnStride]);
    }
  }
}

template <class T>
void attentionMask(bool truths, int64_t queries, int64_t keys, const void* mask, int64_t rowStride,
                   int64_t columnStride, T* to, int64_t ld) {
  if (truths) {
    convertRows(queries, keys, static_cast<const uint8_t*>(mask), rowStride, columnStride, to, ld,
                [](uint8_t truth) { return truth != 0 ? T(0) : static_cast<T>(-INFINITY); });
  } else {
    convertRows(queries, keys, static_cast<const T*>(mask), rowStride, columnStride, to, ld,
                [](T value) { return value; });
  }
}

template <class T>
void fillAttentionKernels(quern::AttentionKernels<T>& kernels) {
  kernels.softmax = attentionSoftmax<T>;
  kernels.softmaxGrad = attentionSoftmaxGrad<T>;
  kernels.finish = attentionFinish<T>;
  kernels.scaleRows = attentionScaleRows<T>;
  kernels.scale = attentionScale<T>;
  kernels.rowDots = attentionRowDots<T>;
  kernels.mask = attentionMask<T>;
}

void fillAttention(quern::KernelTable& table) {
  fillAttentionKernels(table.attention32);
  fillAttentionKernels(table.attention64);
}

}  // namespace
