// Philox4x32-10 and what is drawn from its words: the recipe that both backends follow to the bit.
//
// native/core/philox.h is the same file in C++. Everything is integer arithmetic modulo 2^32, or doubles with
// + − × ÷ √ in exactly the written order, each operation rounded once, so that any machine and any language
// gives the same bits: change neither file without the other.
//
// Philox: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

/** The high half of the 64-bit product of two unsigned words, as a signed word. */
export function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // As unsigned words neither sum overflows; as signed ones they stay in integer registers.
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const other = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16)) | 0;
}

/** Blocks that are drawn together: loops over what many calls have left behind are faster than many calls. */
export const BATCH = 256;

/** The words of the blocks drawn last, four each. */
export const words = new Uint32Array(4 * BATCH);

// Signed words stay in integer registers on their way in.
const signedWords = new Int32Array(words.buffer);

/** The ten rounds over a counter of four words with a key of two, into words[at … at + 4). */
export function rounds(
  at: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(c0, 0xd2511f53);
    const low0 = Math.imul(c0, 0xd2511f53);
    const high1 = mulHigh(c2, 0xcd9e8d57);
    const low1 = Math.imul(c2, 0xcd9e8d57);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    // The key changes between rounds; after the last one it is not used again.
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  signedWords[at] = c0;
  signedWords[at + 1] = c1;
  signedWords[at + 2] = c2;
  signedWords[at + 3] = c3;
}

/**
 * Draws the words of `count` ≤ {@link BATCH} blocks from `first` on, all below 2^53. The counter is (block's low half,
 * block's high half, 0, 0).
 */
export function drawBlocks(k0: number, k1: number, first: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const block = first + i;
    rounds(4 * i, block | 0, Math.floor(block / 4294967296) | 0, 0, 0, k0 | 0, k1 | 0);
  }
}

/** In [0, 1), a multiple of 2^-24: exact in float32 and in double. */
export function uniform24(word: number): number {
  return (word >>> 8) * (1 / 16777216);
}

/** In [0, 1), a multiple of 2^-53: ((a >>> 5) · 2^26 + (b >>> 6)) · 2^-53, all exact. */
export function uniform53(a: number, b: number): number {
  return ((a >>> 5) * 67108864 + (b >>> 6)) * (1 / 9007199254740992);
}

/** floor(word · span / 2^32) for span in [1, 2^32]. */
export function below(word: number, span: number): number {
  return span === 4294967296 ? word : mulHigh(word, span) >>> 0;
}

const bits = new DataView(new ArrayBuffer(8));

/**
 * Draws the four words of one block's attempt into {@link words}, the first ones: the counter is (block's low half,
 * block's high half, attempt, 0). Each block begins a stream of its own, for samplers that reject.
 */
export function drawAttempt(k0: number, k1: number, block: number, attempt: number): void {
  rounds(0, block | 0, Math.floor(block / 4294967296) | 0, attempt, 0, k0 | 0, k1 | 0);
}

/** In (0, 1): the midpoint of the word's interval, so that logarithms are finite. */
export function openUniform(word: number): number {
  return (word + 0.5) * (1 / 4294967296);
}

