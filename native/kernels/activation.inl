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

}  // namespace
