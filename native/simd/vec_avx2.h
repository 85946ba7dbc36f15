// Vectors of AVX2 with FMA: eight floats, four doubles. lane.h tells the interface.
#pragma once
#include <immintrin.h>

#include "lane.h"

namespace {

// Read from `lanes - n` on, the first n lanes are set.
alignas(64) constexpr int32_t kTailMask32[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
alignas(64) constexpr int64_t kTailMask64[8] = {-1, -1, -1, -1, 0, 0, 0, 0};

struct F32x8 {
  using Scalar = float;
  struct Mask {
    __m256 bits;
  };
  static constexpr int kLanes = 8;

  __m256 v;

  static __m256i tailMask(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kTailMask32 + 8 - n));
  }
  static Mask firstLanes(int n) { return {_mm256_castsi256_ps(tailMask(n))}; }
  static F32x8 broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static F32x8 load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static F32x8 load(const float* p, int n) { return {_mm256_maskload_ps(p, tailMask(n))}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store(float* p, int n) const { _mm256_maskstore_ps(p, tailMask(n), v); }
};

inline F32x8::Mask operator&(F32x8::Mask a, F32x8::Mask b) { return {_mm256_and_ps(a.bits, b.bits)}; }
inline F32x8::Mask operator|(F32x8::Mask a, F32x8::Mask b) { return {_mm256_or_ps(a.bits, b.bits)}; }
inline F32x8::Mask operator~(F32x8::Mask a) {
  return {_mm256_xor_ps(a.bits, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))};
}
inline bool any(F32x8::Mask a) { return _mm256_movemask_ps(a.bits) != 0; }

inline F32x8 operator+(F32x8 a, F32x8 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline F32x8 operator-(F32x8 a, F32x8 b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline F32x8 operator*(F32x8 a, F32x8 b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline F32x8 operator/(F32x8 a, F32x8 b) { return {_mm256_div_ps(a.v, b.v)}; }
inline F32x8 operator-(F32x8 a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline F32x8 mulAdd(F32x8 a, F32x8 b, F32x8 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }

inline F32x8::Mask operator==(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
inline F32x8::Mask operator!=(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
inline F32x8::Mask operator<(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline F32x8::Mask operator<=(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
inline F32x8::Mask operator>(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
inline F32x8::Mask operator>=(F32x8 a, F32x8 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
inline F32x8 select(F32x8::Mask m, F32x8 a, F32x8 b) { return {_mm256_blendv_ps(b.v, a.v, m.bits)}; }

// The instructions answer the second operand when either is NaN.
inline F32x8 minimum(F32x8 a, F32x8 b) { return select(a != a, a, {_mm256_min_ps(a.v, b.v)}); }
inline F32x8 maximum(F32x8 a, F32x8 b) { return select(a != a, a, {_mm256_max_ps(a.v, b.v)}); }

inline F32x8 lesser(F32x8 a, F32x8 b) { return {_mm256_min_ps(a.v, b.v)}; }
inline F32x8 greater(F32x8 a, F32x8 b) { return {_mm256_max_ps(a.v, b.v)}; }

inline F32x8 abs(F32x8 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline F32x8 copySign(F32x8 a, F32x8 sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, a.v), _mm256_and_ps(bit, sign.v))};
}
inline F32x8 sqrt(F32x8 a) { return {_mm256_sqrt_ps(a.v)}; }
inline F32x8 floor(F32x8 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline F32x8 ceil(F32x8 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
inline F32x8 trunc(F32x8 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }
inline F32x8 roundEven(F32x8 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

template <int k>
inline F32x8 swapLanes(F32x8 a) {
  static_assert(k == 1 || k == 2 || k == 4);
  if constexpr (k == 4) return {_mm256_permute2f128_ps(a.v, a.v, 0x01)};
  if constexpr (k == 2) return {_mm256_permute_ps(a.v, 0x4e)};
  if constexpr (k == 1) return {_mm256_permute_ps(a.v, 0xb1)};
}
inline F32x8 everyOther(F32x8 a, F32x8 b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a.v, b.v, 0xd8));
  return {_mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8))};
}
inline F32x8 evenLanes(F32x8 a, F32x8 b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a.v, b.v, 0x88));
  return {_mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8))};
}
inline F32x8 oddLanes(F32x8 a, F32x8 b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a.v, b.v, 0xdd));
  return {_mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8))};
}
inline float first(F32x8 a) { return _mm256_cvtss_f32(a.v); }

inline F32x8 mulAddExact(F32x8 a, F32x8 b, F32x8 c) { return mulAdd(a, b, c); }
inline F32x8 powerOf2(F32x8 n) {
  const __m256 biased = _mm256_add_ps(n.v, _mm256_set1_ps(kPowerOf2Float));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(biased), 23))};
}
inline F32x8 lookup16(const float* table, F32x8 place) {
  const __m256i bits = _mm256_castps_si256(place.v);
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), bits);
  const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), bits);
  return {
      _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(bits, 28)))};  // by the fourth bit
}
inline F32x8 splitExponent(F32x8 x, F32x8& exponent) {
  const __m256i bits = _mm256_castps_si256(x.v);
  exponent.v = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
  const __m256i mantissa = _mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff));
  return {_mm256_castsi256_ps(_mm256_or_si256(mantissa, _mm256_set1_epi32(0x3f800000)))};
}

struct F64x4 {
  using Scalar = double;
  struct Mask {
    __m256d bits;
  };
  static constexpr int kLanes = 4;

  __m256d v;

