// What the formulas of elementary functions are written with: constants, polynomials, a call for each lane.
#pragma once
#include <math.h>

#include "lane.h"

namespace {

template <class V>
constexpr bool kIsFloat32 = sizeof(typename V::Scalar) == 4;

template <class V>
inline V constant(double x) {
  return V::broadcast(static_cast<typename V::Scalar>(x));
}

// A constant that has a value of its own for each dtype.
template <class V>
inline V constant(float forFloat, double forDouble) {
  return kIsFloat32<V> ? constant<V>(static_cast<double>(forFloat)) : constant<V>(forDouble);
}

// Calls the C library for each lane: its function for float or its function for double.
template <float (*forFloat)(float), double (*forDouble)(double), class V>
inline V eachLane(V x) {
  typename V::Scalar values[V::kLanes];
  x.store(values);
  for (int i = 0; i < V::kLanes; i++) {
    if constexpr (kIsFloat32<V>) {
      values[i] = forFloat(values[i]);
    } else {
      values[i] = forDouble(values[i]);
    }
  }
  return V::load(values);
}

// The same for functions of two numbers.
template <float (*forFloat)(float, float), double (*forDouble)(double, double), class V>
inline V eachPair(V a, V b) {
  typename V::Scalar x[V::kLanes], y[V::kLanes];
  a.store(x);
  b.store(y);
  for (int i = 0; i < V::kLanes; i++) {
    if constexpr (kIsFloat32<V>) {
      x[i] = forFloat(x[i], y[i]);
    } else {
      x[i] = forDouble(x[i], y[i]);
    }
  }
  return V::load(x);
}

// c[0] x^(count−1) + … + c[count−1], Horner's way.
template <class V, class T, int count>
inline V polynomial(V x, const T (&c)[count]) {
  V sum = V::broadcast(c[0]);
  for (int i = 1; i < count; i++) sum = mulAdd(sum, x, V::broadcast(c[i]));
  return sum;
}

// x within [low, high]; NaN stays.
template <class V>
inline V within(V x, double low, double high) {
  return lesser(constant<V>(high), greater(constant<V>(low), x));
}

// x·2^n for whole n: in two steps, as 2^n itself may lie beyond the range of normal numbers.
template <class V>
inline V scaleByPow2(V x, V n) {
  const V half = floor(n * constant<V>(0.5));
  return x * powerOf2(half) * powerOf2(n - half);
}

// a + b and what rounding took from it, for |a| ≥ |b|.
template <class V>
inline V sumExact(V a, V b, V& lost) {
  const V sum = a + b;
  lost = (a - sum) + b;
  return sum;
}

// a·b and what rounding took from it.
template <class V>
inline V productExact(V a, V b, V& lost) {
  const V product = a * b;
  lost = mulAddExact(a, b, -product);
  return product;
}

}  // namespace
