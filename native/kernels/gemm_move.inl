// Matrices moved to where a product reads them best: transposed, and packed into panels.
#pragma once
#include "../simd/transpose.h"
#include "table.h"

namespace {

// to[columns, rows] = the transpose of from[rows, columns], both at most kLanes.
template <class V>
inline void transposeEdge(int64_t rows, int64_t columns, const typename V::Scalar* from, int64_t ldFrom,
                          typename V::Scalar* to, int64_t ldTo) {
  V x[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) {
    x[i] = i < rows ? V::load(from + i * ldFrom, static_cast<int>(columns)) : V::broadcast(0);
  }
  transposeLanes(x);
  for (int64_t j = 0; j < columns; ++j) x[j].store(to + j * ldTo, static_cast<int>(rows));
}

template <class V>
inline void transposeBlock(const typename V::Scalar* from, int64_t ldFrom, typename V::Scalar* to,
                           int64_t ldTo) {
  V x[V::kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < V::kLanes; ++i) x[i] = V::load(from + i * ldFrom);
  transposeLanes(x);
#pragma GCC unroll 16
  for (int i = 0; i < V::kLanes; ++i) x[i].store(to + i * ldTo);
}

template <class T>
void gemmTranspose(int64_t rows, int64_t columns, const T* from, int64_t ldFrom, T* to, int64_t ldTo) {
  using V = Vec<T>;
  constexpr int64_t lanes = V::kLanes;
  // Down the rows first where they are few, so that each line of `to` is filled while it is near.
  for (int64_t j = 0; j < columns; j += lanes) {
    const int64_t width = columns - j < lanes ? columns - j : lanes;
    for (int64_t i = 0; i < rows; i += lanes) {
      const int64_t height = rows - i < lanes ? rows - i : lanes;
      const T* block = from + i * ldFrom + j;
      if (width == lanes && height == lanes) {
        transposeBlock<V>(block, ldFrom, to + j * ldTo + i, ldTo);
      } else {
        transposeEdge<V>(height, width, block, ldFrom, to + j * ldTo + i, ldTo);
      }
    }
  }
}

template <class T>
void gemmPack(int64_t k, int64_t columns, const T* b, int64_t rowB, int64_t colB, T* panel, int64_t width) {
  using V = Vec<T>;
  constexpr int64_t lanes = V::kLanes;
  if (colB == 1 || columns == 1) {
    for (int64_t p = 0; p < k; ++p) {
      const T* from = b + p * rowB;
      T* to = panel + p * width;
      int64_t j = 0;
      for (; j + lanes <= columns; j += lanes) V::load(from + j).store(to + j);
      for (; j < columns; ++j) to[j] = from[j];
    }
  } else if (rowB == 1) {
    gemmTranspose<T>(columns, k, b, colB, panel, width);
  } else {
    for (int64_t p = 0; p < k; ++p) {
      for (int64_t j = 0; j < columns; ++j) panel[p * width + j] = b[p * rowB + j * colB];
    }
  }
}

}  // namespace
