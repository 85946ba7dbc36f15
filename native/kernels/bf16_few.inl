// Products of a few rows of bfloat16 pairs with a matrix of floats, which is rounded on its way from memory:
// few rows read it but once or twice, and a copy of it in pairs would cost more than the product.
#pragma once
#include "bf16_table.h"
#include "gemm_dot.inl"

namespace {

constexpr int kFewAccumulators = 24;  // of 32 registers

// sum + the products of both halves of sixteen pairs.
inline F32x16 addPairs(F32x16 sum, __m512bh a, __m512bh b) { return {_mm512_dpbf16_ps(sum.v, a, b)}; }
inline __m512bh asPairs(F32x16 x) { return reinterpret_cast<__m512bh>(x.v); }

// Up to 32 neighbours along the depth as sixteen pairs, zeros beyond.
inline __m512bh pairsAlong(const float* b, int64_t count) {
  constexpr int lanes = F32x16::kLanes;
  if (count >= 2 * lanes) {
    return _mm512_cvtne2ps_pbh(F32x16::load(b + lanes).v, F32x16::load(b).v);
  }
  const int lower = static_cast<int>(count < lanes ? count : lanes), upper = static_cast<int>(count) - lower;
  const F32x16 rest = upper > 0 ? F32x16::load(b + lanes, upper) : F32x16::broadcast(0);
  return _mm512_cvtne2ps_pbh(rest.v, F32x16::load(b, lower).v);
}

// Sixteen columns of two rows as pairs.
inline __m512bh pairsAcross(F32x16 first, F32x16 second, __m512i zip) {
  const __m512bh both = _mm512_cvtne2ps_pbh(second.v, first.v);
  return reinterpret_cast<__m512bh>(_mm512_permutexvar_epi16(zip, reinterpret_cast<__m512i>(both)));
}

// C[R, N] by inner products; each element is one chain over the depth, and a tree over lanes.
template <int R, int N>
void fewAlongTile(int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb, float* c,
                  int64_t ldc, bool accumulate) {
  constexpr int lanes = F32x16::kLanes, results = (R * N + lanes - 1) / lanes * lanes;
  F32x16 sum[results];
#pragma GCC unroll 32
  for (int i = 0; i < results; ++i) sum[i] = F32x16::broadcast(0);
  int64_t p = 0;
  for (; p + 2 * lanes <= k; p += 2 * lanes) {
    __m512bh x[N];
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) x[j] = pairsAlong(b + j * ldb + p, 2 * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m512bh y = asPairs(F32x16::load(pairs + r * lda + p / 2));
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) sum[r * N + j] = addPairs(sum[r * N + j], y, x[j]);
    }
  }
  if (p < k) {
    const int left = static_cast<int>(k - p);
    __m512bh x[N];
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) x[j] = pairsAlong(b + j * ldb + p, left);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m512bh y = asPairs(F32x16::load(pairs + r * lda + p / 2, (left + 1) / 2));
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) sum[r * N + j] = addPairs(sum[r * N + j], y, x[j]);
    }
  }
  float out[results];
#pragma GCC unroll 2
  for (int i = 0; i < results; i += lanes) {
    F32x16 x[lanes];
#pragma GCC unroll 16
    for (int l = 0; l < lanes; ++l) x[l] = sum[i + l];
    sumLanes(x).store(out + i);
  }
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < N; ++j) {
      float* to = c + r * ldc + j;
      *to = accumulate ? *to + out[r * N + j] : out[r * N + j];
    }
  }
}

