// Register tiles of a matrix product: a few rows by a few vectors, and how a block is covered with them.
#pragma once
#include "gemm_finish.inl"
#include "gemm_vector.inl"
#include "table.h"

namespace {

// C[R, V vectors] = or += A · B. The accumulators must live in registers, so every loop over them has
// constant bounds and is unrolled. Each element of C is one chain of mulAdd over k, ascending, in every tile:
// so the bits of an element don't depend on the tile that it falls into.
//
// kMasked: only the first `last` lanes of the last vector exist. kUnitRow: the rows of A are adjacent (rowA =
// 1, a transposed matrix), which spares a pointer a row.
template <class T, int R, int V, bool kMasked, bool kUnitRow>
void gemmTile(int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t ldb, T* c, int64_t ldc,
              int last, bool accumulate) {
  using Vector = GemmVec<T>;
  constexpr int lanes = Vector::kLanes;
  const int64_t row = kUnitRow ? 1 : rowA;
  Vector sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) sum[r][v] = Vector::broadcast(T(0));
  }
  for (int64_t p = 0; p < k; ++p) {
    if constexpr (R <= 2) {
      // Few rows: their values stay in registers, each vector of B is read once and passes by.
      Vector y[R];
#pragma GCC unroll 2
      for (int r = 0; r < R; ++r) y[r] = Vector::broadcast(a[r * row]);
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v) {
        const Vector x =
            kMasked && v == V - 1 ? Vector::load(b + v * lanes, last) : Vector::load(b + v * lanes);
#pragma GCC unroll 2
        for (int r = 0; r < R; ++r) sum[r][v] = mulAdd(y[r], x, sum[r][v]);
      }
    } else {
      Vector x[V];
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v) {
        x[v] = kMasked && v == V - 1 ? Vector::load(b + v * lanes, last) : Vector::load(b + v * lanes);
      }
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Vector y = Vector::broadcast(a[r * row]);
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v) sum[r][v] = mulAdd(y, x[v], sum[r][v]);
      }
    }
    a += colA;
    b += ldb;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) {
      T* to = c + r * ldc + v * lanes;
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
using GemmTile = void (*)(int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t ldb, T* c,
                          int64_t ldc, int last, bool accumulate);

// How large tiles may be, by the register file: accumulators, a row of B and one value of A must fit.
template <class T>
struct GemmShape {
  static constexpr int kLanes = GemmVec<T>::kLanes;
  static constexpr int kVectors = kManyRegisters ? 3 : 2;
  static constexpr int kColumns = kVectors * kLanes;
  static constexpr int kMostRows = 12;
  // Rows of a tile of so many vectors.
  static constexpr int rows(int vectors) {
    if (kManyRegisters) return vectors == 3 ? 8 : 12;
    return vectors == 2 ? kFewRows : 2 * kFewRows < 12 ? 2 * kFewRows : 12;
  }
  static constexpr int kFewRows = kFusesMultiplyAdd ? 6 : 4;
  static constexpr int kRows = rows(kVectors);
  // Vectors of a tile that covers so few rows in one: the wider, the longer the runs of B that are read.
  static constexpr int kFewestRows = 6;
  static constexpr int wide(int64_t rows) {
    if (rows > kFewestRows) return 0;
    constexpr int many[kFewestRows] = {12, 12, 8, 6, 4, 4}, few[kFewestRows] = {8, 6, 4, 3, 0, 0};
    return kManyRegisters ? many[rows - 1] : kFusesMultiplyAdd ? few[rows - 1] : 0;
  }
};

template <class T, int R, bool kUnitRow>
GemmTile<T> gemmTileOfVectors(int vectors, bool masked) {
  using Shape = GemmShape<T>;
  if constexpr (R <= Shape::rows(1)) {
    if (vectors == 1) return masked ? gemmTile<T, R, 1, true, kUnitRow> : gemmTile<T, R, 1, false, kUnitRow>;
  }
  if constexpr (R <= Shape::rows(2)) {
    if (vectors == 2) return masked ? gemmTile<T, R, 2, true, kUnitRow> : gemmTile<T, R, 2, false, kUnitRow>;
  }
  if constexpr (Shape::kVectors == 3 && R <= Shape::rows(3)) {
    if (vectors == 3) return masked ? gemmTile<T, R, 3, true, kUnitRow> : gemmTile<T, R, 3, false, kUnitRow>;
  }
  if constexpr (Shape::wide(R) != 0) return gemmTile<T, R, Shape::wide(R), false, kUnitRow>;
  return nullptr;
}

template <class T, bool kUnitRow>
GemmTile<T> gemmTileFor(int64_t rows, int vectors, bool masked) {
  switch (rows) {
    case 1:
      return gemmTileOfVectors<T, 1, kUnitRow>(vectors, masked);
    case 2:
      return gemmTileOfVectors<T, 2, kUnitRow>(vectors, masked);
    case 3:
      return gemmTileOfVectors<T, 3, kUnitRow>(vectors, masked);
    case 4:
      return gemmTileOfVectors<T, 4, kUnitRow>(vectors, masked);
    case 5:
      return gemmTileOfVectors<T, 5, kUnitRow>(vectors, masked);
    case 6:
      return gemmTileOfVectors<T, 6, kUnitRow>(vectors, masked);
    case 7:
      return gemmTileOfVectors<T, 7, kUnitRow>(vectors, masked);
    case 8:
      return gemmTileOfVectors<T, 8, kUnitRow>(vectors, masked);
    case 9:
      return gemmTileOfVectors<T, 9, kUnitRow>(vectors, masked);
    case 10:
      return gemmTileOfVectors<T, 10, kUnitRow>(vectors, masked);
    case 11:
      return gemmTileOfVectors<T, 11, kUnitRow>(vectors, masked);
    default:
      return gemmTileOfVectors<T, 12, kUnitRow>(vectors, masked);
  }
}

// From so many steps on C is called for before the first: it may lie far away, and by the last it has come.
constexpr int64_t kLongChain = 128;

template <class T>
inline void callFor(int64_t rows, int64_t columns, const T* c, int64_t ldc) {
  constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; j += line) __builtin_prefetch(c + i * ldc + j, 1);
  }
}

