// Samplers that reject, each element on a stream of its own: the recipe that both backends follow to the bit.
//
// lib/backend/typescript/rejection.ts mirrors this file; what philox.h says of arithmetic holds here too.
// Attempt n of the element whose block is b reads the words of the counter (b, n).
#pragma once
#include "philox.h"

namespace quern {

// From the gamma distribution of a shape above 0 and scale 1. G. Marsaglia, W. W. Tsang, "A simple method for
// generating gamma variables", ACM TOMS 26 (2000); below shape 1 with their factor u^(1/shape).
static inline double standardGamma(PhiloxKey key, uint64_t block, double shape) {
  const bool below1 = shape < 1.0;
  const double d = (below1 ? shape + 1.0 : shape) - 1.0 / 3.0;
  const double c = 1.0 / sqrt(9.0 * d);
  for (uint32_t attempt = 0;; ++attempt) {
    const PhiloxWords words = philox(key, block, attempt);
    const double x = normalPair(words.w[0], words.w[1]).even;
    const double t = 1.0 + c * x;
    if (t <= 0.0) continue;
    const double v = (t * t) * t;
    const double u = openUniform(words.w[2]);
    const double y = x * x;
    if (!(u < 1.0 - 0.0331 * (y * y)) && !(philoxLog(u) < 0.5 * y + d * ((1.0 - v) + philoxLog(v)))) continue;
    const double value = d * v;
    return below1 ? philoxExp(philoxLog(value) + philoxLog(openUniform(words.w[3])) / shape) : value;
  }
}

// ln k! for a whole k from 0: a table, then Stirling's series.
static inline double logFactorial(double k) {
  static const double kTable[10] = {0.0,
                                    0.0,
                                    0.69314718055994531,
                                    1.7917594692280550,
                                    3.1780538303479456,
                                    4.7874917427820460,
                                    6.5792512120101010,
                                    8.5251613610654143,
                                    10.604602902745250,
                                    12.801827480081469};
  if (k < 10.0) return kTable[static_cast<int>(k)];
  const double x = k + 1.0;
  const double z = 1.0 / (x * x);
  const double tail = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - z * (1.0 / 1680.0)) * z) * z) / x;
  return (((x - 0.5) * philoxLog(x) - x) + 0.91893853320467274) + tail;
}

// From the Poisson distribution of a rate from 0. Below 10 by the waiting times that fit into one unit; above
// by transformed rejection (PTRS): W. Hörmann, "The transformed rejection method for generating Poisson
// random variables", Insurance: Mathematics and Economics 12 (1993).
static inline double poisson(PhiloxKey key, uint64_t block, double rate) {
  if (rate < 10.0) {
    double waited = 0.0, count = 0.0;
    for (uint32_t attempt = 0;; ++attempt) {
      const PhiloxWords words = philox(key, block, attempt);
      for (int i = 0; i < 4; ++i) {
        waited = waited - philoxLog(openUniform(words.w[i]));
        if (waited >= rate) return count;
        count = count + 1.0;
      }
    }
  }
  const double b = 0.931 + 2.53 * sqrt(rate);
  const double a = 0.02483 * b - 0.059;
  const double logRate = philoxLog(rate);
  const double logInverse = philoxLog(1.1239 + 1.1328 / (b - 3.4));
  const double limit = 0.9277 - 3.6224 / (b - 2.0);
  for (uint32_t attempt = 0;; ++attempt) {
    const PhiloxWords words = philox(key, block, attempt);
    const double u = uniform53(words.w[0], words.w[1]) - 0.5;
    const double v = uniform53(words.w[2], words.w[3]) + 5.5511151231257827e-17;  // 2^-54: never 0
    const double s = 0.5 - fabs(u);
    const double k = floor(((2.0 * a) / s + b) * u + rate + 0.43);
    if (s >= 0.07 && v <= limit) return k;
    if (!(k >= 0.0) || (s < 0.013 && v > s)) continue;
    const double left = (philoxLog(v) + logInverse) - philoxLog(a / (s * s) + b);
    if (left <= (k * logRate - rate) - logFactorial(k)) return k;
  }
}

}  // namespace quern
