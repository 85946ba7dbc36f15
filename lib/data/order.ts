// Random orders from a seed and an epoch, made beside the global stream of random numbers.

import { getRandomState, setRandomState } from '../core/random.js';
import { randperm } from '../ops/random.js';
import { dataSync } from '../ops/read.js';

// Keeps the orders' stream apart from the global one, where people seed both with the same number.
const APART = 0x9e3779b97f4a7c15n;

/** The numbers from 0 to size − 1 in an order that the seed and the epoch determine, on both backends alike. */
export function seededOrder(size: number, seed: number | bigint, epoch: number): Int32Array {
  const before = getRandomState();
  // Each epoch takes the numbers after those of the epoch before: one draw of 64 bits a sample, two in a block.
  setRandomState({ seed: BigInt.asUintN(64, BigInt(seed) ^ APART), offset: epoch * Math.ceil(size / 2) });
  try {
    const order = randperm(size);
    const values = dataSync(order) as Int32Array;
    order.dispose();
    return values;
  } finally {
    setRandomState(before);
  }
}
