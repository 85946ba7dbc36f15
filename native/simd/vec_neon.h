// Vectors of Arm NEON: four floats, two doubles. lane.h tells the interface.
#pragma once
#include <arm_neon.h>

#include "lane.h"

namespace {

// Read from `lanes - n` on, the first n lanes are set.
constexpr uint32_t kTailMask32[8] = {~0u, ~0u, ~0u, ~0u, 0, 0, 0, 0};
constexpr uint64_t kTailMask64[4] = {~0ull, ~0ull, 0, 0};

struct F32x4 {
  using Scalar = float;
  struct Mask {
    uint32x4_t bits;
  };
  static constexpr int kLanes = 4;

  float32x4_t v;

  static Mask firstLanes(int n) { return {vld1q_u32(kTailMask32 + 4 - n)}; }
  static F32x4 broadcast(float x) { return {vdupq_n_f32(x)}; }
  static F32x4 load(const float* p) { return {vld1q_f32(p)}; }
  static F32x4 load(const float* p, int n) {
    float values[kLanes] = {};
    for (int i = 0; i < n; i++) values[i] = p[i];
    return load(values);
  }
  void store(float* p) const { vst1q_f32(p, v); }
  void store(float* p, int n) const {
    float values[kLanes];
    store(values);
    for (int i = 0; i < n; i++) p[i] = values[i];
  }
};

inline F32x4::Mask operator&(F32x4::Mask a, F32x4::Mask b) { return {vandq_u32(a.bits, b.bits)}; }
inline F32x4::Mask operator|(F32x4::Mask a, F32x4::Mask b) { return {vorrq_u32(a.bits, b.bits)}; }
inline F32x4::Mask operator~(F32x4::Mask a) { return {veorq_u32(a.bits, vdupq_n_u32(~0u))}; }
inline bool any(F32x4::Mask a) { return vmaxvq_u32(a.bits) != 0; }

inline F32x4 operator+(F32x4 a, F32x4 b) { return {vaddq_f32(a.v, b.v)}; }
inline F32x4 operator-(F32x4 a, F32x4 b) { return {vsubq_f32(a.v, b.v)}; }
inline F32x4 operator*(F32x4 a, F32x4 b) { return {vmulq_f32(a.v, b.v)}; }
inline F32x4 operator/(F32x4 a, F32x4 b) { return {vdivq_f32(a.v, b.v)}; }
inline F32x4 operator-(F32x4 a) { return {vnegq_f32(a.v)}; }
inline F32x4 mulAdd(F32x4 a, F32x4 b, F32x4 c) { return {vfmaq_f32(c.v, a.v, b.v)}; }

inline F32x4::Mask operator==(F32x4 a, F32x4 b) { return {vceqq_f32(a.v, b.v)}; }
inline F32x4::Mask operator!=(F32x4 a, F32x4 b) { return ~(a == b); }
inline F32x4::Mask operator<(F32x4 a, F32x4 b) { return {vcltq_f32(a.v, b.v)}; }
inline F32x4::Mask operator<=(F32x4 a, F32x4 b) { return {vcleq_f32(a.v, b.v)}; }
inline F32x4::Mask operator>(F32x4 a, F32x4 b) { return {vcgtq_f32(a.v, b.v)}; }
inline F32x4::Mask operator>=(F32x4 a, F32x4 b) { return {vcgeq_f32(a.v, b.v)}; }
inline F32x4 select(F32x4::Mask m, F32x4 a, F32x4 b) { return {vbslq_f32(m.bits, a.v, b.v)}; }

inline F32x4 minimum(F32x4 a, F32x4 b) { return {vminq_f32(a.v, b.v)}; }
inline F32x4 maximum(F32x4 a, F32x4 b) { return {vmaxq_f32(a.v, b.v)}; }

// A compare and a choice, for the instructions answer NaN where either is.
inline F32x4 lesser(F32x4 a, F32x4 b) { return select(a < b, a, b); }
inline F32x4 greater(F32x4 a, F32x4 b) { return select(a > b, a, b); }

inline F32x4 abs(F32x4 a) { return {vabsq_f32(a.v)}; }
inline F32x4 copySign(F32x4 a, F32x4 sign) { return {vbslq_f32(vdupq_n_u32(1u << 31), sign.v, a.v)}; }
inline F32x4 sqrt(F32x4 a) { return {vsqrtq_f32(a.v)}; }
inline F32x4 floor(F32x4 a) { return {vrndmq_f32(a.v)}; }
inline F32x4 ceil(F32x4 a) { return {vrndpq_f32(a.v)}; }
inline F32x4 trunc(F32x4 a) { return {vrndq_f32(a.v)}; }
inline F32x4 roundEven(F32x4 a) { return {vrndnq_f32(a.v)}; }

template <int k>
inline F32x4 swapLanes(F32x4 a) {
  static_assert(k == 1 || k == 2);
  if constexpr (k == 2) return {vextq_f32(a.v, a.v, 2)};
  if constexpr (k == 1) return {vrev64q_f32(a.v)};
}
inline F32x4 everyOther(F32x4 a, F32x4 b) {
  return {vcombine_f32(vget_low_f32(vuzp1q_f32(a.v, a.v)), vget_low_f32(vuzp2q_f32(b.v, b.v)))};
}
inline F32x4 evenLanes(F32x4 a, F32x4 b) { return {vuzp1q_f32(a.v, b.v)}; }
inline F32x4 oddLanes(F32x4 a, F32x4 b) { return {vuzp2q_f32(a.v, b.v)}; }
inline float first(F32x4 a) { return vgetq_lane_f32(a.v, 0); }

inline F32x4 mulAddExact(F32x4 a, F32x4 b, F32x4 c) { return mulAdd(a, b, c); }
inline F32x4 powerOf2(F32x4 n) {
  const uint32x4_t biased = vreinterpretq_u32_f32(vaddq_f32(n.v, vdupq_n_f32(kPowerOf2Float)));
  return {vreinterpretq_f32_u32(vshlq_n_u32(biased, 23))};
}
inline F32x4 lookup16(const float* table, F32x4 place) {
  // The four bytes of each lane's element, from the 64 of the table.
  const uint32x4_t index = vandq_u32(vreinterpretq_u32_f32(place.v), vdupq_n_u32(15));
  const uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100u), index, 0x04040404u);
  const uint8_t* from = reinterpret_cast<const uint8_t*>(table);
  const uint8x16x4_t all = {{vld1q_u8(from), vld1q_u8(from + 16), vld1q_u8(from + 32), vld1q_u8(from + 48)}};
  return {vreinterpretq_f32_u8(vqtbl4q_u8(all, vreinterpretq_u8_u32(bytes)))};
}
inline F32x4 splitExponent(F32x4 x, F32x4& exponent) {
  const uint32x4_t bits = vreinterpretq_u32_f32(x.v);
  const int32x4_t biased = vreinterpretq_s32_u32(vshrq_n_u32(bits, 23));
  exponent.v = vcvtq_f32_s32(vsubq_s32(biased, vdupq_n_s32(127)));
  const uint32x4_t mantissa = vandq_u32(bits, vdupq_n_u32(0x007fffff));
  return {vreinterpretq_f32_u32(vorrq_u32(mantissa, vdupq_n_u32(0x3f800000)))};
}

