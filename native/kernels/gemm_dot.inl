// Products of few rows or columns by inner products: both operands are read along k, and nothing is packed.
#pragma once
#include "gemm_vector.inl"
#include "table.h"

namespace {

// Half of the lanes of a and of b, k apart, added to the other halves, and side by side.
template <int k, class V>
inline V foldLanes(V a, V b) {
  typename V::Scalar pattern[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) pattern[i] = static_cast<typename V::Scalar>((i & k) != 0);
  const typename V::Mask upper = V::load(pattern) != V::broadcast(0);
  return select(upper, b, a) + swapLanes<k>(select(upper, a, b));
}

// Lane i of the result is the sum of x[i]'s lanes, each by the same tree.
template <class V>
inline V sumLanes(V (&x)[V::kLanes]) {
  constexpr int n = V::kLanes;
  if constexpr (n >= 16) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) x[i] = foldLanes<8>(x[i], x[i + 8]);
  }
  if constexpr (n >= 8) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) x[i] = foldLanes<4>(x[i], x[i + 4]);
  }
  if constexpr (n >= 4) {
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) x[i] = foldLanes<2>(x[i], x[i + 2]);
  }
  if constexpr (n >= 2) x[0] = foldLanes<1>(x[0], x[1]);
  return x[0];
}

#if defined(__GNUC__)
template <class T>
inline Packet<T> sumLanes(Packet<T> (&x)[Packet<T>::kLanes]) {
  Packet<T> result;
  for (int i = 0; i < Packet<T>::kLanes; ++i) {
    T sum = x[i].v[0];
    for (int lane = 1; lane < Packet<T>::kLanes; ++lane) sum += x[i].v[lane];
    result.v[i] = sum;
  }
  return result;
}
#endif

// C[R, N] = or += inner products, U chains of sums for each: the order depends on U and k alone.
template <class T, int R, int N, int U>
void dotTile(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
             bool accumulate) {
  using V = GemmVec<T>;
  constexpr int lanes = V::kLanes, results = (R * N + lanes - 1) / lanes * lanes;
  V sum[results][U];
#pragma GCC unroll 32
  for (int i = 0; i < results; ++i) {
#pragma GCC unroll 4
    for (int u = 0; u < U; ++u) sum[i][u] = V::broadcast(T(0));
  }
  int64_t p = 0;
  const auto step = [&](int u, int64_t at, int count) {
    V y[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      y[r] = count == lanes ? V::load(a + r * lda + at) : V::load(a + r * lda + at, count);
    }
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) {
      const V x = count == lanes ? V::load(b + j * ldb + at) : V::load(b + j * ldb + at, count);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sum[r * N + j][u] = mulAdd(y[r], x, sum[r * N + j][u]);
    }
  };
  for (; p + U * lanes <= k; p += U * lanes) {
#pragma GCC unroll 4
    for (int u = 0; u < U; ++u) step(u, p + u * lanes, lanes);
  }
  if constexpr (U > 1) {
    for (; p + lanes <= k; p += lanes) step(0, p, lanes);
  }
  if (p < k) step(0, p, static_cast<int>(k - p));
  T out[results];
#pragma GCC unroll 8
  for (int i = 0; i < results; i += lanes) {
    V x[lanes];
#pragma GCC unroll 16
    for (int l = 0; l < lanes; ++l) {
      x[l] = sum[i + l][0];
#pragma GCC unroll 4
      for (int u = 1; u < U; ++u) x[l] = x[l] + sum[i + l][u];
    }
    sumLanes(x).store(out + i);
  }
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < N; ++j) {
      T* to = c + r * ldc + j;
      *to = accumulate ? *to + out[r * N + j] : out[r * N + j];
    }
  }
}

template <class T>
using DotTile = void (*)(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
                         bool accumulate);

template <class T>
struct DotShape {
  static constexpr int kRows = kManyRegisters ? 4 : 3;
  static constexpr int kColumns = kManyRegisters ? 6 : 3;
  static constexpr int kChains = kManyRegisters ? 4 : 2;  // of a single row's tile, of up to four columns
};

template <class T, int R>
DotTile<T> dotTileOfColumns(int64_t columns) {
  switch (columns) {
    case 1:
      return dotTile<T, R, 1, 1>;
    case 2:
      return dotTile<T, R, 2, 1>;
    case 3:
      return dotTile<T, R, 3, 1>;
    default:
      break;
  }
  if constexpr (DotShape<T>::kColumns > 3) {
    if (columns == 4) return dotTile<T, R, 4, 1>;
    if (columns == 5) return dotTile<T, R, 5, 1>;
    if (columns == 6) return dotTile<T, R, 6, 1>;
  }
  return nullptr;
}

template <class T>
DotTile<T> dotTileFor(int64_t rows, int64_t columns) {
  if (rows == 1) return dotTileOfColumns<T, 1>(columns);
  if (rows == 2) return dotTileOfColumns<T, 2>(columns);
  if (rows == 3) return dotTileOfColumns<T, 3>(columns);
  if constexpr (DotShape<T>::kRows > 3) {
    if (rows == 4) return dotTileOfColumns<T, 4>(columns);
  }
  return nullptr;
}

template <class T>
DotTile<T> dotRowFor(int64_t columns) {
  constexpr int chains = DotShape<T>::kChains;
  switch (columns) {
    case 1:
      return dotTile<T, 1, 1, chains>;
    case 2:
      return dotTile<T, 1, 2, chains>;
    case 3:
      return dotTile<T, 1, 3, chains>;
    default:
      return dotTile<T, 1, 4, chains>;
  }
}

template <class T>
void gemmDot(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
             int64_t ldc, bool accumulate, bool single) {
  const int64_t most = single ? 4 : DotShape<T>::kColumns;
  int64_t columnTiles = (n + most - 1) / most;
  for (int64_t j = 0; j < n; --columnTiles) {
    const int64_t columns = (n - j + columnTiles - 1) / columnTiles;
    int64_t rowTiles = (m + DotShape<T>::kRows - 1) / DotShape<T>::kRows;
    for (int64_t i = 0; i < m; --rowTiles) {
      const int64_t rows = (m - i + rowTiles - 1) / rowTiles;
      const DotTile<T> tile = single ? dotRowFor<T>(columns) : dotTileFor<T>(rows, columns);
      tile(k, a + i * lda, lda, b + j * ldb, ldb, c + i * ldc + j, ldc, accumulate);
      i += rows;
    }
    j += columns;
  }
}

}  // namespace
