// Pooling under windows of 2 × 2 that touch each other.
#pragma once
#include "table.h"

namespace {

// The values at from[0], from[2], ... as the lanes of a vector, of `count` − 1 steps of two; other lanes are
// undefined.
template <class T>
inline Vec<T> poolEverySecond(int64_t count, const T* from) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int64_t reach = 2 * count - 1;
  if (reach >= 2 * lanes - 1) return everyOther(Vector::load(from), Vector::load(from + lanes - 1));
  if (reach <= lanes) {
    const Vector low = Vector::load(from, static_cast<int>(reach));
    return everyOther(low, low);
  }
  return everyOther(Vector::load(from), Vector::load(from + lanes - 1, static_cast<int>(reach - lanes + 1)));
}

template <class T>
void poolMaximum(int64_t rows, int64_t columns, int64_t width, const T* x, T* y, int32_t* indices) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int32_t next = static_cast<int32_t>(width);
  const int64_t size = rows * columns;
  int32_t steps[lanes];  // from the first window of a vector, in the input
  for (int32_t i = 0; i < lanes; ++i) steps[i] = 2 * i;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t left = 0; left < columns; left += lanes) {
      const int64_t count = columns - left < lanes ? columns - left : lanes, at = row * columns + left;
      const T* window = x + 2 * (row * width + left);
      Vector best = poolEverySecond(count, window), where = Vector::broadcast(T(0));
#pragma GCC unroll 4
      for (int k = 1; k < 4; ++k) {
        const Vector value = poolEverySecond(count, window + k / 2 * width + k % 2);
        const auto better = ~(value <= best) & (best == best);
        best = select(better, value, best);
        where = select(better, Vector::broadcast(static_cast<T>(k)), where);
      }
      T places[lanes];
      where.store(places);
      const int32_t start = static_cast<int32_t>(2 * (row * width + left));
      const auto indexOf = [&](int64_t i) {
        const int32_t place = static_cast<int32_t>(places[i]);
        return start + steps[i] + (place & 1) + (place >> 1) * next;
      };
      // What a whole vector writes too much, the next row writes again.
      if (at + lanes <= size) {
        best.store(y + at);
#pragma GCC unroll 1
        for (int64_t i = 0; i < lanes; ++i) indices[at + i] = indexOf(i);
      } else {
        best.store(y + at, static_cast<int>(count));
        for (int64_t i = 0; i < count; ++i) indices[at + i] = indexOf(i);
      }
    }
  }
}

template <class T>
void poolAverage(int64_t rows, int64_t columns, int64_t width, T divisor, const T* __restrict x,
                 T* __restrict y) {
  for (int64_t row = 0; row < rows; ++row, y += columns) {
    const T* __restrict upper = x + 2 * row * width;
    const T* __restrict lower = upper + width;
    for (int64_t i = 0; i < columns; ++i) {
      y[i] = (((upper[2 * i] + upper[2 * i + 1]) + lower[2 * i]) + lower[2 * i + 1]) / divisor;
    }
  }
}

template <class T>
void poolAverageGrad(int64_t rows, int64_t columns, int64_t width, T divisor, const T* __restrict g,
                     T* __restrict dx) {
  for (int64_t row = 0; row < rows; ++row, g += columns) {
    T* __restrict upper = dx + 2 * row * width;
    T* __restrict lower = upper + width;
    for (int64_t i = 0; i < columns; ++i) {
      const T share = g[i] / divisor;
      upper[2 * i] = share;
      upper[2 * i + 1] = share;
      lower[2 * i] = share;
      lower[2 * i + 1] = share;
    }
  }
}

template <class T>
void fillPoolKernels(quern::PoolKernels<T>& kernels) {
  kernels.maximum = poolMaximum<T>;
  kernels.average = poolAverage<T>;
  kernels.averageGrad = poolAverageGrad<T>;
}

void fillPool(quern::KernelTable& table) {
  fillPoolKernels(table.pool32);
  fillPoolKernels(table.pool64);
}

}  // namespace
