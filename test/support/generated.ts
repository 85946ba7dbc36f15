// The tests that every row of the op database gets, each for one engine, dtype and arrangement.

import { type DType, isFinite, noGrad, Tensor } from 'quern';
import type { Row } from '../op_db/row.js';
import { demandClose } from './compare.js';
import { type Engine, on } from './engines.js';
import { type Differentiable, gradcheck, gradgradcheck } from './gradcheck.js';
import {
  type AnySample,
  call,
  expected,
  inputOf,
  nameOf,
  operandsOf,
  plainInputs,
  resultDType,
  toleranceOf,
} from './harness.js';
import { ARRANGEMENTS, type Arrangement, arrange, dense } from './layouts.js';
import { type Plain, scalar } from './plain.js';
import { draw, seedOf, specialValues } from './values.js';

// Another layout may be summed in another order.
const CLOSE = { rtol: 1e-4, atol: 1e-4, equalNan: true };

/** The arrangements that the operands of a row can have. */
export function arrangementsFor(row: Row): readonly Arrangement[] {
  // Several elements of an expanded tensor are one, so nothing can be written into it.
  return row.inPlace ? ARRANGEMENTS.filter((how) => how !== 'expanded') : ARRANGEMENTS;
}

/** Those at which its gradient can be compared with differences. */
export function gradientArrangementsFor(row: Row): readonly Arrangement[] {
  return arrangementsFor(row).filter((how) => !(row.kinkAtTies && how === 'expanded'));
}

/** Results of one call against the reference. */
export function checkForward(row: Row, sample: AnySample, dtype: DType, how: Arrangement): void {
  const label = nameOf(sample, dtype, how);
  const { plains, values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, how);
  const wanted = expected(row, sample, plains);
  const got = call(row, sample, values, dtype);
  if (got.length !== wanted.length)
    throw new Error(`${label}: ${got.length} results instead of ${wanted.length}`);
  got.forEach((result, i) => {
    const own = resultDType(row, dtype, i);
    demandClose(label, result, wanted[i], own, toleranceOf(row, own, wanted[i]));
  });
  if (row.view && how === 'dense') checkViews(label, got, values[0]);
  if (row.inPlace && got[0] !== values[0])
    throw new Error(`${label}: answers another tensor than it was given`);
}

function checkViews(label: string, results: readonly Tensor[], base: Tensor | number): void {
  for (const result of results) {
    if (!(base instanceof Tensor) || result.root !== base.root) throw new Error(`${label}: is no view`);
  }
}

/** Every sample of a row, in every dtype dense and in one dtype in every arrangement; or all of both. */
export function checkAllForward(row: Row, engine: Engine, everything: boolean): void {
  on(engine, () =>
    noGrad(() => {
      for (const sample of row.samples) {
        for (const dtype of row.dtypes) {
          for (const how of arrangementsFor(row)) {
            if (everything || how === 'dense' || dtype === row.dtypes[0])
              checkForward(row, sample, dtype, how);
          }
        }
      }
      if (row.large !== undefined && (everything || engine.backend === 'native')) {
        for (const dtype of everything ? row.dtypes : row.dtypes.slice(0, 1))
          checkForward(row, row.large, dtype, 'dense');
      }
    }),
  );
}

/** What becomes of NaN, infinities and zeros of either sign, in every combination of operands. */
export function checkSpecials(row: Row, engine: Engine): void {
  for (const dtype of row.dtypes) {
    if (dtype !== 'float32' && dtype !== 'float64') continue;
    const values = specialValues(dtype);
    const sample = row.samples.find(({ inputs }) =>
      inputs.every((input) => typeof input !== 'number'),
    ) as AnySample;
    const plains: Plain[] =
      sample.inputs.length === 1
        ? [{ shape: [values.length], data: values }]
        : [
            { shape: [values.length, 1], data: values },
            { shape: [1, values.length], data: values },
          ];
    on(engine, () => {
      for (const how of ['dense', 'stepped'] as const) {
        const operands = operandsOf({ ...sample, inputs: plains }, plains, dtype, how);
        const [want] = expected(row, sample, plains);
        const [got] = call(row, sample, operands.values, dtype);
        demandClose(
          `special values, ${dtype} ${how}`,
          got,
          want,
          resultDType(row, dtype, 0),
          toleranceOf(row, dtype, scalar(1)),
          true,
        );
      }
    });
  }
}

