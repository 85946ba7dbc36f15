// a^b.
#pragma once
#include "logarithm.h"

namespace {

// log2(1 + f) as a sum of two numbers, to about half as many bits again as one has: 2 / ln2 · artanh s by
// s = f / (2 + f), whose series s + s³/3 + s⁵·p(s²) is in two numbers but for its last part.
template <class V>
inline V log2Pair(V f, V& low) {
  V sumLow, squareLow, bracketLow, termLow, scaledLow;
  const V sum = sumExact(constant<V>(2), f, sumLow);
  const V s = f / sum;
  const V sLow = (mulAddExact(-s, sum, f) - s * sumLow) / sum;
  const V square = productExact(s, s, squareLow);
  squareLow = mulAdd(s + s, sLow, squareLow);
  V rest;
  if constexpr (kIsFloat32<V>) {
    constexpr float p[] = {0x1.dfdd36p-4f, 0x1.24514fp-3f, 0x1.999a02p-3f};
    rest = polynomial(square, p) * square;
  } else {
    constexpr double p[] = {0x1.ebb5e2bfe5365p-5, 0x1.de1f982366555p-5, 0x1.1121332d89554p-4,
                            0x1.3b135f6fe0588p-4, 0x1.745d183ea691bp-4, 0x1.c71c71c566992p-4,
                            0x1.249249249310fp-3, 0x1.9999999999995p-3};
    rest = polynomial(square, p) * square;
  }
  rest = rest + constant<V>(-0x1.555556p-27f, 0x1.5555555555555p-56);
  const V bracket = sumExact(constant<V>(0x1.555556p-2f, 0x1.5555555555555p-2), rest, bracketLow);
  const V term = productExact(square, bracket, termLow);
  termLow = termLow + mulAdd(square, bracketLow, squareLow * bracket);
  // artanh s = s + s·term
  V partLow, wholeLow;
  const V part = productExact(s, term, partLow);
  partLow = partLow + mulAdd(s, termLow, sLow * term);
  const V whole = sumExact(s, part, wholeLow);
  wholeLow = wholeLow + (partLow + sLow);
  const V scale = constant<V>(0x1.715476p+1f, 0x1.71547652b82fep+1);
  const V scaled = productExact(whole, scale, scaledLow);
  low = scaledLow + mulAdd(wholeLow, scale, whole * constant<V>(0x1.4ae0cp-25f, 0x1.777d0ffda0d24p-55));
  return scaled;
}

// a^b for a > 0 and finite b: 2 to the power of b·log2 a, which is kept in two numbers.
template <class V>
inline V powerOfPositive(V a, V b) {
  V e, fractionLow, sumLow, low, tail;
  const V f = logReduce(a, e);
  const V fraction = log2Pair(f, fractionLow);
  const V sum = sumExact(e, fraction, sumLow);
  const auto none = e == constant<V>(0);
  const V logarithm = select(none, fraction, sum);
  const V logarithmLow = select(none, fractionLow, sumLow + fractionLow);

  const double bound = kIsFloat32<V> ? 200 : 1200;  // 2^±bound is infinite or 0
  const V product = productExact(b, logarithm, low);
  const auto inside = abs(product) <= constant<V>(bound);
  const V exponent = within(product, -bound, bound);
  low = select(inside, mulAdd(b, logarithmLow, low), constant<V>(0));
  const V n = roundEven(exponent);
  const V r = sumExact(exponent - n, low, tail);
  const V ln2 = constant<V>(0x1.62e43p-1f, 0x1.62e42fefa39efp-1);
  V lost;
  const V t = productExact(r, ln2, lost);
  lost = lost + mulAdd(tail, ln2, r * constant<V>(-0x1.05c61p-29f, 0x1.abc9e3b39803fp-56));
  return scaleByPow2(expm1Reduced(t, lost) + constant<V>(1), n);
}

// a^b for floats, with the special cases of C's pow.
template <class V>
inline V power(V a, V b) {
  const V size = abs(a), infinity = constant<V>(INFINITY), zero = constant<V>(0);
  const V half = b * constant<V>(0.5);
  const auto negative = a < zero, whole = trunc(b) == b, odd = whole & (trunc(half) != half);
  V value = powerOfPositive(size, b);
  value = select(negative & odd, -value, value);
  value = select(negative & ~whole, constant<V>(NAN), value);
  const auto ordinary = (size > zero) & (size < infinity) & (abs(b) < infinity);
  return any(~ordinary) ? select(ordinary, value, eachPair<::powf, ::pow>(a, b)) : value;
}

}  // namespace
