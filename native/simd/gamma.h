// The logarithm of the gamma function and its derivatives, one number after the other, in doubles.
#pragma once
#include "formula.h"

namespace {

constexpr double kPi = 3.14159265358979323846;

template <int count>
inline double horner(double x, const double (&c)[count]) {
  double sum = c[0];
  for (int i = 1; i < count; i++) sum = sum * x + c[i];
  return sum;
}

// ln Γ(2 − y) for y in [0, 0.27]. These and the next: fdlibm, e_lgamma_r.c.
inline double lgammaBelow2(double y) {
  constexpr double c[] = {4.48640949618915160150e-05, 2.52144565451257326939e-05, 1.08011567247583939954e-04,
                          2.20862790713908385557e-04, 5.10069792153511336608e-04, 1.19270763183362067845e-03,
                          2.89051383673415629091e-03, 7.38555086081402883957e-03, 2.05808084325167332806e-02,
                          6.73523010531292681824e-02, 3.22467033424113591611e-01, 7.72156649015328655494e-02};
  return y * horner(y, c) - 0.5 * y;
}

// ln Γ around its minimum, at kLowest + y for y in [−0.24, 0.27].
constexpr double kLowest = 1.46163214496836224576e+00;
inline double lgammaLowest(double y) {
  constexpr double c[] = {
      3.35529192635519073543e-04,  -3.12754168375120860518e-04, 3.15632070903625950361e-04,
      -5.38595305356740546715e-04, 8.81081882437654011382e-04,  -1.40346469989232843813e-03,
      2.25964780900612472250e-03,  -3.68452016781138256760e-03, 6.10053870246291332635e-03,
      -1.03142241298341437450e-02, 1.79706750811820387126e-02,  -3.27885410759859649565e-02,
      6.46249402391333854778e-02,  -1.47587722994593911752e-01, 4.83836122723810047042e-01};
  return -1.21486290535849611461e-01 + (y * y * horner(y, c) + 3.63867699703950536541e-18);
}

// ln Γ(1 + y) for y in [0, 0.24].
inline double lgammaAbove1(double y) {
  constexpr double u[] = {1.33810918536787660377e-02, 2.28963728064692451092e-01,
                          9.77717527963372745603e-01, 1.45492250137234768737e+00,
                          6.32827064025093366517e-01, -7.72156649015328655494e-02};
  constexpr double v[] = {3.21709242282423911810e-03, 1.04222645593369134254e-01, 7.69285150456672783825e-01,
                          2.12848976379893395361e+00, 2.45597793713041134822e+00, 1.0};
  return y * horner(y, u) / horner(y, v) - 0.5 * y;
}

// ln Γ(2 + y) for y in [0, 1).
inline double lgammaAbove2(double y) {
  constexpr double s[] = {3.19475326584100867617e-05, 1.84028451407337715652e-03, 2.66422703033638609560e-02,
                          1.46350472652464452805e-01, 3.25778796408930981787e-01, 2.14982415960608852501e-01,
                          -7.72156649015328655494e-02};
  constexpr double r[] = {7.32668430744625636189e-06,
                          7.77942496381893596434e-04,
                          1.86459191715652901344e-02,
                          1.71933865632803078993e-01,
                          7.21935547567138069525e-01,
                          1.39200533467621045958e+00,
                          1.0};
  return 0.5 * y + y * horner(y, s) / horner(y, r);
}

// ln Γ(x) for x ≥ 8, after Stirling.
inline double lgammaStirling(double x) {
  constexpr double w[] = {-1.63092934096575273989e-03, 8.36339918996282139126e-04,
                          -5.95187557450339963135e-04, 7.93650558643019558500e-04,
                          -2.77777777728775536470e-03, 8.33333333333329678849e-02};
  if (x >= 0x1p58) return x * (::log(x) - 1);
  const double z = 1 / x;
  return (x - 0.5) * (::log(x) - 1) + (4.18938533204672725052e-01 + z * horner(z * z, w));
}

inline double lgammaOfPositive(double x) {
  if (x == 1) return 0;
  if (x < 0x1p-70) return -::log(x);
  if (x <= 0.9) {
    const double below = -::log(x);
    if (x >= 0.7316) return below + lgammaBelow2(1 - x);
    return below + (x >= 0.23164 ? lgammaLowest(x - (kLowest - 1)) : lgammaAbove1(x));
  }
  if (x < 2) {
    if (x >= 1.7316) return lgammaBelow2(2 - x);
    return x >= 1.23164 ? lgammaLowest(x - kLowest) : lgammaAbove1(x - 1);
  }
  if (x >= 8) return lgammaStirling(x);
  const double whole = ::floor(x), y = x - whole;
  double product = 1;
  for (double k = 2; k < whole; k++) product *= y + k;
  return lgammaAbove2(y) + (product > 1 ? ::log(product) : 0);
}

// |sin πx|, by the distance from the nearest whole number.
inline double sinPi(double x) { return ::fabs(::sin(kPi * (x - ::rint(x)))); }

inline double lgammaOf(double x) {
  if (!(x == x) || ::fabs(x) == INFINITY) return x * x;
  if (x > 0) return lgammaOfPositive(x);
  if (x == ::floor(x)) return INFINITY;
  if (x > -0x1p-70) return -::log(-x);
  return ::log(kPi / (sinPi(x) * -x)) - lgammaOfPositive(-x);
}

// Γ′ / Γ, by the recurrence up to 10 and an asymptotic series; below 0 by reflection. Cephes, psi.
inline double digammaOf(double x) {
  constexpr double c[] = {8.33333333333333333333e-2,  -2.10927960927960927961e-2, 7.57575757575757575758e-3,
                          -4.16666666666666666667e-3, 3.96825396825396825397e-3,  -8.33333333333333333333e-3,
                          8.33333333333333333333e-2};
  if (x == 0) return ::copysign(INFINITY, -x);
  if (x < 0 && x == ::floor(x)) return NAN;
  double sum = 0;
  if (x < 0) {
    sum = -kPi / ::tan(kPi * (x - ::rint(x)));
    x = 1 - x;
  }
  for (; x < 10; x++) sum -= 1 / x;
  const double z = 1 / (x * x);
  return sum + (::log(x) - 0.5 / x - z * horner(z, c));
}

// The largest order of polygamma: room for a polynomial of it.
constexpr int kMostOrder = 32;

// n! ζ(n + 1, x) for x > 0: terms up to where the series of Euler and Maclaurin holds.
inline double zetaTimesFactorial(int n, double x) {
  // (2j)! / B_2j for j = 1, 2, ...
  constexpr double c[] = {12.0,
                          -720.0,
                          30240.0,
                          -1209600.0,
                          47900160.0,
                          -1.8924375803183791606e9,
                          7.47242496e10,
                          -2.950130727918164224e12,
                          1.1646782814350067249e14,
                          -4.5979787224074726105e15};
  const double s = n + 1;
  double factorial = 1, sum = 0;
  for (int k = 2; k <= n; k++) factorial *= k;
  for (; x < 10 + s; x++) sum += ::pow(x, -s);
  const double last = ::pow(x, -n);
  sum += last / n + 0.5 * last / x;
  double term = last * s / (x * x);
  for (int j = 0; j < 10; j++) {
    sum += term / c[j];
    term *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x);
  }
  return factorial * sum;
}

