// e^x and what is made of it: 2^x, expm1, tanh, sigmoid.
#pragma once
#include "formula.h"
#include "pieces.h"

namespace {

// e^r − 1 for |r| ≤ ln2 / 2, where low is what r lacks: r + r²·q(r) + low.
template <class V>
inline V expm1Reduced(V r, V low) {
  if constexpr (kIsFloat32<V>) {
    constexpr float q[] = {0x1.a1bc1ep-13f, 0x1.6d9a4cp-10f, 0x1.11107ap-7f,
                           0x1.55547cp-5f,  0x1.555556p-3f,  0.5f};
    return r + mulAdd(polynomial(r, q) * r, r, low);
  } else {
    constexpr double q[] = {0x1.1f9f7f5e33c5ep-29,
                            0x1.af6f66ffdc808p-26,
                            0x1.27e4be1c2c6a8p-22,
                            0x1.71ddee19b86dfp-19,
                            0x1.a01a01b4e36bdp-16,
                            0x1.a01a01b450993p-13,
                            0x1.6c16c16c1337ap-10,
                            0x1.111111110ea36p-7,
                            0x1.555555555555ep-5,
                            0x1.555555555555cp-3,
                            0.5};
    return r + mulAdd(polynomial(r, q) * r, r, low);
  }
}

// e^r − 1, where x = n·ln2 + r.
template <class V>
inline V expm1Split(V x, V& n) {
  n = roundEven(x * constant<V>(1.44269504088896341));
  // The upper part of ln2 has few bits: n times it is exact.
  const V upper = mulAdd(n, constant<V>(-0.693359375f, -6.93147180369123816490e-01), x);
  const V lower = n * constant<V>(-2.12194440e-4f, 1.90821492927058770002e-10);
  const V r = upper - lower;
  return expm1Reduced(r, (upper - r) - lower);
}

// Below these bounds e^x is 0, above them infinite; further out the reduction would not hold.
template <class V>
constexpr double kExpLowest = kIsFloat32<V> ? -104 : -746;
template <class V>
constexpr double kExpHighest = kIsFloat32<V> ? 89 : 710;

// 2^f for |f| ≤ ½, in float32.
template <class V>
inline V exp2Reduced(V f) {
  constexpr float c[] = {0x1.41fb26p-13f, 0x1.5f3f32p-10f, 0x1.3b2d5p-7f,
                         0x1.c6aee6p-5f,  0x1.ebfbdcp-3f,  0x1.62e43p-1f};
  return mulAdd(polynomial(f, c), f, constant<V>(1));
}

// 2^(i/16).
alignas(64) constexpr float kPowers[16] = {0x1p+0f,        0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f,
                                           0x1.306fep+0f,  0x1.3dea64p+0f, 0x1.4bfdaep+0f, 0x1.5ab07ep+0f,
                                           0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f, 0x1.9c4918p+0f,
                                           0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f};

// e^x for x within those bounds.
template <class V>
inline V expWithin(V x) {
  if constexpr (kIsFloat32<V>) {
    const V perLn2 = V::broadcast(0x1.715476p+0f), rest = V::broadcast(0x1.4ae0cp-26f);
    if constexpr (kScaleFloors<V>) {
      // x / ln2 = n − f, where n counts sixteenths: 2^⌊n⌋·2^(i/16)·2^−f; what is looked up spares half of the
      // polynomial.
      constexpr float c[] = {-0x1.c6b08ep-5f, 0x1.ebfbep-3f, -0x1.62e43p-1f};
      const V magic = V::broadcast(0x1.8p19f);  // whose last bits count sixteenths
      const V place = mulAdd(x, perLn2, magic), n = place - magic;
      const V f = mulAdd(x, -rest, mulAddExact(x, -perLn2, n));
      const V power = lookup16(kPowers, place);
      return scaleByPow2(mulAdd(power, polynomial(f, c) * f, power), n);
    } else {
      // By powers of two, 2^n·2^f: shorter than by way of ln2, where the bits of e^x − 1 do not count.
      const V n = roundEven(x * perLn2);
      const V f = mulAdd(x, rest, mulAddExact(x, perLn2, -n));
      return scaleByPow2(exp2Reduced(f), n);
    }
  } else {
    V n;
    const V p = expm1Split(x, n);
    return scaleByPow2(p + constant<V>(1), n);
  }
}

template <class V>
inline V exp2(V x) {
  const V inside = within(x, kIsFloat32<V> ? -151 : -1076, kIsFloat32<V> ? 129 : 1025);
  const V n = roundEven(inside), f = inside - n;
  if constexpr (kIsFloat32<V>) {
    return scaleByPow2(exp2Reduced(f), n);
  } else {
    V low;
    const V t = productExact(f, constant<V>(0x1.62e42fefa39efp-1), low);
    low = mulAdd(f, constant<V>(0x1.abc9e3b39803fp-56), low);
    return scaleByPow2(expm1Reduced(t, low) + constant<V>(1), n);
  }
}

template <class V>
inline V exp(V x) {
  return expWithin(within(x, kExpLowest<V>, kExpHighest<V>));
}

// e^x for x ≤ 0.
template <class V>
inline V expOfNegative(V x) {
  return expWithin(greater(constant<V>(kExpLowest<V>), x));
}

template <class V>
inline V expm1(V x) {
  V n;
  const V p = expm1Split(kIsFloat32<V> ? within(x, -30, 89) : within(x, -50, 710), n);
  // 2^n overflows where 2^n·e^r does not: work with half of it, which denormals would not survive.
  const V half = powerOf2(n - constant<V>(1));
  const V value = mulAdd(half, p, half - constant<V>(0.5));
  return select(abs(x) < constant<V>(0x1p-26f, 0x1p-55), x, value + value);
}

template <class V>
inline V tanh(V x) {
  const V one = constant<V>(1);
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V value = oddInPieces(size, kTanh);
    const auto far = size >= constant<V>(7.75);
    if (any(far)) {
      const V e = expOfNegative(constant<V>(-2) * greater(constant<V>(7.75), size));
      value = select(far, mulAdd(constant<V>(-2), e, one), value);
    }
    return copySign(value, x);
  } else {
    // (e^2x − 1) / (e^2x + 1), where e^2x = 2^n (1 + p), for |x|; from ½ on, as 1 − 2 / (e^2x + 1).
    const V size = lesser(constant<V>(20), abs(x));  // from there on 1
    V n;
    const V p = expm1Split(size + size, n);
    const V scale = powerOf2(n);
    const auto far = size > constant<V>(0.5493061443);
    const V above = select(far, constant<V>(2), mulAdd(scale, p, scale - one));
    const V below = mulAdd(scale, p, scale + one);
    const V quotient = above / below;
    // Near zero what rounding took from quotient and denominator counts; 1 / denominator is (1 − tanh) / 2.
    const V lost = mulAdd(scale, p, (scale + one) - below), half = constant<V>(0.5);
    const V rest = mulAdd(-quotient, lost, mulAddExact(-quotient, below, above));
    const V near = mulAdd(rest, mulAdd(-half, quotient, half), quotient);
    return copySign(select(far, one - quotient, near), x);
  }
}

