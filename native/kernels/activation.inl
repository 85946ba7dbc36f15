// Activations and their slopes over the vector classes: for elementwise kernels and for the epilogue of
// products.
#pragma once
#include "../simd/math.h"
#include "epilogue.h"

namespace {

using quern::Activation;

// The normal distribution function Φ(x). Below 0 the exponential of a polynomial, so that nothing cancels
// there: of least error in ln(2 Φ(−x)) on [0, 5.6], 1.6e-7, beyond which float32 counts Φ(−x) as nothing.
template <class V>
inline V normalShare(V x) {
  const V size = abs(x), half = constant<V>(0.5);
  V tail;
  if constexpr (kIsFloat32<V>) {
    constexpr float c[] = {-1.177543514e-8f, 3.762504572e-7f,  -5.149917750e-6f, 3.802980873e-5f,
                           -1.396550411e-4f, -1.187427049e-4f, 4.969231733e-3f,  -3.646016562e-2f,
                           -3.182694383e-1f, -7.978890800e-1f};
    tail = select(size > constant<V>(5.6), constant<V>(0), half * exp(polynomial(size, c) * size));
  } else {
    tail = half * eachLane<::erfcf, ::erfc>(size * constant<V>(0.70710678118654752440));
  }
  return select(x < constant<V>(0), tail, constant<V>(1) - tail);
}

template <Activation activation, class V>
inline V activate(V x) {
  const V half = constant<V>(0.5), one = constant<V>(1);
  if constexpr (activation == Activation::kRelu) return maximum(x, constant<V>(0));
  if constexpr (activation == Activation::kGelu) return x * normalShare(x);
  if constexpr (activation == Activation::kGeluTanh) {
    const V inner = constant<V>(0.79788456080286535588) * (x + constant<V>(0.044715) * x * x * x);
    return x * half * (one + tanh(inner));
  }
  if constexpr (activation == Activation::kTanh) return tanh(x);
  if constexpr (activation == Activation::kSigmoid) return sigmoid(x);
  return x;
}

// The derivative of gelu: Φ(x) + x · φ(x).
template <class V>
inline V geluSlope(V x) {
  const V density = constant<V>(0.39894228040143267794) * exp(constant<V>(-0.5) * x * x);
  return mulAdd(x, density, normalShare(x));
}

// Of ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³).
template <class V>
inline V geluTanhSlope(V x) {
  const V half = constant<V>(0.5), one = constant<V>(1), square = x * x;
  const V t = tanh(constant<V>(0.79788456080286535588) * (x + constant<V>(0.044715) * x * x * x));
  const V slope = constant<V>(0.79788456080286535588) * (one + constant<V>(0.134145) * square);
  return half * (one + t) + half * x * (one - t * t) * slope;
}

// Of x · σ(x): σ (1 + x (1 − σ)).
template <class V>
inline V siluSlope(V x) {
  const V s = sigmoid(x), one = constant<V>(1);
  return s * mulAdd(x, one - s, one);
}

// tanh(ln(1 + e^x)): n / (n + 2), n = e^x (e^x + 2). From 20 on it is 1, and the square would overflow.
template <class V>
inline V tanhOfSoftplus(V x, V& e) {
  e = exp(lesser(constant<V>(20), x));
  const V n = e * (e + constant<V>(2));
  return n / (n + constant<V>(2));
}

template <class V>
inline V mish(V x) {
  V e;
  return x * tanhOfSoftplus(x, e);
}

// t + x σ (1 − t²), t = tanh(ln(1 + e^x)).
template <class V>
inline V mishSlope(V x) {
  V e;
  const V one = constant<V>(1), t = tanhOfSoftplus(x, e);
  return select(x > constant<V>(20), one, mulAdd(x * (e / (e + one)), one - t * t, t));
}

// min(max(x + 3, 0), 6) / 6
template <class V>
inline V hardsigmoid(V x) {
  const V raised = x + constant<V>(3);
  return minimum(maximum(raised, constant<V>(0)), constant<V>(6)) / constant<V>(6);
}

template <class V>
inline V hardswish(V x) {
  const V raised = x + constant<V>(3);
  return x * minimum(maximum(raised, constant<V>(0)), constant<V>(6)) / constant<V>(6);
}

template <class V>
inline V hardswishSlope(V x) {
  const V three = constant<V>(3), one = constant<V>(1);
  const V inside = x / three + constant<V>(0.5);
  return select(x <= -three, constant<V>(0), select(x < three, inside, one));
}

// a (e^(k x) − 1) below 0, s x above.
template <class V>
inline V elu(V x, V a, V s, V k) {
  return select(x < constant<V>(0), a * expm1(x * k), x * s);
}

template <class V>
inline V eluSlope(V x, V a, V s, V k) {
  return select(x <= constant<V>(0), a * k * exp(x * k), s);
}

// x nearer to 0 by l, and 0 within it.
template <class V>
inline V softshrink(V x, V l) {
  return select(x > l, x - l, select(x < -l, x + l, x * constant<V>(0)));
}

template <class V>
inline V hardshrink(V x, V l) {
  return select((x >= -l) & (x <= l), constant<V>(0), x);
}

}  // namespace