struct F64x2 {
  using Scalar = double;
  struct Mask {
    uint64x2_t bits;
  };
  static constexpr int kLanes = 2;

  float64x2_t v;

  static Mask firstLanes(int n) { return {vld1q_u64(kTailMask64 + 2 - n)}; }
  static F64x2 broadcast(double x) { return {vdupq_n_f64(x)}; }
  static F64x2 load(const double* p) { return {vld1q_f64(p)}; }
  static F64x2 load(const double* p, int n) {
    double values[kLanes] = {};
    for (int i = 0; i < n; i++) values[i] = p[i];
    return load(values);
  }
  void store(double* p) const { vst1q_f64(p, v); }
  void store(double* p, int n) const {
    double values[kLanes];
    store(values);
    for (int i = 0; i < n; i++) p[i] = values[i];
  }
};

inline F64x2::Mask operator&(F64x2::Mask a, F64x2::Mask b) { return {vandq_u64(a.bits, b.bits)}; }
inline F64x2::Mask operator|(F64x2::Mask a, F64x2::Mask b) { return {vorrq_u64(a.bits, b.bits)}; }
inline F64x2::Mask operator~(F64x2::Mask a) { return {veorq_u64(a.bits, vdupq_n_u64(~0ull))}; }
inline bool any(F64x2::Mask a) { return vmaxvq_u32(vreinterpretq_u32_u64(a.bits)) != 0; }

