// Activations and their slopes over the vector classes: for elementwise kernels and for the epilogue of
// products.
#pragma once
#include "../simd/math.h"
#include "epilogue.h"

namespace {

using quern::Activation;

template <Activation activation, class V>
inline V activate(V x) {
  const V half = constant<V>(0.5), one = constant<V>(1);
  if constexpr (activation == Activation::kRelu) return maximum(x, constant<V>(0));
  if constexpr (activation == Activation::kGelu) {
    return x * half * (one + erf(x * constant<V>(0.70710678118654752440)));
  }
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
  const V half = constant<V>(0.5), one = constant<V>(1);
  const V share = half * (one + erf(x * constant<V>(0.70710678118654752440)));
  const V density = constant<V>(0.39894228040143267794) * exp(-half * x * x);
  return mulAdd(x, density, share);
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
