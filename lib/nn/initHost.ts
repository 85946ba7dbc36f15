// What initialisation that computes its values on the host needs: checks, draws, and the writing of what it computed.

import { FLOAT64 } from '../core/dtype.js';
import { checkInPlace, finishInPlace, noGrad } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, copyValues } from '../ops/apply.js';
import { tensor } from '../ops/create.js';
import { dataSync } from '../ops/read.js';
import { reshape } from '../ops/shape.js';

/** Refuses what random values cannot be written over. @internal */
export function checkFillable(op: string, x: Tensor): void {
  checkFloating(op, x);
  noGrad(() => checkInPlace(op, x, false));
}

/** Random doubles that a kernel draws. @internal */
export function drawnValues(count: number, fill: (target: Tensor) => void): Float64Array {
  const target = makeTensor(denseLayout([count]), FLOAT64);
  fill(target);
  const values = dataSync(target) as Float64Array;
  target.dispose();
  return values;
}

/** Writes values, in row-major order, over a tensor, unrecorded. @internal */
export function writeValues(x: Tensor, values: Float64Array): Tensor {
  return noGrad(() => {
    const given = tensor(values, { dtype: 'float64' });
    const shaped = reshape(given, x.shape);
    copyValues(x, shaped);
    shaped.dispose();
    given.dispose();
    finishInPlace(x);
    return x;
  });
}
