// Matrix product of one block that fits the caches, in register tiles of a few rows by a few vectors.
#include "table.h"

namespace {

// C[R, columns] = or += A · B. The accumulators must live in registers, so every loop over them has constant
// bounds and is unrolled. Each element of C is one chain of mulAdd over k, ascending, in every tile: so the
// bits of an element don't depend on the tile that it falls into.
//
// kMasked: only the first `last` lanes of the last vector exist. kUnitRow: the rows of A are adjacent (rowA =
// 1, a transposed matrix), which spares a pointer a row.
template <class T, int R, int V, bool kMasked, bool kUnitRow>
void gemmTile(int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t ldb, T* c, int64_t ldc,
              int last, bool accumulate) {
  using Vector = Vec<T>;
  constexpr int lanes = Vector::kLanes;
  const int64_t row = kUnitRow ? 1 : rowA;
  Vector sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[r][v] = Vector::broadcast(T(0));
  }
  for (int64_t p = 0; p < k; ++p) {
    Vector x[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      x[v] = kMasked && v == V - 1 ? Vector::load(b + v * lanes, last) : Vector::load(b + v * lanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vector y = Vector::broadcast(a[r * row]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[r][v] = mulAdd(y, x[v], sum[r][v]);
    }
    a += colA;
    b += ldb;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
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

// The largest tile, by the register file: 32 registers of 64 bytes, 16 of 32 bytes, 32 of 16 bytes; one value
// at a time.
template <class T>
struct GemmShape {
  static constexpr int kVectorBytes = Vec<T>::kLanes * static_cast<int>(sizeof(T));
  static constexpr int kRows = kVectorBytes == 64 || kVectorBytes == 16 ? 8 : kVectorBytes == 32 ? 6 : 4;
  static constexpr int kVectors = kVectorBytes == 64 ? 3 : kVectorBytes >= 16 ? 2 : 4;
  static constexpr int kColumns = kVectors * Vec<T>::kLanes;
};

template <class T, int V, bool kMasked, bool kUnitRow>
GemmTile<T> gemmTileOfRows(int64_t rows) {
  switch (rows) {
    case 1:
      return gemmTile<T, 1, V, kMasked, kUnitRow>;
    case 2:
      return gemmTile<T, 2, V, kMasked, kUnitRow>;
    case 3:
      return gemmTile<T, 3, V, kMasked, kUnitRow>;
    case 4:
      return gemmTile<T, 4, V, kMasked, kUnitRow>;
    default:
      break;
  }
  if constexpr (GemmShape<T>::kRows > 4) {
    if (rows == 5) return gemmTile<T, 5, V, kMasked, kUnitRow>;
    if (rows == 6) return gemmTile<T, 6, V, kMasked, kUnitRow>;
  }
  if constexpr (GemmShape<T>::kRows > 6) {
    if (rows == 7) return gemmTile<T, 7, V, kMasked, kUnitRow>;
    if (rows == 8) return gemmTile<T, 8, V, kMasked, kUnitRow>;
  }
  return nullptr;
}

// The tile for `columns` (at most kColumns) of `rows` rows; narrower ones have fewer vectors and a mask.
template <class T, bool kUnitRow>
GemmTile<T> gemmTileFor(int64_t rows, int64_t columns) {
  using Shape = GemmShape<T>;
  if (columns == Shape::kColumns) return gemmTileOfRows<T, Shape::kVectors, false, kUnitRow>(rows);
  switch ((columns + Vec<T>::kLanes - 1) / Vec<T>::kLanes) {
    case 1:
      return gemmTileOfRows<T, 1, true, kUnitRow>(rows);
    case 2:
      return gemmTileOfRows<T, 2, true, kUnitRow>(rows);
    default:
      break;
  }
  if constexpr (Shape::kVectors > 2) {
    if (columns <= 3 * Vec<T>::kLanes) return gemmTileOfRows<T, 3, true, kUnitRow>(rows);
  }
  return nullptr;
}

// Columns outside, rows inside: a panel of B stays in the first caches while the rows of A stream past it.
template <class T, bool kUnitRow>
void gemmBlock(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b,
               int64_t ldb, T* c, int64_t ldc, bool accumulate) {
  using Shape = GemmShape<T>;
  for (int64_t j = 0; j < n; j += Shape::kColumns) {
    const int64_t columns = n - j < Shape::kColumns ? n - j : Shape::kColumns;
    const int last = static_cast<int>((columns - 1) % Vec<T>::kLanes) + 1;
    const GemmTile<T> full = gemmTileFor<T, kUnitRow>(Shape::kRows, columns);
    int64_t i = 0;
    for (; i + Shape::kRows <= m; i += Shape::kRows) {
      full(k, a + i * rowA, rowA, colA, b + j, ldb, c + i * ldc + j, ldc, last, accumulate);
    }
    if (i < m) {
      const GemmTile<T> rest = gemmTileFor<T, kUnitRow>(m - i, columns);
      rest(k, a + i * rowA, rowA, colA, b + j, ldb, c + i * ldc + j, ldc, last, accumulate);
    }
  }
}

template <class T>
void gemmMicro(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b,
               int64_t ldb, T* c, int64_t ldc, bool accumulate) {
  if (rowA == 1) {
    gemmBlock<T, true>(m, n, k, a, rowA, colA, b, ldb, c, ldc, accumulate);
  } else {
    gemmBlock<T, false>(m, n, k, a, rowA, colA, b, ldb, c, ldc, accumulate);
  }
}

template <class T>
void fillGemmBlocks(quern::GemmBlocks<T>& blocks) {
  blocks.micro = gemmMicro<T>;
  blocks.mr = GemmShape<T>::kRows;
  blocks.nr = GemmShape<T>::kColumns;
  // k × nr of B (at most 96 KB) and mc × k of A (512 KB) lie in the second cache together.
  blocks.kc = 2048 / static_cast<int64_t>(sizeof(T));
  blocks.mc = 32 * GemmShape<T>::kRows;
}

void fillGemm(quern::KernelTable& table) {
  fillGemmBlocks(table.gemm32);
  fillGemmBlocks(table.gemm64);
}

}  // namespace
