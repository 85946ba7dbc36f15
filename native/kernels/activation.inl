// Activations and their slopes over the vector classes: for elementwise kernels and for the epilogue of
// products.
#pragma once
#include "../simd/math.h"
#include "epilogue.h"

namespace {

using quern::Activation;

// Where the first pieces of the activations of float32 end, where the next ones do, and where on the left
// even the last bits have come to nothing.
constexpr float kNearEnd = 3.875f, kFarEnd = 7.75f, kNothing = -20;

// `value`, which the first pieces gave, with what the next ones give in the lanes beyond; they are rare.
template <class V, int rows>
inline V farInPieces(V size, const Pieces<rows>& pieces, V value) {
  return select(size >= V::broadcast(kNearEnd), inPieces(lesser(V::broadcast(kFarEnd), size), pieces), value);
}

// For float32 and x ≤ −kFarEnd the normal density φ(x), and what the distribution function is of it: Φ(x) /
// φ(x) = (1 − 1/x² + 3/x⁴ − …) / |x|.
template <class V>
inline V normalTail(V x, V& density) {
  constexpr float c[] = {0x1.2e0b62p+6f, -0x1.d3fa64p+3f, 0x1.7fbf56p+1f, -0x1.ffff92p-1f, 0x1p+0f};
  V lost;  // by the square; its share of the exponent is small enough to go in as a factor
  const V square = productExact(x, x, lost), half = constant<V>(-0.5);
  const V e = expOfNegative(half * square);
  density = constant<V>(0.39894228040143267794) * mulAdd(half * lost, e, e);
  const V inverse = constant<V>(-1) / x;
  return inverse * polynomial(inverse * inverse, c);
}

// Φ(x) of float64. Below 0 from the complement, so that nothing cancels there.
template <class V>
inline V normalShare(V x) {
  const V tail = constant<V>(0.5) * eachLane<::erfcf, ::erfc>(abs(x) * constant<V>(0.70710678118654752440));
  return select(x < constant<V>(0), tail, constant<V>(1) - tail);
}

// x·Φ(x): for float32 by its value at −|x|, to which the larger of x and 0 is what lacks.
template <class V>
inline V gelu(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V lower = inPieces(size, kGeluNear);
    if (any(size >= V::broadcast(kNearEnd))) {
      lower = farInPieces(size, kGeluFar, lower);
      const auto beyond = x < V::broadcast(-kFarEnd);
      if (any(beyond)) {
        V density;
        const V share = normalTail(within(x, kNothing, -kFarEnd), density);
        lower = select(beyond, x * share * density, lower);
      }
    }
    return greater(constant<V>(-0.0), x) + lower;
  } else {
    return x * normalShare(x);
  }
}

// Its derivative, Φ(x) + x·φ(x): for float32 by that at −|x|.
template <class V>
inline V geluSlope(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V lower = inPieces(size, kGeluSlopeNear);
    if (any(size >= V::broadcast(kNearEnd))) {
      lower = farInPieces(size, kGeluSlopeFar, lower);
      const auto beyond = x < V::broadcast(-kFarEnd);
      if (any(beyond)) {
        V density;
        const V share = normalTail(within(x, kNothing, -kFarEnd), density);
        lower = select(beyond, (x + share) * density, lower);
      }
    }
    return select(x < constant<V>(0), lower, constant<V>(1) - lower);
  } else {
    const V density = constant<V>(0.39894228040143267794) * exp(constant<V>(-0.5) * x * x);
    return mulAdd(x, density, normalShare(x));
  }
}

// The other form of gelu has σ(z) in place of Φ(x), z = 2√(2/π) (x + 0.044715 x³) = x·(a + b x²).
constexpr double kLinear = 1.5957691216057308, kCubic = 0.07135481627260025;

// σ(z) of float32 for x ≤ −kFarEnd, e^z. There z is so large that it needs more bits than float32 has.
template <class V>
inline V tanhTail(V x) {
  const V linear = constant<V>(kLinear), cubic = constant<V>(kCubic);
  V squareLost, cubicLost, sumLost, lost;
  const V square = productExact(x, x, squareLost), term = productExact(cubic, square, cubicLost);
  const V factor = sumExact(term, linear, sumLost);
  const V z = productExact(x, factor, lost);
  const V small = mulAdd(cubic, squareLost, sumLost) + cubicLost;
  const V constants = mulAdd(constant<V>(kCubic - static_cast<float>(kCubic)), square,
                             constant<V>(kLinear - static_cast<float>(kLinear)));
  const V e = expOfNegative(z);
  return mulAdd(e, mulAdd(x, small + constants, lost), e);
}

// x·σ(z), as gelu.
template <class V>
inline V geluTanh(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V lower = inPieces(size, kGeluTanhNear);
    if (any(size >= V::broadcast(kNearEnd))) {
      lower = farInPieces(size, kGeluTanhFar, lower);
      const auto beyond = x < V::broadcast(-kFarEnd);
      if (any(beyond)) lower = select(beyond, x * tanhTail(within(x, kNothing, -kFarEnd)), lower);
    }
    return greater(constant<V>(-0.0), x) + lower;
  } else {
    return x * sigmoid(x * mulAdd(constant<V>(kCubic), x * x, constant<V>(kLinear)));
  }
}

// σ (1 + x (1 − σ) z'), z' = a + 3 b x².
template <class V>
inline V tanhSlopeOf(V share, V x) {
  const V one = constant<V>(1), steep = mulAdd(constant<V>(3 * kCubic), x * x, constant<V>(kLinear));
  return share * mulAdd(x * (one - share), steep, one);
}

template <class V>
inline V geluTanhSlope(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V lower = inPieces(size, kGeluTanhSlopeNear);
    if (any(size >= V::broadcast(kNearEnd))) {
      lower = farInPieces(size, kGeluTanhSlopeFar, lower);
      const auto beyond = x < V::broadcast(-kFarEnd);
      if (any(beyond)) {
        const V inside = within(x, kNothing, -kFarEnd);
        lower = select(beyond, tanhSlopeOf(tanhTail(inside), inside), lower);
      }
    }
    return select(x < constant<V>(0), lower, constant<V>(1) - lower);
  } else {
    return tanhSlopeOf(sigmoid(x * mulAdd(constant<V>(kCubic), x * x, constant<V>(kLinear))), x);
  }
}

template <Activation activation, class V>
inline V activate(V x) {
  if constexpr (activation == Activation::kRelu) return maximum(x, constant<V>(0));
  if constexpr (activation == Activation::kGelu) return gelu(x);
  if constexpr (activation == Activation::kGeluTanh) return geluTanh(x);
  if constexpr (activation == Activation::kTanh) return tanh(x);
  if constexpr (activation == Activation::kSigmoid) return sigmoid(x);
  return x;
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
