// Philox4x32-10 and what is drawn from its words: the recipe that both backends follow to the bit.
//
// lib/backend/typescript/philox.ts mirrors this file. Everything is integer arithmetic modulo 2^32, or
// doubles with
// + − × ÷ √ in exactly the written order (each operation rounded once: compile with -ffp-contract=off), so
// that any machine and any language gives the same bits. Constants are written as quotients of integers
// below 2^53, or with 17 digits; both name one double.
//
// Philox: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

namespace quern {

struct PhiloxKey {
  uint32_t lo, hi;  // the seed's two halves
};

struct PhiloxWords {
  uint32_t w[4];
};

// The four words of one block. The counter is (block's low half, block's high half, attempt, 0): each block
// begins a stream of its own, by attempts, for samplers that reject.
static inline PhiloxWords philox(PhiloxKey key, uint64_t block, uint32_t attempt = 0) {
  uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32), c2 = attempt, c3 = 0;
  uint32_t k0 = key.lo, k1 = key.hi;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = static_cast<uint64_t>(c0) * 0xD2511F53u;
    const uint64_t p1 = static_cast<uint64_t>(c2) * 0xCD9E8D57u;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;  // the key changes between rounds; after the last one it is not used again
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// In [0, 1), a multiple of 2^-24: exact in float32 and in double.
static inline double uniform24(uint32_t word) { return static_cast<double>(word >> 8) * (1.0 / 16777216.0); }

// In [0, 1), a multiple of 2^-53: ((a >>> 5) · 2^26 + (b >>> 6)) · 2^-53, all exact.
static inline double uniform53(uint32_t a, uint32_t b) {
  const double high = static_cast<double>(a >> 5) * 67108864.0;
  return (high + static_cast<double>(b >> 6)) * (1.0 / 9007199254740992.0);
}

// floor(word · span / 2^32) for span in [1, 2^32]: the high half of a 64-bit product.
static inline uint32_t below(uint32_t word, uint64_t span) {
  return static_cast<uint32_t>((static_cast<uint64_t>(word) * span) >> 32);
}

// The natural logarithm of a positive normal double; within 1 ulp on (0, 1).
static inline double philoxLog(double u) {
  // u = m · 2^e, exactly, with m in [√½, √2): the mantissa in [1, 2) is halved if it reaches √2.
  uint64_t bits;
  memcpy(&bits, &u, sizeof bits);
  double e = static_cast<double>(static_cast<int>(bits >> 52) - 1023);
  bits = (bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof m);
  const bool halve = m >= 1.4142135623730951;
  m = halve ? m * 0.5 : m;
  e = halve ? e + 1.0 : e;
  // ln m = 2 artanh s = 2s (1 + s²/3 + s⁴/5 + … + s²⁰/21), with s = (m − 1) / (m + 1), |s| < 0.1716.
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  const double s2 = s + s;
  // ln 2 in two parts (fdlibm's): the high one, 0x3FE62E42FEE00000, has 32 low zero bits, so e times it is
  // exact.
  const double low = e * 1.9082149292705877e-10 + s2 * (z * p);
  return e * 6.9314718036912382e-01 + (s2 + low);
}

// 2^n for n in [-1022, 1023].
static inline double philoxPower(int n) {
  const uint64_t bits = static_cast<uint64_t>(n + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return power;
}

// e^x; within 1 ulp where the result is normal.
static inline double philoxExp(double x) {
  if (x > 709.78271289338397) return HUGE_VAL;
  if (x < -745.13321910194122) return 0.0;
  // x = n ln 2 + r with |r| ≤ ln 2 / 2, and n times the high part of ln 2 is exact.
  const double n = floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - n * 6.9314718036912382e-01) - n * 1.9082149292705877e-10;
  // 1 + r + r²/2! + … + r¹³/13!
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  // In two steps, for neither power alone reaches the ends of the range.
  const int half = static_cast<int>(floor(n * 0.5));
  return (p * philoxPower(half)) * philoxPower(static_cast<int>(n) - half);
}

struct SinCos {
  double sin, cos;
};

// sin and cos of 2πu for u in [0, 1), a multiple of 2^-32.
static inline SinCos sinCosTurns(double u) {
  // u = q/4 + r, exactly, with |r| ≤ 1/8 and q in 0 … 4; then x = 2πr with |x| ≤ π/4.
  const double q = floor(u * 4.0 + 0.5);
  const double x = (u - q * 0.25) * 6.2831853071795862;
  const double y = x * x;
  // sin x = x − x³/3! + … + x¹⁷/17!
  double p = 1.0 / 355687428096000.0;
  p = p * y + -1.0 / 1307674368000.0;
  p = p * y + 1.0 / 6227020800.0;
  p = p * y + -1.0 / 39916800.0;
  p = p * y + 1.0 / 362880.0;
  p = p * y + -1.0 / 5040.0;
  p = p * y + 1.0 / 120.0;
  p = p * y + -1.0 / 6.0;
  const double s = x + x * (y * p);
  // cos x = 1 − x²/2 + x⁴/4! − … + x¹⁶/16!
  double t = 1.0 / 20922789888000.0;
  t = t * y + -1.0 / 87178291200.0;
  t = t * y + 1.0 / 479001600.0;
  t = t * y + -1.0 / 3628800.0;
  t = t * y + 1.0 / 40320.0;
  t = t * y + -1.0 / 720.0;
  t = t * y + 1.0 / 24.0;
  const double c = (1.0 - y * 0.5) + (y * y) * t;
  // Rotate by q quarter turns; q = 4 is a whole one: (sin, cos) is (s, c), (c, −s), (−s, −c), (−c, s).
  // Without branches, which random turns would mispredict.
  const int quarter = static_cast<int>(q) & 3;
  const double sine = (quarter & 1) != 0 ? c : s, cosine = (quarter & 1) != 0 ? s : c;
  return {quarter >= 2 ? -sine : sine, quarter == 1 || quarter == 2 ? -cosine : cosine};
}

// In (0, 1): the midpoint of the word's interval, so that logarithms are finite.
static inline double openUniform(uint32_t word) {
  return (static_cast<double>(word) + 0.5) * (1.0 / 4294967296.0);
}

struct NormalPair {
  double even, odd;
};

// Two independent standard normal values from two words (Box and Muller).
static inline NormalPair normalPair(uint32_t a, uint32_t b) {
  const double u1 = openUniform(a);
  const double u2 = static_cast<double>(b) * (1.0 / 4294967296.0);
  const double r = sqrt(-2.0 * philoxLog(u1));
  const SinCos turn = sinCosTurns(u2);
  return {r * turn.cos, r * turn.sin};
}

// Which words element i of a draw uses, of block offset + (i >> shift):
//   uniform in float32, dropout, bernoulli, randint: shift 2, word i & 3
//   uniform in float64:                              shift 1, words (2i) & 3 and that + 1
//   exponential, cauchy, geometric:                  shift 2, word i & 3
//   normal, logNormal:                               shift 2, words 2p and 2p + 1 with p = (i & 3) >> 1; even
//   or
//                                                    odd of the pair by i & 1
//   standardGamma, poisson:                          shift 0, all words of attempt 0, 1, … (rejection.h)
// Values, computed in double and rounded once to the dtype:
//   uniform    v = round(low + u · (high − low)), and round(low) where v ≥ high
//   normal     n · std + mean
//   randint    low + below(word, high − low)
//   with v the open uniform of the word:
//   exponential  −ln v / rate
//   cauchy     median + sigma · (−cos πv / sin πv)
//   geometric  max(1, ceil(ln v / ln(1 − p)))
//   logNormal  exp(n · std + mean)
//   bernoulli  u < p ? 1 : 0, u the 24-bit form in both dtypes
//   dropout    u < p ? 0 : x · scale, in the dtype, with scale = round(1 / (1 − p)); the 24-bit form in both
//   dtypes

}  // namespace quern