// Columns outside, rows inside: a panel of B stays in the first caches while the rows of A stream past it.
// Rows and vectors are shared out evenly, as a small tile at an edge would leave the pipes half empty.
template <class T, bool kUnitRow>
void gemmBlock(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b,
               int64_t ldb, T* c, int64_t ldc, bool accumulate, const quern::Epilogue<T>* epilogue) {
  using Shape = GemmShape<T>;
  constexpr int lanes = Shape::kLanes;
  const int wide = Shape::wide(m);
  for (int64_t j = 0; j < n;) {
    int vectors = wide;
    if (wide == 0 || n - j < wide * lanes) {
      const int64_t left = (n - j + lanes - 1) / lanes;
      const int64_t panels = (left + Shape::kVectors - 1) / Shape::kVectors;
      vectors = static_cast<int>((left + panels - 1) / panels);
    }
    const int64_t columns = n - j < vectors * lanes ? n - j : vectors * lanes;
    const int last = static_cast<int>(columns - (vectors - 1) * lanes);
    const int most = vectors == wide ? static_cast<int>(m) : Shape::rows(vectors);
    const int64_t tiles = (m + most - 1) / most, low = m / tiles;
    int64_t i = 0;
    const auto cover = [&](int64_t end, int64_t rows) {
      const GemmTile<T> tile = gemmTileFor<T, kUnitRow>(rows, vectors, last != lanes);
      for (; i < end; i += rows) {
        if (k >= kLongChain) callFor(rows, columns, c + i * ldc + j, ldc);
        tile(k, a + i * rowA, rowA, colA, b + j, ldb, c + i * ldc + j, ldc, last, accumulate);
      }
    };
    const int64_t higher = m - low * tiles;  // so many tiles have one row more
    if (higher > 0) cover(higher * (low + 1), low + 1);
    cover(m, low);
    if (epilogue) gemmFinish<T>(m, columns, c + j, ldc, quern::epilogueFrom(*epilogue, 0, j));
    j += columns;
  }
}

template <class T>
void gemmMultiply(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b,
                  int64_t ldb, T* c, int64_t ldc, bool accumulate, const quern::Epilogue<T>* epilogue) {
  if (rowA == 1) {
    gemmBlock<T, true>(m, n, k, a, rowA, colA, b, ldb, c, ldc, accumulate, epilogue);
  } else {
    gemmBlock<T, false>(m, n, k, a, rowA, colA, b, ldb, c, ldc, accumulate, epilogue);
  }
}

}  // namespace
