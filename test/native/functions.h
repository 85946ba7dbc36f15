// The elementary functions with their references and the largest errors allowed, in units of the last place.
#pragma once
#include <math.h>
#include <string.h>

#include "core/dtype.h"
#include "kernels/isa.h"
#include "kernels/table.h"

namespace check {

struct Function {
  const char* name;
  quern::Kernel kernel;
  double (*reference)(double);
  long double (*exact)(long double);
  double ulps32, ulps64;
  double smallest =
      0;  // in float64, of arguments below 0: results nearer to zero count in units of its last place
};

inline double sigmoidOf(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
inline long double sigmoidOf(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
inline double softplusOf(double x) { return x > 20 ? x : log1p(exp(x)); }
inline long double softplusOf(long double x) { return x > 20 ? x : log1pl(expl(x)); }
inline double rsqrtOf(double x) { return 1 / sqrt(x); }
inline long double rsqrtOf(long double x) { return 1 / sqrtl(x); }

constexpr Function kFunctions[] = {
    {"exp", quern::Kernel::k_exp, exp, expl, 1.25, 1},
    {"log", quern::Kernel::k_log, log, logl, 1, 1},
    {"tanh", quern::Kernel::k_tanh, tanh, tanhl, 2, 2},
    {"sigmoid", quern::Kernel::k_sigmoid, sigmoidOf, sigmoidOf, 2, 2},
    {"erf", quern::Kernel::k_erf, erf, erfl, 1.5, 1.5},
    {"sin", quern::Kernel::k_sin, sin, sinl, 1, 1},
    {"cos", quern::Kernel::k_cos, cos, cosl, 1, 1},
    {"tan", quern::Kernel::k_tan, tan, tanl, 2.6, 2.5},
    {"expm1", quern::Kernel::k_expm1, expm1, expm1l, 2, 2},
    {"log1p", quern::Kernel::k_log1p, log1p, log1pl, 1.5, 1.5},
    {"log2", quern::Kernel::k_log2, log2, log2l, 1.25, 1},
    {"log10", quern::Kernel::k_log10, log10, log10l, 1.1, 1},
    {"softplus", quern::Kernel::k_softplus, softplusOf, softplusOf, 2.5, 2},
    {"exp2", quern::Kernel::k_exp2, exp2, exp2l, 1.25, 1},
    {"asin", quern::Kernel::k_asin, asin, asinl, 2, 2},
    {"acos", quern::Kernel::k_acos, acos, acosl, 2, 2},
    {"atan", quern::Kernel::k_atan, atan, atanl, 2.5, 2},
    {"sinh", quern::Kernel::k_sinh, sinh, sinhl, 3.5, 3.5},
    {"cosh", quern::Kernel::k_cosh, cosh, coshl, 3.5, 3.5},
    {"asinh", quern::Kernel::k_asinh, asinh, asinhl, 3, 3},
    {"acosh", quern::Kernel::k_acosh, acosh, acoshl, 3, 3},
    {"atanh", quern::Kernel::k_atanh, atanh, atanhl, 3, 3},
    {"erfc", quern::Kernel::k_erfc, erfc, erfcl, 4, 4},
    // Beside its zeros, between −18 and 0, it is the difference of two numbers of up to ln(17!) = 33.5.
    {"lgamma", quern::Kernel::k_lgamma, lgamma, lgammal, 1, 32, 1},
    {"sqrt", quern::Kernel::k_sqrt, sqrt, sqrtl, 0.5, 0.5001},
    {"rsqrt", quern::Kernel::k_rsqrt, rsqrtOf, rsqrtOf, 1.5, 1.5},
    {"floor", quern::Kernel::k_floor, floor, floorl, 0, 0},
    {"ceil", quern::Kernel::k_ceil, ceil, ceill, 0, 0},
    {"round", quern::Kernel::k_round, rint, rintl, 0, 0},
    {"trunc", quern::Kernel::k_trunc, trunc, truncl, 0, 0},
};

// Without a fused multiply-add, as the scalar kernels of some processors are, formulas round more often.
constexpr double kUnfused = 1.3;
inline double boundOn(quern::Isa isa, double bound) {
  return isa == quern::Isa::kScalar ? bound * kUnfused : bound;
}

// Distance from `expected` in units of float32's last place there; NaN equals NaN.
inline double ulps(float got, double expected) {
  if (isnan(expected) || isnan(got)) return isnan(expected) && isnan(got) ? 0 : HUGE_VAL;
  const float rounded = static_cast<float>(expected);
  if (isinf(got) || isinf(rounded)) return got == rounded ? 0 : HUGE_VAL;
  const double size = fmax(0x1p-126, fabs(expected));
  uint64_t bits;
  memcpy(&bits, &size, sizeof bits);
  bits = (uint64_t{2046 + 23} << 52) - (bits & 0x7ff0000000000000u);  // 2^(23 − exponent)
  double perUlp;
  memcpy(&perUlp, &bits, sizeof perUlp);
  return fabs(static_cast<double>(got) - expected) * perUlp;
}

// The same in units of float64's last place, there or at `smallest`.
inline double ulps(double got, long double expected, double smallest = 0) {
  if (isnan(expected) || isnan(got)) return isnan(expected) && isnan(got) ? 0 : HUGE_VAL;
  const double rounded = static_cast<double>(expected);
  if (isinf(got) || isinf(rounded)) return got == rounded ? 0 : HUGE_VAL;
  int exponent;
  frexpl(fmaxl(fmax(0x1p-1022, smallest), fabsl(expected)), &exponent);
  return static_cast<double>(ldexpl(fabsl(static_cast<long double>(got) - expected), 53 - exponent));
}

// Whether a result of zero has the sign that is expected.
template <class T, class R>
inline bool sameZero(T got, R expected) {
  return static_cast<T>(expected) != 0 || got != 0 || signbit(got) == signbit(expected);
}

// How far off a function's result at x is.
inline double errorOf(const Function&, float, float got, double expected) {
  return sameZero(got, expected) ? ulps(got, expected) : HUGE_VAL;
}
inline double errorOf(const Function& f, double x, double got, long double expected) {
  return sameZero(got, expected) ? ulps(got, expected, x < 0 ? f.smallest : 0) : HUGE_VAL;
}

// Well mixed bits for each index.
inline uint64_t mixedBits(uint64_t index) {
  uint64_t x = index * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

// Sample `index` of float64: any bits at all, or, for odd indices, what these functions are mostly used on.
inline double sampleOf(uint64_t index) {
  const uint64_t bits = mixedBits(index);
  if (index % 2 == 0) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
  }
  constexpr double kSpans[] = {1, 4, 40, 800};
  return (static_cast<double>(bits >> 11) * 0x1p-52 - 1) * kSpans[index / 2 % 4];
}

}  // namespace check
