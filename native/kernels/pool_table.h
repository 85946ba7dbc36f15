// The inner kernels of pooling that each ISA fills in: planes under windows of 2 × 2 that touch each other.
#pragma once
#include <stdint.h>

namespace quern {

// Output (row, column) of `rows` × `columns` covers the input's rows 2 · row and 2 · row + 1, likewise
// columns; an input row has `width` values, all adjacent. Indices are flat in the input's plane.
template <class T>
struct PoolKernels {
  // The maximum and its index: the last NaN if there is one, else the first of the greatest.
  using Maximum = void (*)(int64_t rows, int64_t columns, int64_t width, const T* x, T* y, int32_t* indices);
  using Average = void (*)(int64_t rows, int64_t columns, int64_t width, T divisor, const T* x, T* y);
  using AverageGrad = void (*)(int64_t rows, int64_t columns, int64_t width, T divisor, const T* g, T* dx);

  Maximum maximum = nullptr;
  Average average = nullptr;
  AverageGrad averageGrad = nullptr;
};

}  // namespace quern
