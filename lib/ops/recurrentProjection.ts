// Long short-term memories that project their states, made of those that do not.

import { ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { autocast } from '../core/precision.js';
import type { Tensor } from '../core/tensor.js';
import { zerosOf } from './create.js';
import { concat } from './join.js';
import { affine } from './linear.js';
import { matmul } from './matmul.js';
import { lastRows, type Packing, packingOf } from './packing.js';
import type { StatesAndCells } from './recurrent.js';
import { demandFloats, demandInput, demandShape } from './recurrentLayout.js';
import { picked } from './resample.js';
import { unsqueeze } from './shape.js';

/** The operands that a projection changes. */
interface Operands {
  readonly x: Tensor;
  readonly weightIh: Tensor;
  /** (4 · hidden, proj) */
  readonly weightHh: Tensor;
  /** (proj, hidden) */
  readonly weightHr: Tensor;
  /** (N, proj) */
  readonly h: Tensor | null;
}

/**
 * A layer with a projection, by way of `run`, one without: for a state r before its projection the next sums are
 * weightHh · (weightHr · r), so that (weightHh · weightHr) is the weight of r. The initial state, which is no such
 * projection, comes in as features of the first step's input, of which weightHh is the weight. @internal
 */
export function projected(
  given: Operands,
  batchSizes: readonly number[] | null,
  reverse: boolean,
  run: (x: Tensor, weightIh: Tensor, weightHh: Tensor) => StatesAndCells,
): StatesAndCells {
  const op = 'lstm';
  const { x, weightIh, weightHh, weightHr, h } = given;
  demandFloats(op, [x, weightIh, weightHh, weightHr, ...(h === null ? [] : [h])]);
  const packing = batchSizes === null ? null : packingOf(op, x, batchSizes);
  const [batch, inputs] = demandInput(op, x, packing);
  if (weightHr.ndim !== 2) {
    throw new ShapeError(op, `weightHr is (proj, hidden); got ${showShape(weightHr.shape)}`, [
      weightHr.shape,
    ]);
  }
  const [features, hidden] = weightHr.shape;
  demandShape(op, 'weightHh', weightHh, [4 * hidden, features]);
  demandShape(op, 'weightIh', weightIh, [4 * hidden, inputs]);
  if (h !== null) demandShape(op, 'h', h, [batch, features]);
  // The steps are taken in full precision, and so is what stands for them here.
  return autocast(
    () => {
      const whole = matmul(weightHh, weightHr);
      const states =
        h === null
          ? run(x, weightIh, whole)
          : run(begunWith(x, h, packing, reverse), concat([weightIh, weightHh], 1), whole);
      const project = (state: Tensor): Tensor => affine(state, weightHr, null);
      return { output: project(states.output), h: project(states.h), c: states.c };
    },
    { enabled: false },
  );
}

/** The input with an initial state as further features of each sequence's first step, and zeros in all others. */
function begunWith(x: Tensor, h: Tensor, packing: Packing | null, reverse: boolean): Tensor {
  const [batch, features] = h.shape;
  if (packing === null) {
    const first = unsqueeze(h, 0);
    if (x.shape[0] === 1) return concat([x, first], 2);
    const zeros = zerosOf(denseLayout([x.shape[0] - 1, batch, features]), x.kind);
    return concat([x, concat(reverse ? [zeros, first] : [first, zeros], 0)], 2);
  }
  // One row more, of zeros, which all other steps show.
  const source = concat([h, zerosOf(denseLayout([1, features]), x.kind)], 0);
  const places = new Array<number>(packing.rows).fill(batch);
  const firstRows = reverse ? lastRows(packing) : packing.lengths.map((_, n) => n);
  firstRows.forEach((row, n) => {
    places[row] = n;
  });
  return concat([x, picked(source, 0, places)], 1);
}
