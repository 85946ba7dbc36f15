// Two-dimensional convolution, its gradients, and the gradients of those.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes, PRECISION } from '../backend/record.js';
import { isFloatKind, type Kind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { A, B, record2, record3 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { precisionOf } from '../core/precision.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { sum } from './reduce.js';
import { contiguous, reshape } from './shape.js';

/** A number for both height and width, or one for each. */
export type Pair = number | readonly [number, number];

export interface Conv2dOptions {
  /** (O,), added to each output channel. */
  bias?: Tensor | null;
  /** Default 1. */
  stride?: Pair;
  /** Zeros added on each side; 'same' keeps the size (stride 1 only), 'valid' is 0. Default 0. */
  padding?: Pair | 'same' | 'valid';
  /** Distance between the kernel's points. Default 1. */
  dilation?: Pair;
  /** Blocks of channels that do not see one another. Default 1. */
  groups?: number;
}

const CONV_OPTIONS = optionNames<Conv2dOptions>({
  bias: true,
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
});

/** The seven numbers that the kernels take. */
type Geometry = readonly [number, number, number, number, number, number, number];

/** A pair from a number or pair, checked to be whole and at least `least`. @internal */
export function checkPair(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const pair: readonly number[] = typeof value === 'number' ? [value, value] : value;
  if (
    !Array.isArray(pair) ||
    pair.length !== 2 ||
    pair.some((one) => !Number.isInteger(one) || one < least)
  ) {
    throw new ArgumentError(
      op,
      name,
      value,
      `${name} is a whole number from ${least}, or a pair of them; got ${String(value)}`,
    );
  }
  return [pair[0], pair[1]];
}

function setAttributes(geometry: Geometry, kind: Kind): void {
  attributes[PRECISION] = precisionOf(kind);
  for (let i = 0; i < geometry.length; i++) attributes[i] = geometry[i];
}

const CONV = rule('conv2d', {
  a: [B, (n, g) => gradInput(g, n.b as Tensor, n.a as Tensor, n.saved as Geometry)],
  b: [A, (n, g) => gradWeight(n.a as Tensor, g, n.b as Tensor, n.saved as Geometry)],
  c: [0, (_n, g) => sum(g, [0, 2, 3])],
});
// Each of the three is linear in both of its operands, and its gradients are the other two.
const GRAD_INPUT = rule('conv2dGradInput', {
  a: [B, (n, h) => forward(h, n.b as Tensor, null, n.saved as Geometry)],
  b: [A, (n, h) => gradWeight(h, n.a as Tensor, n.b as Tensor, n.saved as Geometry)],
});
const GRAD_WEIGHT = rule('conv2dGradWeight', {
  a: [B, (n, h) => gradInput(n.b as Tensor, h, n.a as Tensor, n.saved as Geometry)],
  b: [A, (n, h) => forward(n.a as Tensor, h, null, n.saved as Geometry)],
});

function forward(input: Tensor, weight: Tensor, added: Tensor | null, geometry: Geometry): Tensor {
  const x = contiguous(input);
  const w = contiguous(weight);
  const bias = added === null ? null : contiguous(added);
  const [strideH, strideW, padH, padW, dilationH, dilationW] = geometry;
  const height = outputSize(x.shape[2], w.shape[2], strideH, padH, dilationH);
  const width = outputSize(x.shape[3], w.shape[3], strideW, padW, dilationW);
  if (height < 1 || width < 1) {
    throw new ShapeError(
      'conv2d',
      `the kernel ${showShape(w.shape.slice(2))}, dilated, is larger than the padded input ${showShape(x.shape)}`,
      [x.shape, w.shape],
    );
  }
  const out = makeTensor(denseLayout([x.shape[0], w.shape[0], height, width]), x.kind);
  setAttributes(geometry, out.kind);
  if (bias === null) active.run3(kernel.conv2d, x.kind, out, x, w);
  else active.run4(kernel.conv2d, x.kind, out, x, w, bias);
  record3(CONV, out, x, w, bias, geometry);
  return out;
}

function outputSize(size: number, window: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (window - 1) - 1) / stride) + 1;
}

function gradInput(g: Tensor, weight: Tensor, input: Tensor, geometry: Geometry): Tensor {
  const y = contiguous(g);
  const w = contiguous(weight);
  const out = makeTensor(denseLayout(input.shape), y.kind);
  setAttributes(geometry, out.kind);
  active.run3(kernel.conv2dGradInput, y.kind, out, y, w);
  record2(GRAD_INPUT, out, y, w, geometry);
  return out;
}

