// Division to whole numbers and what it leaves: fmod, the remainder with the divisor's sign, floor division.
#pragma once
#include "formula.h"

namespace {

// Quotients below it have a unit's place, so that truncating them errs by one at most, and upward alone.
template <class V>
constexpr double kSmallQuotient = kIsFloat32<V> ? 0x1p22 : 0x1p51;

// Whether one is above 0 and the other below.
template <class V>
inline typename V::Mask opposed(V a, V b) {
  const V zero = constant<V>(0);
  return ((a > zero) & (b < zero)) | ((a < zero) & (b > zero));
}

// C's fmod: exact. Large quotients, rare as they are, go through the C library.
template <class V>
inline V fmod(V a, V b) {
  const V size = abs(b), infinity = constant<V>(INFINITY);
  const V quotient = trunc(a / b);
  const V rest = mulAddExact(-quotient, b, a);
  // A quotient that was rounded up to a whole number leaves a rest of the other sign.
  const V value = copySign(select(opposed(rest, a), rest + copySign(size, a), rest), a);
  const auto ordinary = (abs(quotient) < constant<V>(kSmallQuotient<V>)) & (size < infinity);
  return any(~ordinary) ? select(ordinary, value, eachPair<::fmodf, ::fmod>(a, b)) : value;
}

// Python's %: of the divisor's sign.
template <class V>
inline V remainder(V a, V b) {
  const V rest = fmod(a, b);
  return select(opposed(rest, b), rest + b, rest);
}

template <class V>
inline V divTrunc(V a, V b) {
  return trunc(a / b);
}

// Python's //, from the remainder: the floor of a rounded quotient may be one too large.
template <class V>
inline V divFloor(V a, V b) {
  const V zero = constant<V>(0), one = constant<V>(1);
  const V rest = fmod(a, b), exact = (a - rest) / b;
  const V quotient = select(opposed(rest, b), exact - one, exact), below = floor(quotient);
  const V whole = select(quotient - below > constant<V>(0.5), below + one, below);
  const V value = select(quotient == zero, copySign(zero, a / b), whole);
  return select(b == zero, a / b, value);
}

// Of integers; nothing divided by 0 is anything but 0 here, for drivers refuse it and nothing may trap.
inline Lane<int32_t> divTrunc(Lane<int32_t> a, Lane<int32_t> b) {
  return b.v == 0 ? Lane<int32_t>{0} : b.v == -1 ? -a : Lane<int32_t>{a.v / b.v};
}
inline Lane<int32_t> fmod(Lane<int32_t> a, Lane<int32_t> b) {
  return {b.v == 0 || b.v == -1 ? 0 : a.v % b.v};
}
inline Lane<int32_t> remainder(Lane<int32_t> a, Lane<int32_t> b) {
  const Lane<int32_t> rest = fmod(a, b);
  return {rest.v != 0 && (rest.v < 0) != (b.v < 0) ? rest.v + b.v : rest.v};
}
inline Lane<int32_t> divFloor(Lane<int32_t> a, Lane<int32_t> b) {
  const bool down = fmod(a, b).v != 0 && (a.v < 0) != (b.v < 0);
  return divTrunc(a, b) - Lane<int32_t>{down};
}

}  // namespace
