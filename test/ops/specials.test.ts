// NaN and infinities: values, indices and gradients as PyTorch has them.

import * as q from 'quern';
import { describe, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { readGolden } from '../support/golden.js';

type Value = number | boolean | 'nan' | 'inf' | '-inf' | null;
type Values = Value | readonly Values[];

interface Case {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly Values[];
  readonly outputs: readonly Values[];
  readonly gradients: readonly Values[];
}

const NAMES: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

/** A structure of the file with the numbers that JSON only names. */
function numbersOf(value: unknown): unknown {
  if (typeof value === 'string') return NAMES[value] ?? value;
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, numbersOf(one)]));
}

function agree(got: unknown, want: unknown): boolean {
  if (Array.isArray(got) && Array.isArray(want))
    return got.length === want.length && got.every((one, i) => agree(one, want[i]));
  if (typeof got !== 'number' || typeof want !== 'number') return got === want;
  return Object.is(got, want) || got === want || Math.abs(got - want) <= 1e-12 * (1 + Math.abs(want));
}

function demand(label: string, got: unknown, want: unknown): void {
  if (agree(got, want)) return;
  throw new Error(`${label}: ${show(got)} instead of ${show(want)}`);
}

const show = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(show).join(', ')}]` : String(value);

type Operation = (...args: unknown[]) => unknown;

const find = (name: string): Operation =>
  ((q as unknown as Record<string, Operation>)[name] ??
    (q.nn.functional as unknown as Record<string, Operation>)[name]) as Operation;

const cases = readGolden<Case>('specials.json').map((one, i) => ({
  ...one,
  label: `${i}: ${one.op} ${JSON.stringify(one.args)}`,
}));

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases)('$label', ({ op, args, inputs, outputs, gradients }) => {
    on(engine, () => {
      const leaves = inputs.map((input) =>
        q.tensor(numbersOf(input) as q.TensorData, { dtype: 'float64', requiresGrad: gradients.length > 0 }),
      );
      const answer = find(op)(...leaves, ...(numbersOf(args) as unknown[]));
      const results = (answer instanceof q.Tensor ? [answer] : Object.values(answer as object)) as q.Tensor[];
      outputs.forEach((want, i) => {
        demand(`output ${i}`, results[i].toArray(), numbersOf(want));
      });
      if (gradients.length === 0) return;
      for (const result of results)
        if (result.requiresGrad) result.backward({ gradient: q.onesLike(result), retainGraph: true });
      gradients.forEach((want, i) => {
        demand(`gradient ${i}`, leaves[i].grad?.toArray() ?? null, numbersOf(want));
      });
    });
  });
});
