// The vectors that matrix products are computed in: the ISA's, or sixteen bytes that any machine with vectors
// has.
#pragma once
#include "../simd/lane.h"

namespace {

#if defined(__FMA__) || defined(__aarch64__) || defined(_M_ARM64)
constexpr bool kFusesMultiplyAdd = true;
#else
constexpr bool kFusesMultiplyAdd = false;
#endif

#if defined(__AVX512F__) || defined(__aarch64__) || defined(_M_ARM64)
constexpr bool kManyRegisters = true;  // 32, not 16
#else
constexpr bool kManyRegisters = false;
#endif

#if defined(__GNUC__)
// Vectors by the compiler's own means, in code for no particular instruction set. Not fused: a·b + c as Lane
// has it without the instruction.
template <class T>
struct Packet {
  using Scalar = T;
  static constexpr int kLanes = 16 / static_cast<int>(sizeof(T));
  typedef T Register __attribute__((vector_size(16)));

  Register v;

  static Packet broadcast(T x) { return {x - Register{}}; }
  static Packet load(const T* p) {
    Packet result;
    __builtin_memcpy(&result.v, p, 16);
    return result;
  }
  static Packet load(const T* p, int n) {
    T values[kLanes] = {};
    for (int i = 0; i < n; ++i) values[i] = p[i];
    return load(values);
  }
  void store(T* p) const { __builtin_memcpy(p, &v, 16); }
  void store(T* p, int n) const {
    for (int i = 0; i < n; ++i) p[i] = v[i];
  }
};

template <class T>
inline Packet<T> operator+(Packet<T> a, Packet<T> b) {
  return {a.v + b.v};
}
template <class T>
inline Packet<T> mulAdd(Packet<T> a, Packet<T> b, Packet<T> c) {
  return {a.v * b.v + c.v};
}
#endif

// The vectors that tiles compute in, by the lanes of the ISA's own. Whatever else has their operations may
// stand in.
template <class T, int lanes>
struct GemmVecOf {
  using Type = Vec<T>;
};
#if defined(__GNUC__)
template <class T>
struct GemmVecOf<T, 1> {
  using Type = Packet<T>;
};
#endif
template <class T>
using GemmVec = typename GemmVecOf<T, Vec<T>::kLanes>::Type;

}  // namespace
