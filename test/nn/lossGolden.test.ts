// Losses of several operands against PyTorch: outputs, and the first and second gradients of every operand.

import { gradients, nn, type Tensor } from 'quern';
import { describe, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface LossCase {
  readonly dtype: Floating;
  readonly loss: keyof typeof nn.functional;
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly Nested[];
  readonly whole: readonly boolean[];
  readonly gradOutput: Nested;
  readonly output: Nested;
  /** Which operands have gradients. */
  readonly leaves: readonly number[];
  readonly gradients: readonly Nested[];
  readonly second?: { readonly directions: readonly Nested[]; readonly gradients: readonly Nested[] };
}

type Anything = (...values: unknown[]) => Tensor;
type LossConstructor = new (options: object) => { readonly forward: Anything };

function check(one: LossCase): void {
  const { dtype, second } = one;
  const options = Object.fromEntries(
    Object.entries(one.options).map(([name, value]) => [
      name,
      name === 'weight' ? from(value as Nested, dtype) : value,
    ]),
  );
  const operands = one.operands.map((values, place) => {
    if (one.whole[place]) return from(values, 'int32');
    // A variance that is a number.
    if (typeof values === 'number' && !one.leaves.includes(place)) return values;
    return from(values, dtype, one.leaves.includes(place));
  });
  const leaves = one.leaves.map((place) => operands[place] as Tensor);
  const gradOutput = from(one.gradOutput, dtype);
  const output = (nn.functional[one.loss] as Anything)(...operands, options);
  demandGolden('output', output, one.output, dtype);
  const firsts = gradients(output, leaves, { gradient: gradOutput, createGraph: second !== undefined });
  for (const [i, first] of firsts.entries())
    demandGolden(`gradient of operand ${one.leaves[i]}`, first, one.gradients[i], dtype);
  const module = new (nn as unknown as Record<string, LossConstructor>)[one.module](options);
  demandGolden('module', module.forward(...operands), one.output, dtype);
  if (second === undefined) return;
  const along = firsts.map((first, i) => first.mul(from(second.directions[i], dtype)).sum());
  const seconds = gradients(
    along.reduce((sum, value) => sum.add(value)),
    leaves,
  );
  for (const [i, found] of seconds.entries())
    demandGolden(`second gradient of operand ${one.leaves[i]}`, found, second.gradients[i], dtype);
}

const cases = readGolden<LossCase>('losses.json').map((one, i) => ({ ...one, i }));

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases)('$i: $loss($options), $dtype', (one) => {
    on(engine, () => check(one));
  });
});
