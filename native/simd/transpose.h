// Square blocks transposed in registers: what packing a matrix against the direction of its rows is made of.
#pragma once
#include "lane.h"

namespace {

// Rows i and j of x exchange the lanes in which they lie across the diagonal, for lanes `k` apart.
template <int k, class V>
inline void exchange(V& low, V& high, typename V::Mask upper) {
  const V a = low, b = high;
  low = select(upper, swapLanes<k>(b), a);
  high = select(upper, b, swapLanes<k>(a));
}

template <int k, class V>
inline void exchangeAll(V (&x)[V::kLanes]) {
  typename V::Scalar pattern[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) pattern[i] = static_cast<typename V::Scalar>((i & k) != 0);
  const typename V::Mask upper = V::load(pattern) != V::broadcast(0);
#pragma GCC unroll 16
  for (int i = 0; i < V::kLanes; ++i) {
    if ((i & k) == 0) exchange<k>(x[i], x[i | k], upper);
  }
}

// x[i] lane j becomes x[j] lane i.
template <class V>
inline void transposeLanes(V (&x)[V::kLanes]) {
  if constexpr (V::kLanes > 8) exchangeAll<8>(x);
  if constexpr (V::kLanes > 4) exchangeAll<4>(x);
  if constexpr (V::kLanes > 2) exchangeAll<2>(x);
  if constexpr (V::kLanes > 1) exchangeAll<1>(x);
}

#if defined(__AVX512F__)
inline void transposeLanes(F32x16 (&x)[16]) {
  __m512 t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 4) {  // inside each quarter of a row: blocks of four rows by four lanes
    const __m512 a = _mm512_unpacklo_ps(x[i].v, x[i + 1].v), b = _mm512_unpackhi_ps(x[i].v, x[i + 1].v);
    const __m512 c = _mm512_unpacklo_ps(x[i + 2].v, x[i + 3].v),
                 d = _mm512_unpackhi_ps(x[i + 2].v, x[i + 3].v);
    t[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(c)));
    t[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(c)));
    t[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(b), _mm512_castps_pd(d)));
    t[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(b), _mm512_castps_pd(d)));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // the quarters themselves
    const __m512 a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88),
                 b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
    const __m512 c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
    const __m512 d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
    x[i].v = _mm512_shuffle_f32x4(a, c, 0x88);
    x[i + 8].v = _mm512_shuffle_f32x4(a, c, 0xdd);
    x[i + 4].v = _mm512_shuffle_f32x4(b, d, 0x88);
    x[i + 12].v = _mm512_shuffle_f32x4(b, d, 0xdd);
  }
}

inline void transposeLanes(F64x8 (&x)[8]) {
  __m512d t[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_pd(x[i].v, x[i + 1].v);
    t[i + 1] = _mm512_unpackhi_pd(x[i].v, x[i + 1].v);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const __m512d a = _mm512_shuffle_f64x2(t[i], t[i + 2], 0x88),
                  b = _mm512_shuffle_f64x2(t[i], t[i + 2], 0xdd);
    const __m512d c = _mm512_shuffle_f64x2(t[i + 4], t[i + 6], 0x88);
    const __m512d d = _mm512_shuffle_f64x2(t[i + 4], t[i + 6], 0xdd);
    x[i].v = _mm512_shuffle_f64x2(a, c, 0x88);
    x[i + 4].v = _mm512_shuffle_f64x2(a, c, 0xdd);
    x[i + 2].v = _mm512_shuffle_f64x2(b, d, 0x88);
    x[i + 6].v = _mm512_shuffle_f64x2(b, d, 0xdd);
  }
}
#elif defined(__AVX2__)
inline void transposeLanes(F32x8 (&x)[8]) {
  __m256 t[8];
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    const __m256 a = _mm256_unpacklo_ps(x[i].v, x[i + 1].v), b = _mm256_unpackhi_ps(x[i].v, x[i + 1].v);
    const __m256 c = _mm256_unpacklo_ps(x[i + 2].v, x[i + 3].v),
                 d = _mm256_unpackhi_ps(x[i + 2].v, x[i + 3].v);
    t[i] = _mm256_shuffle_ps(a, c, 0x44);
    t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
    t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
    t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    x[i].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
    x[i + 4].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
  }
}

inline void transposeLanes(F64x4 (&x)[4]) {
  const __m256d a = _mm256_unpacklo_pd(x[0].v, x[1].v), b = _mm256_unpackhi_pd(x[0].v, x[1].v);
  const __m256d c = _mm256_unpacklo_pd(x[2].v, x[3].v), d = _mm256_unpackhi_pd(x[2].v, x[3].v);
  x[0].v = _mm256_permute2f128_pd(a, c, 0x20);
  x[1].v = _mm256_permute2f128_pd(b, d, 0x20);
  x[2].v = _mm256_permute2f128_pd(a, c, 0x31);
  x[3].v = _mm256_permute2f128_pd(b, d, 0x31);
}
#endif

}  // namespace
