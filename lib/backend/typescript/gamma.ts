// The logarithm of the gamma function and its derivatives, in double precision.
//
// The polynomials of lgamma are those of FreeBSD's msun (e_lgamma_r.c, Sun Microsystems, 1993), highest powers first.

function horner(x: number, coefficients: readonly number[]): number {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = sum * x + coefficients[i];
  return sum;
}

const BELOW_2 = [
  4.4864094961891516015e-5, 2.52144565451257326939e-5, 1.08011567247583939954e-4, 2.20862790713908385557e-4,
  5.10069792153511336608e-4, 1.19270763183362067845e-3, 2.89051383673415629091e-3, 7.38555086081402883957e-3,
  2.05808084325167332806e-2, 6.73523010531292681824e-2, 3.22467033424113591611e-1, 7.72156649015328655494e-2,
];

/** ln Γ(2 − y) for y in [0, 0.27]. */
function below2(y: number): number {
  return y * horner(y, BELOW_2) - 0.5 * y;
}

const AROUND_LOWEST = [
  3.35529192635519073543e-4, -3.12754168375120860518e-4, 3.15632070903625950361e-4,
  -5.38595305356740546715e-4, 8.81081882437654011382e-4, -1.40346469989232843813e-3, 2.2596478090061247225e-3,
  -3.6845201678113825676e-3, 6.10053870246291332635e-3, -1.0314224129834143745e-2, 1.79706750811820387126e-2,
  -3.27885410759859649565e-2, 6.46249402391333854778e-2, -1.47587722994593911752e-1,
  4.83836122723810047042e-1,
];

// Where ln Γ has its minimum.
const LOWEST = 1.46163214496836224576;

/** ln Γ at LOWEST + y for y in [−0.24, 0.27]. */
function aroundLowest(y: number): number {
  return -1.21486290535849611461e-1 + (y * y * horner(y, AROUND_LOWEST) + 3.63867699703950536541e-18);
}

const ABOVE_1 = [
  1.33810918536787660377e-2, 2.28963728064692451092e-1, 9.77717527963372745603e-1, 1.45492250137234768737,
  6.32827064025093366517e-1, -7.72156649015328655494e-2,
];
const ABOVE_1_DIVISOR = [
  3.2170924228242391181e-3, 1.04222645593369134254e-1, 7.69285150456672783825e-1, 2.12848976379893395361,
  2.45597793713041134822, 1.0,
];

/** ln Γ(1 + y) for y in [0, 0.24]. */
function above1(y: number): number {
  return (y * horner(y, ABOVE_1)) / horner(y, ABOVE_1_DIVISOR) - 0.5 * y;
}

const ABOVE_2 = [
  3.19475326584100867617e-5, 1.84028451407337715652e-3, 2.6642270303363860956e-2, 1.46350472652464452805e-1,
  3.25778796408930981787e-1, 2.14982415960608852501e-1, -7.72156649015328655494e-2,
];
const ABOVE_2_DIVISOR = [
  7.32668430744625636189e-6, 7.77942496381893596434e-4, 1.86459191715652901344e-2, 1.71933865632803078993e-1,
  7.21935547567138069525e-1, 1.39200533467621045958, 1.0,
];

/** ln Γ(2 + y) for y in [0, 1). */
function above2(y: number): number {
  return 0.5 * y + (y * horner(y, ABOVE_2)) / horner(y, ABOVE_2_DIVISOR);
}

const STIRLING = [
  -1.63092934096575273989e-3, 8.36339918996282139126e-4, -5.95187557450339963135e-4, 7.936505586430195585e-4,
  -2.7777777772877553647e-3, 8.33333333333329678849e-2,
];

/** ln Γ(x) for x ≥ 8. */
function stirling(x: number): number {
  if (x >= 2 ** 58) return x * (Math.log(x) - 1);
  const z = 1 / x;
  return (x - 0.5) * (Math.log(x) - 1) + (4.18938533204672725052e-1 + z * horner(z * z, STIRLING));
}