// C[R, V vectors], each element one chain over the depth. kMasked: of the last vector only `last` lanes
// exist.
template <int R, int V, bool kMasked>
void fewAcrossTile(int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc, int last, bool accumulate) {
  constexpr int lanes = F32x16::kLanes;
  alignas(64) static constexpr uint16_t kZip[2 * lanes] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                           21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                           11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i zip = _mm512_load_si512(kZip);
  const auto columns = [&](const float* from, int v) {
    return kMasked && v == V - 1 ? F32x16::load(from + v * lanes, last) : F32x16::load(from + v * lanes);
  };
  F32x16 sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sum[r][v] = F32x16::broadcast(0);
  }
  const auto step = [&](int64_t p, bool paired) {
    __m512bh x[V];
    const float* row = b + p * ldb;
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      x[v] = pairsAcross(columns(row, v), paired ? columns(row + ldb, v) : F32x16::broadcast(0), zip);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m512bh y = asPairs(F32x16::broadcast(pairs[r * lda + p / 2]));
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = addPairs(sum[r][v], y, x[v]);
    }
  };
  for (int64_t p = 0; p + 1 < k; p += 2) step(p, true);
  if (k % 2 != 0) step(k - 1, false);
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      float* to = c + r * ldc + v * lanes;
      if (kMasked && v == V - 1) {
        if (accumulate) sum[r][v] = F32x16::load(to, last) + sum[r][v];
        sum[r][v].store(to, last);
      } else {
        if (accumulate) sum[r][v] = F32x16::load(to) + sum[r][v];
        sum[r][v].store(to);
      }
    }
  }
}

template <int R>
void fewAlongRows(int64_t n, int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb,
                  float* c, int64_t ldc, bool accumulate) {
  constexpr int fitting = kFewAccumulators / R, columns = fitting < 6 ? fitting : 6;
  int64_t j = 0;
  for (; j + columns <= n; j += columns) {
    fewAlongTile<R, columns>(k, pairs, lda, b + j * ldb, ldb, c + j, ldc, accumulate);
  }
  for (; j < n; ++j) fewAlongTile<R, 1>(k, pairs, lda, b + j * ldb, ldb, c + j, ldc, accumulate);
}

template <int R>
void fewAcrossRows(int64_t n, int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb,
                   float* c, int64_t ldc, bool accumulate) {
  constexpr int lanes = F32x16::kLanes, fitting = kFewAccumulators / R;
  // Runs of a row of B in powers of two, as the caches fetch them.
  constexpr int vectors = fitting >= 8 ? 8 : fitting >= 4 ? 4 : fitting;
  int64_t j = 0;
  for (; j + vectors * lanes <= n; j += vectors * lanes) {
    fewAcrossTile<R, vectors, false>(k, pairs, lda, b + j, ldb, c + j, ldc, lanes, accumulate);
  }
  for (; j < n; j += lanes) {
    const int last = static_cast<int>(n - j < lanes ? n - j : lanes);
    fewAcrossTile<R, 1, true>(k, pairs, lda, b + j, ldb, c + j, ldc, last, accumulate);
  }
}

// kAlong: columns of B are contiguous; else its rows are.
template <bool kAlong>
void bf16Few(int64_t m, int64_t n, int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc, bool accumulate) {
  using Rows = void (*)(int64_t n, int64_t k, const float* pairs, int64_t lda, const float* b, int64_t ldb,
                        float* c, int64_t ldc, bool accumulate);
  constexpr Rows kAlongRows[] = {fewAlongRows<1>, fewAlongRows<2>, fewAlongRows<3>, fewAlongRows<4>,
                                 fewAlongRows<5>, fewAlongRows<6>, fewAlongRows<7>, fewAlongRows<8>};
  constexpr Rows kAcrossRows[] = {fewAcrossRows<1>, fewAcrossRows<2>, fewAcrossRows<3>, fewAcrossRows<4>,
                                  fewAcrossRows<5>, fewAcrossRows<6>, fewAcrossRows<7>, fewAcrossRows<8>};
  constexpr int64_t most = sizeof kAlongRows / sizeof *kAlongRows;
  int64_t tiles = (m + most - 1) / most;
  for (int64_t i = 0; i < m; --tiles) {
    const int64_t rows = (m - i + tiles - 1) / tiles;
    (kAlong ? kAlongRows : kAcrossRows)[rows - 1](n, k, pairs + i * lda, lda, b, ldb, c + i * ldc, ldc,
                                                  accumulate);
    i += rows;
  }
}

void fillBf16Few(quern::Bf16Kernels& kernels) {
  kernels.fewAlong = bf16Few<true>;
  kernels.fewAcross = bf16Few<false>;
}

}  // namespace
