// Bounded memory for large activations, in loops long enough to tell.
import { it } from 'vitest';
import { comparePeaks } from './memory.js';

it.each([
  { name: '8 MB', batch: 2048, width: 1024, steps: 300 },
  { name: '256 KB', batch: 256, width: 256, steps: 10_000 },
])(
  'a loop without scopes stays within twice the memory of a scoped one, with activations of $name',
  ({ batch, width, steps }) => comparePeaks(batch, width, steps),
);