function ofPositive(x: number): number {
  if (x === 1) return 0;
  if (x < 2 ** -70) return -Math.log(x);
  if (x <= 0.9) {
    const below = -Math.log(x);
    if (x >= 0.7316) return below + below2(1 - x);
    return below + (x >= 0.23164 ? aroundLowest(x - (LOWEST - 1)) : above1(x));
  }
  if (x < 2) {
    if (x >= 1.7316) return below2(2 - x);
    return x >= 1.23164 ? aroundLowest(x - LOWEST) : above1(x - 1);
  }
  if (x >= 8) return stirling(x);
  const whole = Math.floor(x);
  const y = x - whole;
  let product = 1;
  for (let k = 2; k < whole; k++) product *= y + k;
  return above2(y) + Math.log(product);
}

/** π times the distance from the nearest whole number, with its sign. */
function angleOf(x: number): number {
  return Math.PI * (x - Math.round(x));
}

/** ln |Γ(x)|; infinite at 0 and the negative whole numbers. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (x > 0) return ofPositive(x);
  if (x === Math.floor(x)) return Number.POSITIVE_INFINITY;
  if (x > -(2 ** -70)) return -Math.log(-x);
  return Math.log(Math.PI / Math.abs(Math.sin(angleOf(x)) * x)) - ofPositive(-x);
}

const DIGAMMA = [
  8.33333333333333333333e-2, -2.10927960927960927961e-2, 7.57575757575757575758e-3,
  -4.16666666666666666667e-3, 3.96825396825396825397e-3, -8.33333333333333333333e-3,
  8.33333333333333333333e-2,
];

/** Γ′ / Γ, by the recurrence up to 10 and an asymptotic series; below 0 by reflection. Coefficients: Cephes, psi. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, 0) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (x < 0 && x === Math.floor(x)) return Number.NaN;
  let sum = x < 0 ? -Math.PI / Math.tan(angleOf(x)) : 0;
  let a = x < 0 ? 1 - x : x;
  for (; a < 10; a++) sum -= 1 / a;
  const z = 1 / (a * a);
  return sum + (Math.log(a) - 0.5 / a - z * horner(z, DIGAMMA));
}

// (2j)! / B_2j for j = 1, 2, ...
const MACLAURIN = [
  12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
  1.1646782814350067249e14, -4.5979787224074726105e15,
];

/** n! ζ(n + 1, x) for x > 0: terms up to where the series of Euler and Maclaurin holds. */
function zetaTimesFactorial(n: number, x: number): number {
  const s = n + 1;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  let sum = 0;
  let a = x;
  for (; a < 10 + s; a++) sum += a ** -s;
  const last = a ** -n;
  sum += last / n + (0.5 * last) / a;
  let term = (last * s) / (a * a);
  for (let j = 0; j < MACLAURIN.length; j++) {
    sum += term / MACLAURIN[j];
    term *= ((s + 2 * j + 1) * (s + 2 * j + 2)) / (a * a);
  }
  return factorial * sum;
}

/** The n-th derivative of π cot πx: a polynomial of the cotangent, each from the last by p ↦ −π (1 + c²) p′. */
function cotangentSlope(n: number, x: number): number {
  let p = [0, Math.PI];
  for (let k = 1; k <= n; k++) {
    const slope = (i: number): number => (i >= 0 && i < k ? (i + 1) * p[i + 1] : 0);
    p = Array.from({ length: k + 2 }, (_, i) => -Math.PI * (slope(i) + slope(i - 2)));
  }
  const angle = angleOf(x);
  return horner(Math.cos(angle) / Math.sin(angle), p.reverse());
}

/** The n-th derivative of digamma, n ≥ 1; at a pole as on its right. */
export function polygamma(n: number, x: number): number {
  const odd = n % 2 !== 0;
  if (x <= 0 && x === Math.floor(x)) return odd ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (x > 0 || Number.isNaN(x)) return (odd ? 1 : -1) * zetaTimesFactorial(n, x);
  return -zetaTimesFactorial(n, 1 - x) - cotangentSlope(n, x);
}
