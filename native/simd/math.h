// Elementary functions, written once over the vector classes.
// Float32: polynomials, within about 2 ULP, right for signed zeros, denormals, infinities and NaN. Float64:
// the C library, lane by lane, where a formula of these functions would not do.
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

// c[0] x^(count−1) + … + c[count−1], Horner's way.
template <class V, int count>
inline V polynomial(V x, const float (&c)[count]) {
  V sum = V::broadcast(c[0]);
  for (int i = 1; i < count; i++) sum = mulAdd(sum, x, V::broadcast(c[i]));
  return sum;
}

// e^r − 1 = r + r²·q(r), |r| ≤ ln2 / 2, in the form (r, r²·q(r)); x = n·ln2 + r. Coefficients: Cephes, expf.
template <class V>
inline V expReduced(V x, V& r, V& n) {
  constexpr float q[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                         4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  n = roundEven(x * constant<V>(1.44269504088896341));
  r = mulAdd(n, constant<V>(-0.693359375), x);  // few bits: n times it is exact
  r = mulAdd(n, constant<V>(2.12194440e-4), r);
  return polynomial(r, q) * r * r;
}

template <class V>
inline V exp(V x) {
  if constexpr (kIsFloat32<V>) {
    // Beyond these bounds the result is 0 or infinite, and n·ln2 would lose its exactness.
    const V bounded = minimum(maximum(x, constant<V>(-104)), constant<V>(89));
    V r, n;
    const V tail = expReduced(bounded, r, n);
    return scaleByPow2(tail + r + constant<V>(1), n);
  } else {
    return eachLane<::expf, ::exp>(x);
  }
}

template <class V>
inline V expm1(V x) {
  if constexpr (kIsFloat32<V>) {
    const V bounded = minimum(maximum(x, constant<V>(-30)), constant<V>(89));
    V r, n;
    const V tail = expReduced(bounded, r, n);
    // 2^n overflows where 2^n·e^r does not: work with half of it.
    const V half = scaleByPow2(constant<V>(0.5), n);
    const V value = mulAdd(half, tail + r, half - constant<V>(0.5));
    return select(x == constant<V>(0), x, value + value);
  } else {
    return eachLane<::expm1f, ::expm1>(x);
  }
}

// ln(1 + f) for 1 + f in [√½, √2): f + (tail, of second order). Coefficients: Cephes, logf.
template <class V>
inline V logTail(V f) {
  constexpr float c[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                         -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                         2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  const V square = f * f;
  return mulAdd(constant<V>(-0.5), square, polynomial(f, c) * square * f);
}

// ln x = ln(1 + f) + e·ln2 with 1 + f in [√½, √2), for x > 0 and finite.
template <class V>
inline V logReduce(V x, V& exponent) {
  const auto tiny = x < constant<V>(1.17549435e-38);  // denormal: no leading bit to split at
  V e;
  const V mantissa = splitExponent(select(tiny, x * constant<V>(8388608), x), e);
  const auto upper = mantissa > constant<V>(1.41421356);
  e = select(tiny, e - constant<V>(23), e);
  exponent = select(upper, e + constant<V>(1), e);
  return select(upper, mantissa * constant<V>(0.5), mantissa) - constant<V>(1);
}

// The logarithm's values at 0, +∞, below 0 and for NaN, where `value` is the formula's.
template <class V>
inline V logEdges(V x, V value) {
  const V infinity = constant<V>(INFINITY);
  value = select(x == constant<V>(0), -infinity, value);
  value = select(x == infinity, infinity, value);
  return select(x >= constant<V>(0), value, constant<V>(NAN));
}

template <class V>
inline V log(V x) {
  if constexpr (kIsFloat32<V>) {
    V e;
    const V f = logReduce(x, e);
    const V low = mulAdd(e, constant<V>(-2.12194440e-4), logTail(f));
    return logEdges(x, mulAdd(e, constant<V>(0.693359375), low + f));
  } else {
    return eachLane<::logf, ::log>(x);
  }
}

template <class V>
inline V log1p(V x) {
  if constexpr (kIsFloat32<V>) {
    // ln(1 + x) = ln u + (what rounding took from u = 1 + x) / u; the second term goes in with the small
    // parts.
    const V one = constant<V>(1);
    const V u = one + x;
    const V lost = select(x < one, x - (u - one), one - (u - x)) / u;
    V e;
    const V f = logReduce(u, e);
    const V low = mulAdd(e, constant<V>(-2.12194440e-4), logTail(f) + lost);
    const V value = logEdges(u, mulAdd(e, constant<V>(0.693359375), low + f));
    return select(x == constant<V>(0), x, value);
  } else {
    return eachLane<::log1pf, ::log1p>(x);
  }
}

template <class V>
inline V tanh(V x) {
  if constexpr (kIsFloat32<V>) {
    constexpr float c[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
                           -3.33332819422e-1f};  // Cephes, tanhf
    const V size = abs(x), square = x * x;
    const V one = constant<V>(1);
    const V near = mulAdd(polynomial(square, c) * square, x, x);
    const V far = one - constant<V>(2) / (exp(size + size) + one);
    return copySign(select(size < constant<V>(0.625), near, far), x);
  } else {
    return eachLane<::tanhf, ::tanh>(x);
  }
}

// 1 / (1 + e^−x), by the exponential of −|x| so that neither side loses its small values.
template <class V>
inline V sigmoid(V x) {
  const V e = exp(-abs(x)), one = constant<V>(1);
  return select(x < constant<V>(0), e, one) / (one + e);
}

// ln(1 + e^x), and x itself where the difference is below its last bit (20, as PyTorch has it).
template <class V>
inline V softplus(V x) {
  return select(x > constant<V>(20), x, log1p(exp(x)));
}

template <class V>
inline V erf(V x) {
  if constexpr (kIsFloat32<V>) {
    // Minimax polynomials: of x² near zero, and of the logarithm of 1 − erf(|x|) beyond (after N. Juffa's
    // erff).
    constexpr float nearCoefficients[] = {-5.96761703e-4f, 4.99119423e-3f,  -2.67681349e-2f,
                                          1.12819925e-1f,  -3.76125336e-1f, 1.28379166e-1f};
    constexpr float farCoefficients[] = {-1.72853470e-5f, 3.83197126e-4f,  -3.88396438e-3f, 2.42546219e-2f,
                                         -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f};
    const V size = minimum(abs(x), constant<V>(4));  // erf(4) rounds to 1
    const V near = mulAdd(polynomial(x * x, nearCoefficients), x, x);
    const V logarithm = mulAdd(polynomial(size, farCoefficients), size, -size);
    const V far = copySign(constant<V>(1) - exp(logarithm), x);
    return select(size > constant<V>(0.927734375), far, near);
  } else {
    return eachLane<::erff, ::erf>(x);
  }
}

// sin and cos by quadrants of π/2 in three parts; beyond this bound their product with n needs more bits.
constexpr float kTrigonometricBound = 32768;

// x = n·π/2 + r, |r| ≤ π/4, and sin r, cos r. Coefficients: Cephes, sinf.
template <class V>
inline V sinCosReduced(V x, V& sine, V& cosine) {
  constexpr float s[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
  constexpr float c[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
  const V n = roundEven(x * constant<V>(0.636619772367581343));
  V r = mulAddExact(n, V::broadcast(-0x1.921fb6p+0f), x);
  r = mulAddExact(n, V::broadcast(0x1.777a5cp-25f), r);
  r = mulAddExact(n, V::broadcast(0x1.ee59dap-50f), r);
  const V square = r * r;
  sine = mulAdd(polynomial(square, s) * square, r, r);
  cosine = mulAdd(polynomial(square, c), square * square, mulAdd(constant<V>(-0.5), square, constant<V>(1)));
  return n;
}

// n modulo 4 for whole n of either sign, as 0, 1, 2 or 3.
template <class V>
inline V quadrant(V n) {
  return n - constant<V>(4) * floor(n * constant<V>(0.25));
}

template <class V>
inline V sin(V x) {
  if constexpr (kIsFloat32<V>) {
    V sine, cosine;
    const V q = quadrant(sinCosReduced(x, sine, cosine));
    const auto odd = (q == constant<V>(1)) | (q == constant<V>(3));
    const V value = select(odd, cosine, sine);
    const V result = select(x == constant<V>(0), x, select(q >= constant<V>(2), -value, value));
    const auto large = ~(abs(x) <= V::broadcast(kTrigonometricBound));
    return any(large) ? select(large, eachLane<::sinf, ::sin>(x), result) : result;
  } else {
    return eachLane<::sinf, ::sin>(x);
  }
}

template <class V>
inline V cos(V x) {
  if constexpr (kIsFloat32<V>) {
    V sine, cosine;
    const V q = quadrant(sinCosReduced(x, sine, cosine));
    const auto odd = (q == constant<V>(1)) | (q == constant<V>(3));
    const V value = select(odd, sine, cosine);
    const V result = select((q == constant<V>(1)) | (q == constant<V>(2)), -value, value);
    const auto large = ~(abs(x) <= V::broadcast(kTrigonometricBound));
    return any(large) ? select(large, eachLane<::cosf, ::cos>(x), result) : result;
  } else {
    return eachLane<::cosf, ::cos>(x);
  }
}

}  // namespace
