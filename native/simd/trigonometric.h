// sin, cos and tan, by quadrants of π/2.
#pragma once
#include "formula.h"

namespace {

// Beyond these bounds a product of n and a part of π/2 may need more bits than there are: such lanes, rare as
// they are, go through the C library, which reduces exactly.
template <class V>
constexpr double kTrigonometricBound = kIsFloat32<V> ? 0x1p15 : 0x1p24;

// x = n·π/2 + r + low, |r| ≤ π/4. The first difference is exact by its cancellation; the second may cancel
// too, so that it needs all of what rounding takes.
template <class V>
inline V quadrantSplit(V x, V& r, V& low) {
  const V n = roundEven(x * constant<V>(0.636619772367581343));
  const V upper = mulAddExact(n, constant<V>(-0x1.921fb6p+0f, -0x1.921fb54442d18p+0), x);
  V lost;
  const V middle = productExact(n, constant<V>(0x1.777a5cp-25f, -0x1.1a62633145c07p-54), lost);
  r = upper + middle;
  const V taken = r - upper;
  low = (upper - (r - taken)) + (middle - taken);
  low = low + mulAdd(n, constant<V>(0x1.ee59dap-50f, 0x1.f1976b7ed8fbcp-110), lost);
  return n;
}

// sin and cos of r + low. Coefficients: Cephes, sinf; fdlibm, k_sin.c and k_cos.c.
template <class V>
inline void sinCosReduced(V r, V low, V& sine, V& cosine) {
  const V square = r * r, one = constant<V>(1), half = constant<V>(0.5) * square;
  V s, c;
  if constexpr (kIsFloat32<V>) {
    constexpr float sines[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
    constexpr float cosines[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
    s = polynomial(square, sines);
    c = polynomial(square, cosines);
  } else {
    constexpr double sines[] = {1.58969099521155010221e-10, -2.50507602534068634195e-08,
                                2.75573137070700676789e-06, -1.98412698298579493134e-04,
                                8.33333333332248946124e-03, -1.66666666666666324348e-01};
    constexpr double cosines[] = {-1.13596475577881948265e-11, 2.08757232129817482790e-09,
                                  -2.75573143513906633035e-07, 2.48015872894767294178e-05,
                                  -1.38888888888741095749e-03, 4.16666666666666019037e-02};
    s = polynomial(square, sines);
    c = polynomial(square, cosines);
  }
  sine = r + mulAdd(s * square, r, low);
  const V most = one - half;
  cosine = most + (((one - most) - half) + mulAdd(c * square, square, -(r * low)));
}

// n modulo 4 for whole n of either sign, as 0, 1, 2 or 3.
template <class V>
inline V quadrant(V n) {
  return n - constant<V>(4) * floor(n * constant<V>(0.25));
}

// `value`, with the C library's in the lanes of a large, infinite or missing x.
template <float (*forFloat)(float), double (*forDouble)(double), class V>
inline V trigonometricEdges(V x, V value) {
  const auto large = ~(abs(x) <= constant<V>(kTrigonometricBound<V>));
  return any(large) ? select(large, eachLane<forFloat, forDouble>(x), value) : value;
}

template <class V>
inline V sin(V x) {
  V r, low, sine, cosine;
  const V q = quadrant(quadrantSplit(x, r, low));
  sinCosReduced(r, low, sine, cosine);
  const auto odd = (q == constant<V>(1)) | (q == constant<V>(3));
  const V value = select(odd, cosine, sine);
  const V result = select(x == constant<V>(0), x, select(q >= constant<V>(2), -value, value));
  return trigonometricEdges<::sinf, ::sin>(x, result);
}

template <class V>
inline V cos(V x) {
  V r, low, sine, cosine;
  const V q = quadrant(quadrantSplit(x, r, low));
  sinCosReduced(r, low, sine, cosine);
  const auto odd = (q == constant<V>(1)) | (q == constant<V>(3));
  const V value = select(odd, sine, cosine);
  const V result = select((q == constant<V>(1)) | (q == constant<V>(2)), -value, value);
  return trigonometricEdges<::cosf, ::cos>(x, result);
}

template <class V>
inline V tan(V x) {
  V r, low, sine, cosine;
  const V q = quadrant(quadrantSplit(x, r, low));
  sinCosReduced(r, low, sine, cosine);
  const auto odd = (q == constant<V>(1)) | (q == constant<V>(3));
  const V value = select(odd, -cosine, sine) / select(odd, sine, cosine);
  return trigonometricEdges<::tanf, ::tan>(x, select(x == constant<V>(0), x, value));
}

}  // namespace
