// The inverses of the trigonometric functions: asin, acos, atan, and atan2 of two coordinates.
#pragma once
#include "formula.h"

namespace {

template <class V>
inline V halfPi() {
  return constant<V>(0x1.921fb6p+0f, 0x1.921fb54442d18p+0);
}
// What it lacks.
template <class V>
inline V halfPiLow() {
  return constant<V>(-0x1.777a5cp-25f, 0x1.1a62633145c07p-54);
}

// (asin x − x) / x by z = x², for |x| ≤ ½. Cephes, asinf; fdlibm, e_asin.c.
template <class V>
inline V asinTail(V z) {
  if constexpr (kIsFloat32<V>) {
    constexpr float c[] = {4.2163199048e-2f, 2.4181311049e-2f, 4.5470025998e-2f, 7.4953002686e-2f,
                           1.6666752422e-1f};
    return polynomial(z, c) * z;
  } else {
    constexpr double p[] = {3.47933107596021167570e-05,  7.91534994289814532176e-04,
                            -4.00555345006794114027e-02, 2.01212532134862925881e-01,
                            -3.25565818622400915405e-01, 1.66666666666666657415e-01};
    constexpr double q[] = {7.70381505559019352791e-02, -6.88283971605453293030e-01,
                            2.02094576023350569471e+00, -2.40339491173441421878e+00, 1.0};
    return polynomial(z, p) * z / polynomial(z, q);
  }
}

// asin √z for z = (1 − |x|) / 2 in [0, ¼], as a sum s + low: half of acos |x|.
template <class V>
inline V halfAcos(V size, V& low) {
  const V z = mulAdd(constant<V>(-0.5), size, constant<V>(0.5));
  const V s = sqrt(z);
  // What rounding took from the root; where that is 0, so is this.
  const V lost = mulAddExact(-s, s, z) / maximum(s + s, constant<V>(0x1p-100));
  low = mulAdd(s, asinTail(z), lost);
  return s;
}

template <class V>
inline V asin(V x) {
  const V size = abs(x), two = constant<V>(2);
  V low;
  const V s = halfAcos(size, low);
  const V far = halfPi<V>() - mulAdd(two, s + low, -halfPiLow<V>());
  const V near = mulAdd(asinTail(x * x), x, x);
  return select(size > constant<V>(0.5), copySign(far, x), near);
}

template <class V>
inline V acos(V x) {
  const V two = constant<V>(2);
  V low;
  const V s = halfAcos(abs(x), low);
  const V right = two * (s + low), left = two * (halfPi<V>() - (s + (low - halfPiLow<V>())));
  const V near = halfPi<V>() - (x - (halfPiLow<V>() - asinTail(x * x) * x));
  return select(abs(x) > constant<V>(0.5), select(x > constant<V>(0), right, left), near);
}

// By atan x = π/4 + atan((x − 1) / (x + 1)) and π/2 − atan(1 / x). Coefficients: Cephes, atanf and atan.
template <class V>
inline V atan(V x) {
  const V size = abs(x), one = constant<V>(1), zero = constant<V>(0), half = constant<V>(0.5);
  const auto far = size > constant<V>(2.414213562373095),
             middle = size > constant<V>(kIsFloat32<V> ? 0.4142135624 : 0.66);
  const V above = select(far, -one, select(middle, size - one, size));
  const V below = select(far, size, select(middle, size + one, one));
  const V t = above / below, z = t * t;
  V tail;
  if constexpr (kIsFloat32<V>) {
    constexpr float c[] = {8.05374449538e-2f, -1.38776856032e-1f, 1.99777106478e-1f, -3.33329491539e-1f};
    tail = polynomial(z, c) * z;
  } else {
    constexpr double p[] = {-8.750608600031904122785e-1, -1.615753718733365076637e1,
                            -7.500855792314704667340e1, -1.228866684490136173410e2,
                            -6.485021904942025371773e1};
    constexpr double q[] = {1.0,
                            2.485846490142306297962e1,
                            1.650270098316988542046e2,
                            4.328810604912902668951e2,
                            4.853903996359136964868e2,
                            1.945506571482613964425e2};
    tail = z * polynomial(z, p) / polynomial(z, q);
  }
  const V turns = select(far, one, select(middle, half, zero));  // of π/2
  const V part = mulAdd(tail, t, mulAdd(turns, halfPiLow<V>(), t));
  return copySign(mulAdd(turns, halfPi<V>(), part), x);
}

// The angle of the point (x, y), with the special cases of C's atan2.
template <class V>
inline V atan2(V y, V x) {
  const V high = abs(y), wide = abs(x), one = constant<V>(1), zero = constant<V>(0);
  const V most = maximum(high, wide), least = minimum(high, wide);
  const V ratio = select(most == zero, zero, select(least == constant<V>(INFINITY), one, least / most));
  V angle = atan(ratio);
  angle = select(high > wide, halfPi<V>() - (angle - halfPiLow<V>()), angle);
  const auto left = copySign(one, x) < zero;
  angle = select(left, constant<V>(2) * halfPi<V>() - (angle - constant<V>(2) * halfPiLow<V>()), angle);
  return copySign(angle, y);
}

}  // namespace