/** The natural logarithm of a positive normal double; within 1 ulp on (0, 1). */
export function logarithm(u: number): number {
  // u = m · 2^e, exactly, with m in [√½, √2): the mantissa in [1, 2) is halved if it reaches √2.
  bits.setFloat64(0, u);
  const high = bits.getInt32(0);
  let e = (high >> 20) - 1023;
  bits.setInt32(0, (high & 0x000fffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m >= Math.SQRT2) {
    m = m * 0.5;
    e = e + 1;
  }
  // ln m = 2 artanh s = 2s (1 + s²/3 + s⁴/5 + … + s²⁰/21), with s = (m − 1) / (m + 1), |s| < 0.1716.
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 1 / 21;
  p = p * z + 1 / 19;
  p = p * z + 1 / 17;
  p = p * z + 1 / 15;
  p = p * z + 1 / 13;
  p = p * z + 1 / 11;
  p = p * z + 1 / 9;
  p = p * z + 1 / 7;
  p = p * z + 1 / 5;
  p = p * z + 1 / 3;
  const s2 = s + s;
  // ln 2 in two parts (fdlibm's): the high one, 0x3FE62E42FEE00000, has 32 low zero bits, so e times it is exact.
  const low = e * 1.9082149292705877e-10 + s2 * (z * p);
  return e * 6.9314718036912382e-1 + (s2 + low);
}

/** 2^n for n in [-1022, 1023]. */
function power(n: number): number {
  bits.setInt32(0, (n + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** e^x; within 1 ulp where the result is normal. */
export function exponential(x: number): number {
  if (x > 709.78271289338397) return Number.POSITIVE_INFINITY;
  if (x < -745.13321910194122) return 0;
  // x = n ln 2 + r with |r| ≤ ln 2 / 2, and n times the high part of ln 2 is exact.
  const n = Math.floor(x * 1.4426950408889634 + 0.5);
  const r = x - n * 6.9314718036912382e-1 - n * 1.9082149292705877e-10;
  // 1 + r + r²/2! + … + r¹³/13!
  let p = 1 / 6227020800;
  p = p * r + 1 / 479001600;
  p = p * r + 1 / 39916800;
  p = p * r + 1 / 3628800;
  p = p * r + 1 / 362880;
  p = p * r + 1 / 40320;
  p = p * r + 1 / 5040;
  p = p * r + 1 / 720;
  p = p * r + 1 / 120;
  p = p * r + 1 / 24;
  p = p * r + 1 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  // In two steps, for neither power alone reaches the ends of the range.
  const half = Math.floor(n * 0.5);
  return p * power(half) * power(n - half);
}

/** The sine and the cosine that {@link turn} found last. */
export const turned = new Float64Array(2);

/** sin and cos of 2πu for u in [0, 1). */
export function turn(u: number): void {
  // u = q/4 + t, exactly, with |t| ≤ 1/8 and q in 0 … 4; then x = 2πt with |x| ≤ π/4.
  const q = Math.floor(u * 4 + 0.5);
  const x = (u - q * 0.25) * 6.2831853071795862;
  const y = x * x;
  // sin x = x − x³/3! + … + x¹⁷/17!
  let p = 1 / 355687428096000;
  p = p * y + -1 / 1307674368000;
  p = p * y + 1 / 6227020800;
  p = p * y + -1 / 39916800;
  p = p * y + 1 / 362880;
  p = p * y + -1 / 5040;
  p = p * y + 1 / 120;
  p = p * y + -1 / 6;
  const s = x + x * (y * p);
  // cos x = 1 − x²/2 + x⁴/4! − … + x¹⁶/16!
  let t = 1 / 20922789888000;
  t = t * y + -1 / 87178291200;
  t = t * y + 1 / 479001600;
  t = t * y + -1 / 3628800;
  t = t * y + 1 / 40320;
  t = t * y + -1 / 720;
  t = t * y + 1 / 24;
  const c = 1 - y * 0.5 + y * y * t;
  // Rotate by q quarter turns; q = 4 is a whole one.
  const quarter = q & 3;
  turned[0] = quarter === 0 ? s : quarter === 1 ? c : quarter === 2 ? -s : -c;
  turned[1] = quarter === 0 ? c : quarter === 1 ? -s : quarter === 2 ? -c : s;
}

/** The two values that {@link drawNormals} drew last. */
export const normals = new Float64Array(2);

/** Two independent standard normal values from two unsigned words (Box and Muller). */
export function drawNormals(a: number, b: number): void {
  const r = Math.sqrt(-2 * logarithm(openUniform(a)));
  turn(b * (1 / 4294967296));
  normals[0] = r * turned[1];
  normals[1] = r * turned[0];
}