/** Gradients of every sample against finite differences, the second ones too where there are such. */
export function checkGradients(row: Row, engine: Engine, how: Arrangement): void {
  on(engine, () => {
    for (const sample of row.samples) {
      if (sample.kink) continue;
      const label = nameOf(sample, 'float64', how);
      const plains = plainInputs(row, sample, 'float64', row.smooth);
      const isFree = (i: number): boolean => {
        const like = sample.inputs[i];
        return typeof like !== 'number' && inputOf(like).dtype === undefined;
      };
      // A condition of floats decides, and nothing flows through it.
      const free = plains
        .map((_, i) => i)
        .filter((i) => isFree(i) && !(row.family === 'Choice' && i === 0 && sample.inputs.length === 3));
      const f: Differentiable = (inputs) => {
        const { values } = operandsOf(sample, plains, 'float64', 'dense');
        const operands = values.map((value, i) => (free.includes(i) ? inputs[free.indexOf(i)] : value));
        if (row.inPlace) operands[0] = (operands[0] as Tensor).clone();
        return call(row, sample, operands, 'float64').filter((result) => result.dtype === 'float64');
      };
      const points = free.map((i) => plains[i]);
      // Where the value is not a number there is nothing to differentiate.
      if (f(points.map((point) => dense(point, 'float64'))).some((result) => !isFinite(result).all().item()))
        continue;
      gradcheck(label, f, points, how);
      if (row.gradient === 2) gradgradcheck(label, f, points, how);
    }
  });
}

/** What flows back through every sample, from dense gradients and from the same ones in other layouts. */
export function checkFlowing(row: Row, engine: Engine): void {
  on(engine, () => {
    for (const sample of row.samples) {
      const plains = plainInputs(row, sample, 'float32', row.smooth);
      const flowing = (gradientsOf: (result: Tensor) => Tensor): (Tensor | null)[] => {
        const { values } = operandsOf(sample, plains, 'float32', 'dense');
        const free = values.filter(
          (value) => value instanceof Tensor && value.dtype === 'float32',
        ) as Tensor[];
        for (const one of free) one.requiresGrad = true;
        const results = call(row, sample, values, 'float32').filter((result) => result.requiresGrad);
        for (const result of results)
          result.backward({ gradient: gradientsOf(result), retainGraph: result !== results.at(-1) });
        return free.map((one) => one.grad);
      };
      for (const how of ['stepped', 'expanded'] as const) {
        const arranged = (result: Tensor) =>
          arrange(draw(result.shape, result.dtype, { low: -1, high: 1 }, seedOf(how)), result.dtype, how);
        const want = flowing((result) => dense(arranged(result).plain, result.dtype));
        const got = flowing((result) => arranged(result).tensor);
        want.forEach((one, i) => {
          const same = one === null ? got[i] === null : (got[i]?.allClose(one, CLOSE) ?? false);
          if (!same) {
            throw new Error(
              `${nameOf(sample, 'float32', how)}: gradient ${i} is ${got[i]} and, from a dense one, ${one}`,
            );
          }
        });
      }
    }
  });
}

/** A row's results on an engine, from given numbers. */
export function resultsOn(
  row: Row,
  sample: AnySample,
  plains: readonly Plain[],
  dtype: DType,
  engine: Engine,
): readonly Tensor[] {
  return on(engine, () => call(row, sample, operandsOf(sample, plains, dtype, 'dense').values, dtype));
}
