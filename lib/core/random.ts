// The state of chance: a seed and a counter. Every random op takes its share of the counter.

import { ArgumentError } from './errors.js';

/** A position in the stream of random numbers. */
export interface RandomState {
  readonly seed: bigint;
  /** Blocks of four 32-bit words that were used. */
  readonly offset: number;
}

let seed: bigint = BigInt.asUintN(64, (BigInt(Date.now()) << 20n) ^ process.hrtime.bigint());
/** The seed's halves, as kernels take them. */
export let seedLow = 0;
export let seedHigh = 0;
let offset = 0;

function setSeed(value: bigint): void {
  seed = BigInt.asUintN(64, value);
  seedLow = Number(seed & 0xffffffffn);
  seedHigh = Number(seed >> 32n);
}

setSeed(seed);

/**
 * Seeds everything random in this environment (a worker thread has its own). The same seed gives the same bits
 * on both backends and with any number of threads.
 *
 * @example
 * import { manualSeed, rand } from 'quern';
 * manualSeed(7);
 * const first = rand([2]).toArray();
 * manualSeed(7);
 * const again = rand([2]).toArray();
 * first[0] === again[0]; // => true
 */
export function manualSeed(value: number | bigint): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new ArgumentError('manualSeed', 'seed', value, `a seed is a whole number; got ${value}`);
  }
  setSeed(BigInt(value));
  offset = 0;
}

/**
 * Where the stream stands, to be set again by {@link setRandomState}.
 *
 * @example
 * import { getRandomState, manualSeed } from 'quern';
 * manualSeed(5);
 * getRandomState(); // => { seed: 5n, offset: 0 }
 */
export function getRandomState(): RandomState {
  return { seed, offset };
}

/**
 * Sets the stream to where it stood.
 *
 * @example
 * import { getRandomState, rand, setRandomState } from 'quern';
 * const state = getRandomState();
 * const first = rand([1]).item();
 * setRandomState(state);
 * rand([1]).item() === first; // => true
 */
export function setRandomState(state: RandomState): void {
  setSeed(state.seed);
  offset = state.offset;
}

/** Takes `blocks` of the counter; answers the first. */
export function takeBlocks(blocks: number): number {
  const first = offset;
  offset += blocks;
  return first;
}