// Where the pieces of the sigmoid end: beyond, e^2x is nothing beside e^x.
constexpr float kSigmoidEnd = 15.5f;

// σ(x) of float32 for |x| ≥ kSigmoidEnd.
template <class V>
inline V sigmoidFar(V x) {
  const V e = expOfNegative(-greater(V::broadcast(kSigmoidEnd), abs(x))), one = constant<V>(1);
  return select(x < constant<V>(0), mulAdd(-e, e, e), one - e);
}

// 1 / (1 + e^−x), by that of −|x| so that neither side loses its small values.
template <class V>
inline V sigmoid(V x) {
  const V one = constant<V>(1);
  const auto negative = x < constant<V>(0);
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x), lower = inPieces(size, kSigmoid);
    V value = select(negative, lower, one - lower);
    const auto far = size >= V::broadcast(kSigmoidEnd);
    if (any(far)) value = select(far, sigmoidFar(x), value);
    return value;
  } else {
    const V e = expOfNegative(-abs(x));
    V lost;
    const V sum = sumExact(one, e, lost);
    const V value = select(negative, e, one) / sum;
    const V inverse = select(negative, one - value, value);  // 1 / sum
    return mulAdd(value * inverse, -lost, value);
  }
}

// x·σ(x): for float32 by its value at −|x|, to which the larger of x and 0 is what lacks.
template <class V>
inline V silu(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    V value = greater(constant<V>(-0.0), x) + inPieces(size, kSilu);
    const auto far = size >= V::broadcast(kSigmoidEnd);
    if (any(far)) value = select(far, x * sigmoidFar(x), value);
    return value;
  } else {
    return x * sigmoid(x);
  }
}

}  // namespace