// The n-th derivative of π cot πx: a polynomial of the cotangent, each from the last by p ↦ −π (1 + c²) p′.
inline double cotangentSlope(int n, double x) {
  double p[kMostOrder + 2] = {0, kPi}, next[kMostOrder + 2];
  for (int k = 1; k <= n; k++) {
    for (int i = 0; i <= k + 1; i++) {
      const double raised = i <= k - 1 ? (i + 1) * p[i + 1] : 0, lowered = i >= 2 ? (i - 1) * p[i - 1] : 0;
      next[i] = -kPi * (raised + lowered);
    }
    for (int i = 0; i <= k + 1; i++) p[i] = next[i];
  }
  const double angle = kPi * (x - ::rint(x)), cotangent = ::cos(angle) / ::sin(angle);
  double sum = p[n + 1];
  for (int i = n; i >= 0; i--) sum = sum * cotangent + p[i];
  return sum;
}

// The n-th derivative of digamma, 1 ≤ n ≤ kMostOrder; at a pole as on its right.
inline double polygammaOf(int n, double x) {
  const bool odd = n % 2 != 0;
  if (x <= 0 && x == ::floor(x)) return odd ? INFINITY : -INFINITY;
  if (x == INFINITY) return 0;
  if (x > 0 || !(x == x)) return (odd ? 1 : -1) * zetaTimesFactorial(n, x);
  // Both signs of (−1)ⁿ and (−1)ⁿ⁺¹ meet: the reflected value is negative for every n.
  return -zetaTimesFactorial(n, 1 - x) - cotangentSlope(n, x);
}

// A function of doubles, of each lane.
template <class V, class F>
inline V eachDouble(V x, const F& f) {
  using T = typename V::Scalar;
  T values[V::kLanes];
  x.store(values);
  for (int i = 0; i < V::kLanes; i++) values[i] = static_cast<T>(f(static_cast<double>(values[i])));
  return V::load(values);
}

template <class V>
inline V lgamma(V x) {
  return eachDouble(x, lgammaOf);
}

template <class V>
inline V digamma(V x) {
  return eachDouble(x, digammaOf);
}

}  // namespace
