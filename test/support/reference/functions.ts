// Functions of numbers that JavaScript has not, or has with other conventions than C and PyTorch.

/** 2/√π Σ 2ⁿ x²ⁿ⁺¹ e^(−x²) / (2n+1)!!: every term has the sign of x, so nothing cancels. */
export function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? keepSign(below, x) : keepSign(below + 1, x);
  return keepSign(below % 2 === 0 ? below : below + 1, x);
}

/** −0 where a negative number becomes zero. */
function keepSign(value: number, like: number): number {
  return value === 0 && (like < 0 || Object.is(like, -0)) ? -0 : value;
}

/** C's pow: 1 to any power, and −1 to an infinite one, is 1. */
export function pow(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

/** Whole powers that wrap around in 32 bits; of negative exponents what remains whole. */
export function intPow(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let product = 1;
  for (let i = 0; i < b; i++) product = Math.imul(product, a);
  return product;
}

/** PyTorch's sign: 0 for NaN too. */
export function sign(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/** Without overflow on either side. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** The larger, NaN where either is. */
export function larger(a: number, b: number): number {
  return Number.isNaN(a) || a > b ? a : b;
}

/** The smaller, NaN where either is. */
export function smaller(a: number, b: number): number {
  return Number.isNaN(a) || a < b ? a : b;
}

export function clamp(
  x: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number },
): number {
  return x <= min ? min : x >= max ? max : x;
}

/** 1 − erf x for x > 1.4: e^(−x²)/√π divided by the continued fraction x + ½/(x + 1/(x + 3/2/(x + …))). */
function erfcOfLarge(x: number): number {
  let fraction = x;
  for (let n = 200; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

/** x Φ(x). */
export function gelu(x: number): number {
  return 0.5 * x * (x < -2 ? erfcOfLarge(-x * Math.SQRT1_2) : 1 + erf(x * Math.SQRT1_2));
}

/** ½ x (1 + tanh u), where (1 + tanh u) / 2 is σ(2u). */
export function geluTanh(x: number): number {
  return x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
}
