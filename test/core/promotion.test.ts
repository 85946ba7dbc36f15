// The dtypes in which operands meet, against PyTorch's table.

import { readFileSync } from 'node:fs';
import {
  add,
  add_,
  cat,
  type DType,
  DTypeError,
  div,
  div_,
  eq,
  maximum,
  mul,
  mul_,
  type Operand,
  ones,
  type Tensor,
  tensor,
  where,
} from 'quern';
import { expect, it } from 'vitest';

interface Case {
  readonly op: string;
  /** Of both operands; of the first alone where the second is a number. */
  readonly ranks: readonly number[];
  /** By the dtype of the first operand, then by that of the second, or by the number. */
  readonly results: Record<string, Record<string, DType | 'error'>>;
}

const OPERATIONS: Record<string, (a: Tensor, b: Operand) => Tensor> = {
  add,
  mul,
  div,
  maximum,
  eq,
  where: (a, b) => where(tensor(true), a, b),
  cat: (a, b) => cat([a.reshape([-1]), (b as Tensor).reshape([-1])]),
  add_,
  mul_,
  div_,
};

const golden = JSON.parse(readFileSync(new URL('../golden/promotion.json', import.meta.url), 'utf8'));
const cases = golden.cases as Case[];

const operand = (dtype: string, rank: number): Tensor =>
  ones(new Array<number>(rank).fill(2), { dtype: dtype as DType });

it('has tables for each operation', () => {
  expect([...new Set(cases.map(({ op }) => op))]).toEqual(Object.keys(OPERATIONS));
});

it.each(cases)('$op of ranks $ranks', ({ op, ranks: [first, second], results }) => {
  for (const [a, row] of Object.entries(results)) {
    for (const [b, result] of Object.entries(row)) {
      const compute = (): Tensor =>
        OPERATIONS[op](operand(a, first), second === undefined ? Number(b) : operand(b, second));
      const label = `${op}(${a}, ${b})`;
      if (result === 'error') expect(compute, label).toThrow(DTypeError);
      else expect(compute().dtype, label).toBe(result);
    }
  }
});
