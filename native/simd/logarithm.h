// Logarithms: natural, of 1 + x, to the bases 2 and 10; softplus.
#pragma once
#include "exponential.h"

namespace {

// ln(1 + f) for 1 + f in [√½, √2): f + (tail, of second order).
template <class V>
inline V logTail(V f) {
  if constexpr (kIsFloat32<V>) {
    constexpr float c[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                           -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                           2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};  // Cephes, logf
    const V square = f * f;
    return mulAdd(constant<V>(-0.5), square, polynomial(f, c) * square * f);
  } else {
    constexpr double c[] = {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                            2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                            6.666666666666735130e-01};  // fdlibm, e_log.c: by s = f / (2 + f)
    const V s = f / (constant<V>(2) + f), square = s * s, half = constant<V>(0.5) * f * f;
    return mulAdd(s, mulAdd(polynomial(square, c), square, half), -half);
  }
}

// ln x = ln(1 + f) + e·ln2 with 1 + f in [√½, √2), for x > 0 and finite.
template <class V>
inline V logReduce(V x, V& exponent) {
  const auto tiny = x < constant<V>(0x1p-126f, 0x1p-1022);  // denormal: no leading bit to split at
  V e;
  const V mantissa = splitExponent(select(tiny, x * constant<V>(0x1p54), x), e);
  const auto upper = mantissa > constant<V>(1.41421356237309505);
  e = select(tiny, e - constant<V>(54), e);
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

// e·ln2 + f + small. The upper part of ln2 has few bits: e times it is exact.
template <class V>
inline V logSum(V e, V f, V small) {
  const V low = mulAdd(e, constant<V>(-2.12194440e-4f, 1.90821492927058770002e-10), small);
  return mulAdd(e, constant<V>(0.693359375f, 6.93147180369123816490e-01), low + f);
}

template <class V>
inline V log(V x) {
  V e;
  const V f = logReduce(x, e);
  return logEdges(x, logSum(e, f, logTail(f)));
}

template <class V>
inline V log1p(V x) {
  // ln(1 + x) = ln u + (what rounding took from u = 1 + x) / u; the second term goes in with the small parts.
  const V one = constant<V>(1);
  const V u = one + x;
  const V lost = select(x < one, x - (u - one), one - (u - x)) / u;
  V e;
  const V f = logReduce(u, e);
  const V value = logEdges(u, logSum(e, f, logTail(f) + lost));
  return select(x == constant<V>(0), x, value);
}

// (f + tail) · scale, where scaleLow is what `scale` lacks, and the part of it that rounding took.
template <class V>
inline V logScaled(V f, V scale, V scaleLow, V& lost) {
  const V value = productExact(f, scale, lost);
  lost = lost + mulAdd(logTail(f), scale, f * scaleLow);
  return value;
}

template <class V>
inline V log2(V x) {
  V e, small, lost;
  const V f = logReduce(x, e);
  const V fraction = logScaled(f, constant<V>(0x1.715476p+0f, 0x1.71547652b82fep+0),
                               constant<V>(0x1.4ae0cp-26f, 0x1.777d0ffda0d24p-56), small);
  const V sum = sumExact(e, fraction, lost);
  return logEdges(x, select(e == constant<V>(0), fraction + small, sum + (lost + small)));
}

template <class V>
inline V log10(V x) {
  V e, small, lost;
  const V f = logReduce(x, e);
  const V fraction = logScaled(f, constant<V>(0x1.bcb7b2p-2f, 0x1.bcb7b1526e50ep-2),
                               constant<V>(-0x1.5b235ep-27f, 0x1.95355baaafad3p-57), small);
  // The upper part of lg 2 has few bits: e times it is exact.
  const V sum = sumExact(e * constant<V>(0x1.344p-2f, 0x1.34413508p-2), fraction, lost);
  small = mulAdd(e, constant<V>(0x1.3509f8p-18f, 0x1.f79fef311f12bp-34), small);
  return logEdges(x, select(e == constant<V>(0), fraction + small, sum + (lost + small)));
}

// ln(1 + e^x), and x itself where the difference is below its last bit (20, as PyTorch has it).
template <class V>
inline V softplus(V x) {
  return select(x > constant<V>(20), x, log1p(exp(x)));
}

}  // namespace