inline F64x2 operator+(F64x2 a, F64x2 b) { return {vaddq_f64(a.v, b.v)}; }
inline F64x2 operator-(F64x2 a, F64x2 b) { return {vsubq_f64(a.v, b.v)}; }
inline F64x2 operator*(F64x2 a, F64x2 b) { return {vmulq_f64(a.v, b.v)}; }
inline F64x2 operator/(F64x2 a, F64x2 b) { return {vdivq_f64(a.v, b.v)}; }
inline F64x2 operator-(F64x2 a) { return {vnegq_f64(a.v)}; }
inline F64x2 mulAdd(F64x2 a, F64x2 b, F64x2 c) { return {vfmaq_f64(c.v, a.v, b.v)}; }

inline F64x2::Mask operator==(F64x2 a, F64x2 b) { return {vceqq_f64(a.v, b.v)}; }
inline F64x2::Mask operator!=(F64x2 a, F64x2 b) { return ~(a == b); }
inline F64x2::Mask operator<(F64x2 a, F64x2 b) { return {vcltq_f64(a.v, b.v)}; }
inline F64x2::Mask operator<=(F64x2 a, F64x2 b) { return {vcleq_f64(a.v, b.v)}; }
inline F64x2::Mask operator>(F64x2 a, F64x2 b) { return {vcgtq_f64(a.v, b.v)}; }
inline F64x2::Mask operator>=(F64x2 a, F64x2 b) { return {vcgeq_f64(a.v, b.v)}; }
inline F64x2 select(F64x2::Mask m, F64x2 a, F64x2 b) { return {vbslq_f64(m.bits, a.v, b.v)}; }

inline F64x2 minimum(F64x2 a, F64x2 b) { return {vminq_f64(a.v, b.v)}; }
inline F64x2 maximum(F64x2 a, F64x2 b) { return {vmaxq_f64(a.v, b.v)}; }

// A compare and a choice, for the instructions answer NaN where either is.
inline F64x2 lesser(F64x2 a, F64x2 b) { return select(a < b, a, b); }
inline F64x2 greater(F64x2 a, F64x2 b) { return select(a > b, a, b); }

inline F64x2 abs(F64x2 a) { return {vabsq_f64(a.v)}; }
inline F64x2 copySign(F64x2 a, F64x2 sign) { return {vbslq_f64(vdupq_n_u64(1ull << 63), sign.v, a.v)}; }
inline F64x2 sqrt(F64x2 a) { return {vsqrtq_f64(a.v)}; }
inline F64x2 floor(F64x2 a) { return {vrndmq_f64(a.v)}; }
inline F64x2 ceil(F64x2 a) { return {vrndpq_f64(a.v)}; }
inline F64x2 trunc(F64x2 a) { return {vrndq_f64(a.v)}; }
inline F64x2 roundEven(F64x2 a) { return {vrndnq_f64(a.v)}; }

template <int k>
inline F64x2 swapLanes(F64x2 a) {
  static_assert(k == 1);
  return {vextq_f64(a.v, a.v, 1)};
}
inline F64x2 everyOther(F64x2 a, F64x2 b) { return {vcombine_f64(vget_low_f64(a.v), vget_high_f64(b.v))}; }
inline F64x2 evenLanes(F64x2 a, F64x2 b) { return {vuzp1q_f64(a.v, b.v)}; }
inline F64x2 oddLanes(F64x2 a, F64x2 b) { return {vuzp2q_f64(a.v, b.v)}; }
inline double first(F64x2 a) { return vgetq_lane_f64(a.v, 0); }

inline F64x2 mulAddExact(F64x2 a, F64x2 b, F64x2 c) { return mulAdd(a, b, c); }
inline F64x2 powerOf2(F64x2 n) {
  const uint64x2_t biased = vreinterpretq_u64_f64(vaddq_f64(n.v, vdupq_n_f64(kPowerOf2Double)));
  return {vreinterpretq_f64_u64(vshlq_n_u64(biased, 52))};
}
inline F64x2 splitExponent(F64x2 x, F64x2& exponent) {
  const uint64x2_t bits = vreinterpretq_u64_f64(x.v);
  const int64x2_t biased = vreinterpretq_s64_u64(vshrq_n_u64(bits, 52));
  exponent.v = vcvtq_f64_s64(vsubq_s64(biased, vdupq_n_s64(1023)));
  const uint64x2_t mantissa = vandq_u64(bits, vdupq_n_u64(0x000fffffffffffffull));
  return {vreinterpretq_f64_u64(vorrq_u64(mantissa, vdupq_n_u64(0x3ff0000000000000ull)))};
}

template <class T>
struct VecOf;
template <>
struct VecOf<float> {
  using Type = F32x4;
};
template <>
struct VecOf<double> {
  using Type = F64x2;
};
template <class T>
using Vec = typename VecOf<T>::Type;

}  // namespace
