// One value behind the interface of the vector classes, for what has no vectors of its own.
#pragma once
#include <math.h>
#include <stdint.h>

// The interface that every vector class offers (V a class, T its Scalar, M its Mask):
//
//   V::kLanes  V::broadcast(T)  V::load(p)  V::load(p, n)  v.store(p)  v.store(p, n)   (n lanes: the rest
//   reads as 0) V::firstLanes(n)  (M)
//   + - * / unary-  mulAdd(a, b, c) = a·b + c  abs  sqrt  floor  ceil  trunc  roundEven  copySign
//   minimum  maximum (a NaN on either side wins)  == != < <= > >=  (M)  & | ~ on masks  any(M)
//   select(M, a, b)  swapLanes<k>(v): lane i takes lane i xor k  first(v): lane 0
//   everyOther(a, b): lanes 0, 2, ... of a, then 1, 3, ... of b (one lane: a)
//   evenLanes(a, b)  oddLanes(a, b): every second lane of a and then of b, from the first or from the second
//
// On floats only: lesser(a, b)  greater(a, b) (b where either is NaN)  powerOf2(n)  splitExponent(x, e)
//   mulAddExact(a, b, c)
//
// On float32 only: lookup16(table, v): lane i is table[the last four bits of v's lane i]
//
// mulAdd is fused where the ISA has the instruction, everywhere in that ISA or nowhere: so a value has the
// same bits in every lane and loop. All is in unnamed namespaces: each ISA's object keeps its own copy. These
// names hide those of <math.h> there: write ::sqrt for C's.

namespace {

// Integers are computed modulo 2^32; signed overflow would be undefined.
template <class T>
struct LaneArithmetic {
  using Type = T;
};
template <>
struct LaneArithmetic<int32_t> {
  using Type = uint32_t;
};

// Whether the ISA scales by powers of two in one step, scaleByPow2(x, n), and by the floor of any n.
template <class V>
constexpr bool kScaleFloors = false;

// Half of a vector class, where that is worth something: with broadcast, load(p, n), store(p, n), +, mulAdd
// and maximum.
struct NoHalf {};
template <class V>
struct HalfOf {
  using Type = NoHalf;
};
template <class V>
constexpr bool kHasHalf = sizeof(typename HalfOf<V>::Type) > sizeof(NoHalf);

struct LaneMask {
  bool bit;
};

inline LaneMask operator&(LaneMask a, LaneMask b) { return {static_cast<bool>(a.bit & b.bit)}; }
inline LaneMask operator|(LaneMask a, LaneMask b) { return {static_cast<bool>(a.bit | b.bit)}; }
inline LaneMask operator~(LaneMask a) { return {!a.bit}; }
inline bool any(LaneMask a) { return a.bit; }

template <class T>
struct Lane {
  using Scalar = T;
  using Mask = LaneMask;
  using Arithmetic = typename LaneArithmetic<T>::Type;
  static constexpr int kLanes = 1;

  T v;

  static Lane broadcast(T x) { return {x}; }
  static Lane load(const T* p) { return {*p}; }
  static Lane load(const T* p, int n) { return {n > 0 ? *p : T(0)}; }
  void store(T* p) const { *p = v; }
  void store(T* p, int n) const {
    if (n > 0) *p = v;
  }
  static Mask firstLanes(int n) { return {n > 0}; }
  Arithmetic calc() const { return static_cast<Arithmetic>(v); }
};

template <class T>
inline Lane<T> operator+(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.calc() + b.calc())};
}
template <class T>
inline Lane<T> operator-(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.calc() - b.calc())};
}
template <class T>
inline Lane<T> operator*(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.calc() * b.calc())};
}
template <class T>
inline Lane<T> operator/(Lane<T> a, Lane<T> b) {
  return {a.v / b.v};
}
template <class T>
inline Lane<T> operator-(Lane<T> a) {
  return {static_cast<T>(-a.calc())};
}

template <class T>
inline LaneMask operator==(Lane<T> a, Lane<T> b) {
  return {a.v == b.v};
}
template <class T>
inline LaneMask operator!=(Lane<T> a, Lane<T> b) {
  return {a.v != b.v};
}
template <class T>
inline LaneMask operator<(Lane<T> a, Lane<T> b) {
  return {a.v < b.v};
}
template <class T>
inline LaneMask operator<=(Lane<T> a, Lane<T> b) {
  return {a.v <= b.v};
}
template <class T>
inline LaneMask operator>(Lane<T> a, Lane<T> b) {
  return {a.v > b.v};
}
template <class T>
inline LaneMask operator>=(Lane<T> a, Lane<T> b) {
  return {a.v >= b.v};
}

template <class T>
inline Lane<T> select(LaneMask m, Lane<T> a, Lane<T> b) {
  return {m.bit ? a.v : b.v};
}
template <class T>
inline Lane<T> minimum(Lane<T> a, Lane<T> b) {
  return {(a.v < b.v) | (a.v != a.v) ? a.v : b.v};
}
template <class T>
inline Lane<T> maximum(Lane<T> a, Lane<T> b) {
  return {(a.v > b.v) | (a.v != a.v) ? a.v : b.v};
}
template <class T>
inline T first(Lane<T> a) {
  return a.v;
}
// A single lane has none to swap with; the name must be known where vectors of more lanes are folded.
template <int k, class T>
inline Lane<T> swapLanes(Lane<T> a) {
  return a;
}

