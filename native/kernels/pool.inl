// Pooling under windows of 2 × 2 that touch each other: loops that the compiler turns into this ISA's
// vectors.
#pragma once
#include "table.h"

namespace {

// Rows are worked on in blocks of this many windows, through arrays of each of a window's four places: a
// narrow plane has several rows in a block, and each loop is simple enough for the compiler's vectors.
constexpr int64_t kPoolBlock = 64;

// As many rows, and of those as many columns, as a block holds.
struct PoolBlocks {
  int64_t rows, columns;
  explicit PoolBlocks(int64_t width) : rows(1), columns(width < kPoolBlock ? width : kPoolBlock) {
    if (width > 0 && width < kPoolBlock) rows = kPoolBlock / width;
  }
};

// places[0..3] hold the windows' values in row-major order; the maximum replaces the first, its place, as a
// number, the second.
template <class T>
void poolTakeMaxima(int64_t count, T (&places)[4][kPoolBlock]) {
  using Vector = Vec<T>;
  for (int64_t i = 0; i < count; i += Vector::kLanes) {
    Vector best = Vector::load(places[0] + i), where = Vector::broadcast(T(0));
#pragma GCC unroll 4
    for (int k = 1; k < 4; ++k) {
      const Vector value = Vector::load(places[k] + i);
      const auto better = (value > best) | ((value != value) & (best == best));
      best = select(better, value, best);
      where = select(better, Vector::broadcast(static_cast<T>(k)), where);
    }
    best.store(places[0] + i);
    where.store(places[1] + i);
  }
}

template <class T>
void poolMaximum(int64_t rows, int64_t columns, int64_t width, const T* x, T* y, int32_t* indices) {
  const PoolBlocks blocks(columns);
  T places[4][kPoolBlock] = {};
  for (int64_t top = 0; top < rows; top += blocks.rows) {
    const int64_t bottom = top + blocks.rows < rows ? top + blocks.rows : rows;
    for (int64_t left = 0; left < columns; left += blocks.columns) {
      const int64_t count = columns - left < blocks.columns ? columns - left : blocks.columns;
      for (int64_t row = top; row < bottom; ++row) {
        const T* __restrict upper = x + 2 * (row * width + left);
        const T* __restrict lower = upper + width;
        const int64_t at = (row - top) * count;
        for (int64_t i = 0; i < count; ++i) places[0][at + i] = upper[2 * i];
        for (int64_t i = 0; i < count; ++i) places[1][at + i] = upper[2 * i + 1];
        for (int64_t i = 0; i < count; ++i) places[2][at + i] = lower[2 * i];
        for (int64_t i = 0; i < count; ++i) places[3][at + i] = lower[2 * i + 1];
      }
      poolTakeMaxima((bottom - top) * count, places);
      for (int64_t row = top; row < bottom; ++row) {
        const T* __restrict best = places[0] + (row - top) * count;
        const T* __restrict where = places[1] + (row - top) * count;
        T* __restrict values = y + row * columns + left;
        int32_t* __restrict found = indices + row * columns + left;
        const int32_t start = static_cast<int32_t>(2 * (row * width + left)),
                      next = static_cast<int32_t>(width);
        for (int32_t i = 0; i < static_cast<int32_t>(count); ++i) {
          const int32_t place = static_cast<int32_t>(where[i]);
          values[i] = best[i];
          found[i] = start + 2 * i + (place & 1) + (place >> 1) * next;
        }
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
