// Choice between two operands by a condition.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { BOOL, FLOAT32, INT32, type Kind, promoteNumber, promoteOperands } from '../core/dtype.js';
import { ShapeError, showShape } from '../core/errors.js';
import { A, record3 } from '../core/graph.js';
import { broadcastLayouts } from '../core/layout.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { castTo, checkTensor, type Operand, rule, toOperand } from './apply.js';
import { nonzero } from './nonzero.js';

const WHERE = rule('where', {
  b: [A, (n, g) => where(n.a as Tensor, g, 0)],
  c: [A, (n, g) => where(n.a as Tensor, 0, g)],
});

function meet(a: Operand, b: Operand): Kind {
  if (a instanceof Tensor) {
    return b instanceof Tensor
      ? promoteOperands(a.kind, a.layout.rank, b.kind, b.layout.rank)
      : promoteNumber(a.kind, b);
  }
  if (b instanceof Tensor) return promoteNumber(b.kind, a);
  return Number.isInteger(a) && Number.isInteger(b) ? INT32 : FLOAT32;
}

/**
 * a where the condition is true (not 0) and b elsewhere, elementwise; the three shapes broadcast. The gradient
 * flows to the operand that was chosen. Of the condition alone: the indices where it is true, as `nonzero` gives them
 * with `asTuple`.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { tensor, where } from 'quern';
 * const x = tensor([-1, 2]);
 * where(x.gt(0), x, 0).toArray(); // => [0, 2]
 * where(x.gt(0)).map((along) => along.toArray()); // => [[1]]
 */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a: Operand, b: Operand): Tensor;
export function where(condition: Tensor, a?: Operand, b?: Operand): Tensor | Tensor[] {
  if (a === undefined && b === undefined) {
    checkTensor('where', condition);
    return nonzero(condition, { asTuple: true });
  }
  return choose(condition, a as Operand, b as Operand);
}

function choose(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where', condition);
  if (typeof a !== 'number') checkTensor('where', a);
  if (typeof b !== 'number') checkTensor('where', b);
  const kind = meet(a, b);
  const c = castTo(condition, BOOL);
  const x = toOperand(a, kind, 'where');
  const y = toOperand(b, kind, 'where');
  const layout = broadcastLayouts('where', broadcastLayouts('where', x.layout, y.layout), c.layout);
  const out = makeTensor(layout, kind);
  active.run4(kernel.where, kind, out, c, x, y);
  record3(WHERE, out, c, x, y, null);
  return out;
}

/**
 * x with `value`, a number or a tensor without dimensions, where the mask is true; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast, or the value has dimensions.
 * @example
 * import { maskedFill, tensor } from 'quern';
 * maskedFill(tensor([1, 2, 3]), tensor([true, false, true]), 9).toArray(); // => [9, 2, 9]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkTensor('maskedFill', x);
  if (typeof value !== 'number') {
    checkTensor('maskedFill', value);
    if (value.ndim !== 0) {
      throw new ShapeError(
        'maskedFill',
        `the value is a number or a tensor without dimensions; got one of shape ${showShape(value.shape)}: use where()`,
        [value.shape],
      );
    }
  }
  return where(mask, toOperand(value, x.kind, 'maskedFill'), x);
}