template <class T>
inline Lane<T> everyOther(Lane<T> a, Lane<T>) {
  return a;
}
template <class T>
inline Lane<T> evenLanes(Lane<T> a, Lane<T>) {
  return a;
}
template <class T>
inline Lane<T> oddLanes(Lane<T>, Lane<T> b) {
  return b;
}

inline Lane<int32_t> abs(Lane<int32_t> a) { return a.v < 0 ? -a : a; }
inline Lane<float> abs(Lane<float> a) { return {::fabsf(a.v)}; }
inline Lane<double> abs(Lane<double> a) { return {::fabs(a.v)}; }
inline Lane<float> sqrt(Lane<float> a) { return {::sqrtf(a.v)}; }
inline Lane<double> sqrt(Lane<double> a) { return {::sqrt(a.v)}; }
inline Lane<float> floor(Lane<float> a) { return {::floorf(a.v)}; }
inline Lane<double> floor(Lane<double> a) { return {::floor(a.v)}; }
inline Lane<float> ceil(Lane<float> a) { return {::ceilf(a.v)}; }
inline Lane<double> ceil(Lane<double> a) { return {::ceil(a.v)}; }
inline Lane<float> trunc(Lane<float> a) { return {::truncf(a.v)}; }
inline Lane<double> trunc(Lane<double> a) { return {::trunc(a.v)}; }
inline Lane<float> roundEven(Lane<float> a) { return {::rintf(a.v)}; }
inline Lane<double> roundEven(Lane<double> a) { return {::rint(a.v)}; }
inline Lane<float> copySign(Lane<float> a, Lane<float> sign) { return {::copysignf(a.v, sign.v)}; }
inline Lane<double> copySign(Lane<double> a, Lane<double> sign) { return {::copysign(a.v, sign.v)}; }

#if defined(__FMA__) || defined(__aarch64__)
inline Lane<float> mulAdd(Lane<float> a, Lane<float> b, Lane<float> c) { return {::fmaf(a.v, b.v, c.v)}; }
inline Lane<double> mulAdd(Lane<double> a, Lane<double> b, Lane<double> c) { return {::fma(a.v, b.v, c.v)}; }
#else
// Without the instruction fma is a slow library call.
inline Lane<float> mulAdd(Lane<float> a, Lane<float> b, Lane<float> c) { return a * b + c; }
inline Lane<double> mulAdd(Lane<double> a, Lane<double> b, Lane<double> c) { return a * b + c; }
#endif

// The second operand where either is NaN.
template <class T>
inline Lane<T> lesser(Lane<T> a, Lane<T> b) {
  return {a.v < b.v ? a.v : b.v};
}
template <class T>
inline Lane<T> greater(Lane<T> a, Lane<T> b) {
  return {a.v > b.v ? a.v : b.v};
}

// a·b + c, rounded once, on every ISA: for what lives on the bits that rounding the product would take.
inline Lane<float> mulAddExact(Lane<float> a, Lane<float> b, Lane<float> c) {
  return {static_cast<float>(static_cast<double>(a.v) * b.v + c.v)};
}
inline Lane<double> mulAddExact(Lane<double> a, Lane<double> b, Lane<double> c) {
  return {::fma(a.v, b.v, c.v)};
}

inline uint32_t bitsOf(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline uint64_t bitsOf(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline float floatOf(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}
inline double doubleOf(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

inline Lane<float> lookup16(const float* table, Lane<float> place) { return {table[bitsOf(place.v) & 15]}; }

// Added to a whole number n, these leave n and the exponent's bias in the sum's last bits: a conversion that
// is defined for every n, NaN included.
constexpr float kPowerOf2Float = 0x1.8p23f + 127;
constexpr double kPowerOf2Double = 0x1.8p52 + 1023;

// 2^n for whole n, within the normal range of the dtype; NaN gives any number.
inline Lane<float> powerOf2(Lane<float> n) { return {floatOf(bitsOf(n.v + kPowerOf2Float) << 23)}; }
inline Lane<double> powerOf2(Lane<double> n) { return {doubleOf(bitsOf(n.v + kPowerOf2Double) << 52)}; }

// The mantissa in [1, 2) and the exponent of a positive normal number.
inline Lane<float> splitExponent(Lane<float> x, Lane<float>& exponent) {
  const uint32_t bits = bitsOf(x.v);
  exponent.v = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  return {floatOf((bits & 0x007fffffu) | 0x3f800000u)};
}
inline Lane<double> splitExponent(Lane<double> x, Lane<double>& exponent) {
  const uint64_t bits = bitsOf(x.v);
  exponent.v = static_cast<double>(static_cast<int32_t>(bits >> 52) - 1023);
  return {doubleOf((bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull)};
}

}  // namespace
