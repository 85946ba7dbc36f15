// Hyperbolic functions and their inverses; tanh is in exponential.h.
#pragma once
#include "logarithm.h"

namespace {

// e^x / 2 for large x, where e^x itself may overflow: (e^(x/2))² / 2.
template <class V>
inline V halfExp(V x) {
  const V root = exp(x * constant<V>(0.5));
  return root * constant<V>(0.5) * root;
}

// From here on e^−x is nothing beside e^x, which still is finite.
template <class V>
constexpr double kExpAlone = kIsFloat32<V> ? 40 : 350;

// (e^x − e^−x) / 2, by p = e^|x| − 1: (p + p / (p + 1)) / 2.
template <class V>
inline V sinh(V x) {
  const V size = abs(x), p = expm1(lesser(constant<V>(kExpAlone<V>), size));
  const V near = constant<V>(0.5) * (p + p / (p + constant<V>(1)));
  return copySign(select(size > constant<V>(kExpAlone<V>), halfExp(size), near), x);
}

template <class V>
inline V cosh(V x) {
  const V size = abs(x), half = constant<V>(0.5), e = exp(lesser(constant<V>(kExpAlone<V>), size));
  return select(size > constant<V>(kExpAlone<V>), halfExp(size), mulAdd(half, e, half / e));
}

// Beyond it, 1 is nothing beside the square.
template <class V>
constexpr double kSquareAlone = kIsFloat32<V> ? 0x1p14 : 0x1p28;

// ln(x + √(x² + 1)), for |x| as ln(1 + |x| + x² / (1 + √(x² + 1))).
template <class V>
inline V asinh(V x) {
  const V size = abs(x), one = constant<V>(1), square = size * size;
  const V near = log1p(size + square / (one + sqrt(square + one)));
  const V far = log(size) + constant<V>(0.693147180559945309);
  return copySign(select(size > constant<V>(kSquareAlone<V>), far, near), x);
}

// ln(x + √(x² − 1)), by t = x − 1: ln(1 + t + √(2t + t²)).
template <class V>
inline V acosh(V x) {
  const V t = x - constant<V>(1), square = t * t;
  const V near = log1p(t + sqrt(mulAdd(constant<V>(2), t, square)));
  const V far = log(x) + constant<V>(0.693147180559945309);
  const V value = select(x > constant<V>(kSquareAlone<V>), far, near);
  return select(x >= constant<V>(1), value, constant<V>(NAN));
}

// ½ ln((1 + x) / (1 − x)), for |x| as ½ ln(1 + 2|x| / (1 − |x|)).
template <class V>
inline V atanh(V x) {
  const V size = abs(x);
  return copySign(constant<V>(0.5) * log1p((size + size) / (constant<V>(1) - size)), x);
}

// ln(eᵃ + eᵇ) without overflow.
template <class V>
inline V logAddExp(V a, V b) {
  const V larger = maximum(a, b), value = larger + log1p(expOfNegative(-abs(a - b)));
  // Of two infinities of one sign the difference is none.
  return select((a == b) & (abs(a) == constant<V>(INFINITY)), a, value);
}

// √(a² + b²) without overflow; infinite where either is, also beside NaN.
template <class V>
inline V hypot(V a, V b) {
  const V x = abs(a), y = abs(b), infinity = constant<V>(INFINITY);
  const V most = maximum(x, y), ratio = minimum(x, y) / most;
  const V value = select(most == constant<V>(0), most, most * sqrt(mulAdd(ratio, ratio, constant<V>(1))));
  return select((x == infinity) | (y == infinity), infinity, value);
}

}  // namespace