  static __m256i tailMask(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kTailMask64 + 4 - n));
  }
  static Mask firstLanes(int n) { return {_mm256_castsi256_pd(tailMask(n))}; }
  static F64x4 broadcast(double x) { return {_mm256_set1_pd(x)}; }
  static F64x4 load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static F64x4 load(const double* p, int n) { return {_mm256_maskload_pd(p, tailMask(n))}; }
  void store(double* p) const { _mm256_storeu_pd(p, v); }
  void store(double* p, int n) const { _mm256_maskstore_pd(p, tailMask(n), v); }
};

inline F64x4::Mask operator&(F64x4::Mask a, F64x4::Mask b) { return {_mm256_and_pd(a.bits, b.bits)}; }
inline F64x4::Mask operator|(F64x4::Mask a, F64x4::Mask b) { return {_mm256_or_pd(a.bits, b.bits)}; }
inline F64x4::Mask operator~(F64x4::Mask a) {
  return {_mm256_xor_pd(a.bits, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))};
}
inline bool any(F64x4::Mask a) { return _mm256_movemask_pd(a.bits) != 0; }

inline F64x4 operator+(F64x4 a, F64x4 b) { return {_mm256_add_pd(a.v, b.v)}; }
inline F64x4 operator-(F64x4 a, F64x4 b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline F64x4 operator*(F64x4 a, F64x4 b) { return {_mm256_mul_pd(a.v, b.v)}; }
inline F64x4 operator/(F64x4 a, F64x4 b) { return {_mm256_div_pd(a.v, b.v)}; }
inline F64x4 operator-(F64x4 a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
inline F64x4 mulAdd(F64x4 a, F64x4 b, F64x4 c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }

inline F64x4::Mask operator==(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
inline F64x4::Mask operator!=(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_NEQ_UQ)}; }
inline F64x4::Mask operator<(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
inline F64x4::Mask operator<=(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LE_OQ)}; }
inline F64x4::Mask operator>(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GT_OQ)}; }
inline F64x4::Mask operator>=(F64x4 a, F64x4 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GE_OQ)}; }
inline F64x4 select(F64x4::Mask m, F64x4 a, F64x4 b) { return {_mm256_blendv_pd(b.v, a.v, m.bits)}; }

// The instructions answer the second operand when either is NaN.
inline F64x4 minimum(F64x4 a, F64x4 b) { return select(a != a, a, {_mm256_min_pd(a.v, b.v)}); }
inline F64x4 maximum(F64x4 a, F64x4 b) { return select(a != a, a, {_mm256_max_pd(a.v, b.v)}); }

inline F64x4 lesser(F64x4 a, F64x4 b) { return {_mm256_min_pd(a.v, b.v)}; }
inline F64x4 greater(F64x4 a, F64x4 b) { return {_mm256_max_pd(a.v, b.v)}; }

inline F64x4 abs(F64x4 a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline F64x4 copySign(F64x4 a, F64x4 sign) {
  const __m256d bit = _mm256_set1_pd(-0.0);
  return {_mm256_or_pd(_mm256_andnot_pd(bit, a.v), _mm256_and_pd(bit, sign.v))};
}
inline F64x4 sqrt(F64x4 a) { return {_mm256_sqrt_pd(a.v)}; }
inline F64x4 floor(F64x4 a) { return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline F64x4 ceil(F64x4 a) { return {_mm256_round_pd(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
inline F64x4 trunc(F64x4 a) { return {_mm256_round_pd(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }
inline F64x4 roundEven(F64x4 a) {
  return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

template <int k>
inline F64x4 swapLanes(F64x4 a) {
  static_assert(k == 1 || k == 2);
  if constexpr (k == 2) return {_mm256_permute2f128_pd(a.v, a.v, 0x01)};
  if constexpr (k == 1) return {_mm256_permute_pd(a.v, 0x5)};
}
inline F64x4 everyOther(F64x4 a, F64x4 b) {
  return {_mm256_permute4x64_pd(_mm256_shuffle_pd(a.v, b.v, 0xa), 0xd8)};
}
inline F64x4 evenLanes(F64x4 a, F64x4 b) {
  return {_mm256_permute4x64_pd(_mm256_shuffle_pd(a.v, b.v, 0x0), 0xd8)};
}
inline F64x4 oddLanes(F64x4 a, F64x4 b) {
  return {_mm256_permute4x64_pd(_mm256_shuffle_pd(a.v, b.v, 0xf), 0xd8)};
}
inline double first(F64x4 a) { return _mm256_cvtsd_f64(a.v); }

inline F64x4 mulAddExact(F64x4 a, F64x4 b, F64x4 c) { return mulAdd(a, b, c); }
inline F64x4 powerOf2(F64x4 n) {
  const __m256d biased = _mm256_add_pd(n.v, _mm256_set1_pd(kPowerOf2Double));
  return {_mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(biased), 52))};
}
inline F64x4 splitExponent(F64x4 x, F64x4& exponent) {
  const __m256i bits = _mm256_castpd_si256(x.v);
  // The exponent's bits as the last ones of 2^52: no instruction converts 64-bit integers.
  const __m256i raised = _mm256_or_si256(_mm256_srli_epi64(bits, 52), _mm256_set1_epi64x(0x4330000000000000));
  exponent.v = _mm256_sub_pd(_mm256_castsi256_pd(raised), _mm256_set1_pd(0x1p52 + 1023));
  const __m256i mantissa = _mm256_and_si256(bits, _mm256_set1_epi64x(0x000fffffffffffff));
  return {_mm256_castsi256_pd(_mm256_or_si256(mantissa, _mm256_set1_epi64x(0x3ff0000000000000)))};
}

template <class T>
struct VecOf;
template <>
struct VecOf<float> {
  using Type = F32x8;
};
template <>
struct VecOf<double> {
  using Type = F64x4;
};
template <class T>
using Vec = typename VecOf<T>::Type;

}  // namespace
