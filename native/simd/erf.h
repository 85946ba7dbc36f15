// The error function and its complement.
#pragma once
#include "exponential.h"
#include "pieces.h"

namespace {

template <class V>
inline V erf(V x) {
  if constexpr (kIsFloat32<V>) {
    const V size = abs(x);
    const V value = select(size >= constant<V>(3.875), constant<V>(1), oddInPieces(size, kErf));
    return copySign(value, x);
  } else {
    // Near zero by a polynomial of x², beyond by one for the logarithm of 1 − erf |x|: x·p(x) − x (after N.
    // Juffa).
    constexpr double nearCoefficients[] = {
        0x1.0579a08899394p-34, -0x1.386acc14bb471p-30, 0x1.f7a41b6768ef8p-27, -0x1.5f1d38354a7c9p-23,
        0x1.b9def1de3f8ebp-20, -0x1.f4d1df40274b3p-17, 0x1.f9a321a195b9dp-14, -0x1.c02db3d8f264ep-11,
        0x1.565bcd0db0530p-8,  -0x1.b82ce312849afp-6,  0x1.ce2f21a042b21p-4,  -0x1.812746b0379e6p-2,
        0x1.06eba8214db69p-3};
    constexpr double farCoefficients[] = {
        -0x1.c87de9d2581f7p-43, 0x1.609e6901581abp-37,  -0x1.00b31c75725ecp-32, 0x1.d443730ffc468p-29,
        -0x1.2bd4e941c0d3bp-25, 0x1.1df37a8cc1e69p-22,  -0x1.a39af6a0d938dp-20, 0x1.e09412685911dp-18,
        -0x1.abad6f3f670a0p-16, 0x1.1cbd78e3791ddp-14,  -0x1.ebf5636431d8ep-14, 0x1.144f4e180faccp-15,
        0x1.19dceab39ec7bp-11,  -0x1.b2ed1486c52b8p-10, 0x1.8c35c0c443be8p-13,  0x1.398927e100387p-6,
        -0x1.a4f75c3287f58p-4,  -0x1.45f2f8b4503f2p-1,  -0x1.06ebace401c44p-3};
    const V size = lesser(constant<V>(6), abs(x));  // erf(6) rounds to 1
    const V near = mulAdd(polynomial(x * x, nearCoefficients), x, x);
    V n;
    const V logarithm = mulAdd(polynomial(size, farCoefficients), size, -size);
    const V p = expm1Split(logarithm, n), scale = powerOf2(n), one = constant<V>(1);
    const V far = copySign(one - mulAdd(scale, p, scale), x);
    return select(size > one, far, near);
  }
}

// 1 − erf x without its cancellation.
template <class V>
inline V erfc(V x) {
  return eachLane<::erfcf, ::erfc>(x);
}

}  // namespace
