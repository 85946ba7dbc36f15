// Pooling under windows of 2 × 2 that touch each other.
#pragma once
#include "table.h"

namespace {

// The left and the right values of `count` pairs that lie in a row; other lanes are undefined.
template <class T>
inline void poolPairs(int64_t count, const T* from, Vec<T>& left, Vec<T>& right) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  Vector low, high;
  if (count == lanes) {
    low = Vector::load(from);
    high = Vector::load(from + lanes);
  } else if (2 * count > lanes) {
    low = Vector::load(from);
    high = Vector::load(from + lanes, static_cast<int>(2 * count - lanes));
  } else {
    low = high = Vector::load(from, static_cast<int>(2 * count));
  }
  left = evenLanes(low, high);
  right = oddLanes(low, high);
}

// Whether b takes the place of a, which comes first: as PyTorch has it, the first of equals stays, and of NaN
// the last.
template <class V>
inline typename V::Mask poolBetter(V a, V b) {
  return (b > a) | ~(b == b);
}

template <class T>
void poolMaximum(int64_t rows, int64_t columns, int64_t width, const T* x, T* y, int32_t* indices) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int32_t next = static_cast<int32_t>(width);
  const int64_t size = rows * columns;
  int32_t steps[lanes];  // from the first window of a vector, in the input
  for (int32_t i = 0; i < lanes; ++i) steps[i] = 2 * i;
  const auto number = [](int k) { return Vector::broadcast(static_cast<T>(k)); };
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t left = 0; left < columns; left += lanes) {
      const int64_t count = columns - left < lanes ? columns - left : lanes, at = row * columns + left;
      const T* window = x + 2 * (row * width + left);
      Vector best, right, low, lowRight;
      poolPairs<T>(count, window, best, right);
      poolPairs<T>(count, window + width, low, lowRight);
      const auto isRight = poolBetter(best, right), isLowRight = poolBetter(low, lowRight);
      best = select(isRight, right, best);
      low = select(isLowRight, lowRight, low);
      const auto isLow = poolBetter(best, low);
      best = select(isLow, low, best);
      T places[lanes];
      select(isLow, select(isLowRight, number(3), number(2)), select(isRight, number(1), number(0)))
          .store(places);
      const int32_t start = static_cast<int32_t>(2 * (row * width + left));
      int32_t found[lanes];
#pragma GCC unroll 1
      for (int64_t i = 0; i < lanes; ++i) {
        const int32_t place = static_cast<int32_t>(places[i]);
        found[i] = start + steps[i] + (place & 1) + (place >> 1) * next;
      }
      // What a whole vector writes too much, the next row writes again.
      if (at + lanes <= size) {
        best.store(y + at);
#pragma GCC unroll 1
        for (int64_t i = 0; i < lanes; ++i) indices[at + i] = found[i];
      } else {
        best.store(y + at, static_cast<int>(count));
        for (int64_t i = 0; i < count; ++i) indices[at + i] = found[i];
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
