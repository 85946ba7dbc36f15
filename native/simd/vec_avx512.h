// Vectors of AVX-512 (F, DQ): sixteen floats, eight doubles. lane.h tells the interface.
#pragma once
// gcc 12 takes the deliberately undefined register inside many of these intrinsics for a mistake (its bug
// 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "lane.h"

namespace {

struct F32x16 {
  using Scalar = float;
  struct Mask {
    __mmask16 bits;
  };
  static constexpr int kLanes = 16;

  __m512 v;

  static Mask firstLanes(int n) { return {static_cast<__mmask16>((1u << n) - 1u)}; }
  static F32x16 broadcast(float x) { return {_mm512_set1_ps(x)}; }
  static F32x16 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static F32x16 load(const float* p, int n) { return {_mm512_maskz_loadu_ps(firstLanes(n).bits, p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void store(float* p, int n) const { _mm512_mask_storeu_ps(p, firstLanes(n).bits, v); }
};

inline F32x16::Mask operator&(F32x16::Mask a, F32x16::Mask b) {
  return {static_cast<__mmask16>(a.bits & b.bits)};
}
inline F32x16::Mask operator|(F32x16::Mask a, F32x16::Mask b) {
  return {static_cast<__mmask16>(a.bits | b.bits)};
}
inline F32x16::Mask operator~(F32x16::Mask a) { return {static_cast<__mmask16>(~a.bits)}; }
inline bool any(F32x16::Mask a) { return a.bits != 0; }

inline F32x16 operator+(F32x16 a, F32x16 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32x16 operator-(F32x16 a, F32x16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32x16 operator*(F32x16 a, F32x16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32x16 operator/(F32x16 a, F32x16 b) { return {_mm512_div_ps(a.v, b.v)}; }
inline F32x16 operator-(F32x16 a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
inline F32x16 mulAdd(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }

inline F32x16::Mask operator==(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
inline F32x16::Mask operator!=(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
inline F32x16::Mask operator<(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline F32x16::Mask operator<=(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline F32x16::Mask operator>(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
inline F32x16::Mask operator>=(F32x16 a, F32x16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
inline F32x16 select(F32x16::Mask m, F32x16 a, F32x16 b) { return {_mm512_mask_blend_ps(m.bits, b.v, a.v)}; }

// The instructions answer the second operand when either is NaN.
inline F32x16 minimum(F32x16 a, F32x16 b) { return select(a != a, a, {_mm512_min_ps(a.v, b.v)}); }
inline F32x16 maximum(F32x16 a, F32x16 b) { return select(a != a, a, {_mm512_max_ps(a.v, b.v)}); }

inline F32x16 lesser(F32x16 a, F32x16 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline F32x16 greater(F32x16 a, F32x16 b) { return {_mm512_max_ps(a.v, b.v)}; }

inline F32x16 abs(F32x16 a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
inline F32x16 copySign(F32x16 a, F32x16 sign) {
  const __m512 bit = _mm512_set1_ps(-0.0f);
  return {_mm512_or_ps(_mm512_andnot_ps(bit, a.v), _mm512_and_ps(bit, sign.v))};
}
inline F32x16 sqrt(F32x16 a) { return {_mm512_sqrt_ps(a.v)}; }
inline F32x16 floor(F32x16 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
inline F32x16 ceil(F32x16 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
}
inline F32x16 trunc(F32x16 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }
inline F32x16 roundEven(F32x16 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

template <int k>
inline F32x16 swapLanes(F32x16 a) {
  static_assert(k == 1 || k == 2 || k == 4 || k == 8);
  if constexpr (k == 8) return {_mm512_shuffle_f32x4(a.v, a.v, 0x4e)};
  if constexpr (k == 4) return {_mm512_shuffle_f32x4(a.v, a.v, 0xb1)};
  if constexpr (k == 2) return {_mm512_permute_ps(a.v, 0x4e)};
  if constexpr (k == 1) return {_mm512_permute_ps(a.v, 0xb1)};
}
inline F32x16 everyOther(F32x16 a, F32x16 b) {
  const __m512i from = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
  return {_mm512_permutex2var_ps(a.v, from, b.v)};
}
inline F32x16 evenLanes(F32x16 a, F32x16 b) {
  const __m512i from = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return {_mm512_permutex2var_ps(a.v, from, b.v)};
}
inline F32x16 oddLanes(F32x16 a, F32x16 b) {
  const __m512i from = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return {_mm512_permutex2var_ps(a.v, from, b.v)};
}
inline float first(F32x16 a) { return _mm512_cvtss_f32(a.v); }

inline F32x16 mulAddExact(F32x16 a, F32x16 b, F32x16 c) { return mulAdd(a, b, c); }
inline F32x16 powerOf2(F32x16 n) { return {_mm512_scalef_ps(_mm512_set1_ps(1), n.v)}; }
inline F32x16 scaleByPow2(F32x16 x, F32x16 n) { return {_mm512_scalef_ps(x.v, n.v)}; }
template <>
constexpr bool kScaleFloors<F32x16> = true;
inline F32x16 lookup16(const float* table, F32x16 place) {
  return {_mm512_permutexvar_ps(_mm512_castps_si512(place.v), _mm512_loadu_ps(table))};
}
inline F32x16 splitExponent(F32x16 x, F32x16& exponent) {
  exponent.v = _mm512_getexp_ps(x.v);
  return {_mm512_getmant_ps(x.v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src)};
}

// The lower half of a vector, where no more lanes are needed: cores that compute the two halves one after the
// other take half the time.
struct F32x8 {
  using Scalar = float;

  __m256 v;

  static F32x8 broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static F32x8 load(const float* p, int n) {
    return {_mm256_maskz_loadu_ps(static_cast<__mmask8>((1u << n) - 1u), p)};
  }
  void store(float* p, int n) const { _mm256_mask_storeu_ps(p, static_cast<__mmask8>((1u << n) - 1u), v); }
};

inline F32x8 operator+(F32x8 a, F32x8 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline F32x8 mulAdd(F32x8 a, F32x8 b, F32x8 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline F32x8 maximum(F32x8 a, F32x8 b) {
  return {_mm256_mask_mov_ps(_mm256_max_ps(a.v, b.v), _mm256_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), a.v)};
}
template <>
struct HalfOf<F32x16> {
  using Type = F32x8;
};

struct F64x8 {
  using Scalar = double;
  struct Mask {
    __mmask8 bits;
  };
  static constexpr int kLanes = 8;

  __m512d v;

  static Mask firstLanes(int n) { return {static_cast<__mmask8>((1u << n) - 1u)}; }
  static F64x8 broadcast(double x) { return {_mm512_set1_pd(x)}; }
  static F64x8 load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static F64x8 load(const double* p, int n) { return {_mm512_maskz_loadu_pd(firstLanes(n).bits, p)}; }
  void store(double* p) const { _mm512_storeu_pd(p, v); }
  void store(double* p, int n) const { _mm512_mask_storeu_pd(p, firstLanes(n).bits, v); }
};

inline F64x8::Mask operator&(F64x8::Mask a, F64x8::Mask b) {
  return {static_cast<__mmask8>(a.bits & b.bits)};
}
inline F64x8::Mask operator|(F64x8::Mask a, F64x8::Mask b) {
  return {static_cast<__mmask8>(a.bits | b.bits)};
}
inline F64x8::Mask operator~(F64x8::Mask a) { return {static_cast<__mmask8>(~a.bits)}; }
inline bool any(F64x8::Mask a) { return a.bits != 0; }

inline F64x8 operator+(F64x8 a, F64x8 b) { return {_mm512_add_pd(a.v, b.v)}; }
inline F64x8 operator-(F64x8 a, F64x8 b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline F64x8 operator*(F64x8 a, F64x8 b) { return {_mm512_mul_pd(a.v, b.v)}; }
inline F64x8 operator/(F64x8 a, F64x8 b) { return {_mm512_div_pd(a.v, b.v)}; }
inline F64x8 operator-(F64x8 a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
inline F64x8 mulAdd(F64x8 a, F64x8 b, F64x8 c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }

inline F64x8::Mask operator==(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
inline F64x8::Mask operator!=(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
inline F64x8::Mask operator<(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline F64x8::Mask operator<=(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline F64x8::Mask operator>(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GT_OQ)}; }
inline F64x8::Mask operator>=(F64x8 a, F64x8 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GE_OQ)}; }
inline F64x8 select(F64x8::Mask m, F64x8 a, F64x8 b) { return {_mm512_mask_blend_pd(m.bits, b.v, a.v)}; }

// The instructions answer the second operand when either is NaN.
inline F64x8 minimum(F64x8 a, F64x8 b) { return select(a != a, a, {_mm512_min_pd(a.v, b.v)}); }
inline F64x8 maximum(F64x8 a, F64x8 b) { return select(a != a, a, {_mm512_max_pd(a.v, b.v)}); }

inline F64x8 lesser(F64x8 a, F64x8 b) { return {_mm512_min_pd(a.v, b.v)}; }
inline F64x8 greater(F64x8 a, F64x8 b) { return {_mm512_max_pd(a.v, b.v)}; }

inline F64x8 abs(F64x8 a) { return {_mm512_andnot_pd(_mm512_set1_pd(-0.0), a.v)}; }
inline F64x8 copySign(F64x8 a, F64x8 sign) {
  const __m512d bit = _mm512_set1_pd(-0.0);
  return {_mm512_or_pd(_mm512_andnot_pd(bit, a.v), _mm512_and_pd(bit, sign.v))};
}
inline F64x8 sqrt(F64x8 a) { return {_mm512_sqrt_pd(a.v)}; }
inline F64x8 floor(F64x8 a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline F64x8 ceil(F64x8 a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
inline F64x8 trunc(F64x8 a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }
inline F64x8 roundEven(F64x8 a) {
  return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

template <int k>
inline F64x8 swapLanes(F64x8 a) {
  static_assert(k == 1 || k == 2 || k == 4);
  if constexpr (k == 4) return {_mm512_shuffle_f64x2(a.v, a.v, 0x4e)};
  if constexpr (k == 2) return {_mm512_shuffle_f64x2(a.v, a.v, 0xb1)};
  if constexpr (k == 1) return {_mm512_permute_pd(a.v, 0x55)};
}
inline F64x8 everyOther(F64x8 a, F64x8 b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(0, 2, 4, 6, 9, 11, 13, 15), b.v)};
}
inline F64x8 evenLanes(F64x8 a, F64x8 b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), b.v)};
}
inline F64x8 oddLanes(F64x8 a, F64x8 b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), b.v)};
}
inline double first(F64x8 a) { return _mm512_cvtsd_f64(a.v); }

inline F64x8 mulAddExact(F64x8 a, F64x8 b, F64x8 c) { return mulAdd(a, b, c); }
inline F64x8 powerOf2(F64x8 n) { return {_mm512_scalef_pd(_mm512_set1_pd(1), n.v)}; }
inline F64x8 scaleByPow2(F64x8 x, F64x8 n) { return {_mm512_scalef_pd(x.v, n.v)}; }
inline F64x8 splitExponent(F64x8 x, F64x8& exponent) {
  exponent.v = _mm512_getexp_pd(x.v);
  return {_mm512_getmant_pd(x.v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src)};
}

template <class T>
struct VecOf;
template <>
struct VecOf<float> {
  using Type = F32x16;
};
template <>
struct VecOf<double> {
  using Type = F64x8;
};
template <class T>
using Vec = typename VecOf<T>::Type;

}  // namespace