function gradWeight(input: Tensor, g: Tensor, weight: Tensor, geometry: Geometry): Tensor {
  const x = contiguous(input);
  const y = contiguous(g);
  const out = makeTensor(denseLayout(weight.shape), x.kind);
  setAttributes(geometry, out.kind);
  active.run3(kernel.conv2dGradWeight, x.kind, out, x, y);
  record2(GRAD_WEIGHT, out, x, y, geometry);
  return out;
}

/** The padding of each side that 'same' asks for. */
function samePadding(
  weight: Tensor,
  stride: readonly number[],
  dilation: readonly number[],
): readonly [number, number] {
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new ArgumentError(
      'conv2d',
      'padding',
      'same',
      "padding 'same' needs stride 1; give the padding in numbers",
    );
  }
  const reach = [0, 1].map((i) => dilation[i] * (weight.shape[i + 2] - 1));
  if (reach.some((total) => total % 2 !== 0)) {
    throw new ArgumentError(
      'conv2d',
      'padding',
      'same',
      "padding 'same' needs an odd (dilated) kernel; pad the input before, or use an odd kernel",
    );
  }
  return [reach[0] / 2, reach[1] / 2];
}

/**
 * Convolves images x (N, C, H, W), or one image (C, H, W), with the kernels `weight` (O, C / groups, KH, KW), as
 * cross-correlation: out[n, o, i, j] = bias[o] + Σ weight[o, c, a, b] · x[n, c, i·stride − padding + a·dilation, …].
 * The result is (N, O, H', W') with H' = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), { stride: 1 });
 * y.toArray(); // => [[[[4, 4], [4, 4]]]]
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = NO_OPTIONS): Tensor {
  checkTensor('conv2d', x);
  checkTensor('conv2d', weight);
  checkOptions('conv2d', options, CONV_OPTIONS);
  const bias = options.bias ?? null;
  if (x.ndim === 3) {
    const out = conv2d(reshape(x, [1, ...x.shape]), weight, options);
    return reshape(out, out.shape.slice(1));
  }
  const stride = checkPair('conv2d', 'stride', options.stride ?? 1, 1);
  const dilation = checkPair('conv2d', 'dilation', options.dilation ?? 1, 1);
  const groups = options.groups ?? 1;
  checkOperands(x, weight, bias, groups);
  const wanted = options.padding ?? 0;
  const padding =
    wanted === 'same'
      ? samePadding(weight, stride, dilation)
      : checkPair('conv2d', 'padding', wanted === 'valid' ? 0 : wanted, 0);
  return forward(x, weight, bias, [...stride, ...padding, ...dilation, groups]);
}

function checkOperands(x: Tensor, weight: Tensor, bias: Tensor | null, groups: number): void {
  const shapes = [x.shape, weight.shape];
  if (x.ndim !== 4 || weight.ndim !== 4) {
    throw new ShapeError(
      'conv2d',
      `the input is (N, C, H, W) and the weight (O, C / groups, KH, KW); got ${showShape(x.shape)} and ${showShape(weight.shape)}`,
      shapes,
    );
  }
  if (!isFloatKind(x.kind) || x.kind !== weight.kind || (bias !== null && bias.kind !== x.kind)) {
    throw new DTypeError(
      'conv2d',
      `operands must have the same floating dtype; got ${x.dtype} and ${weight.dtype}: cast with to()`,
      [x.dtype, weight.dtype],
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || weight.shape[0] % groups !== 0) {
    throw new ArgumentError(
      'conv2d',
      'groups',
      groups,
      `groups divides the ${weight.shape[0]} output channels; got ${groups}`,
    );
  }
  if (x.shape[1] !== weight.shape[1] * groups) {
    throw new ShapeError(
      'conv2d',
      `the input ${showShape(x.shape)} has ${x.shape[1]} channels and the weight ${showShape(weight.shape)} takes ` +
        `${weight.shape[1] * groups} in ${groups} group${groups === 1 ? '' : 's'}`,
      shapes,
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError('conv2d', `the bias is (${weight.shape[0]},); got ${showShape(bias.shape)}`, [
      bias.shape,
    ]);
  }
}
