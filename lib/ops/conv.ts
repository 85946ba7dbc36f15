// Convolution along one, two and three axes, its gradients, and the gradients of those.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes, PRECISION } from '../backend/record.js';
import type { Kind } from '../core/dtype.js';
import { ShapeError, showShape } from '../core/errors.js';
import { A, B, type Rule, record2, record3, type Way, type Ways } from '../core/graph.js';
import { denseLayout, type Layout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { precisionOf } from '../core/precision.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import {
  type Axes,
  checkOperands,
  checkSizes,
  type Pair,
  type Single,
  type Sizes,
  samePadding,
  type Triple,
} from './convShape.js';
import { ACTIVATIONS, type Activation } from './linear.js';
import { pad } from './pad.js';
import { sum, sumInto } from './reduce.js';
import { contiguous, reshape } from './shape.js';

interface ConvOptions<Size extends Sizes> {
  /** (O,), added to each output channel. */
  bias?: Tensor | null;
  /** Default 1. */
  stride?: Size;
  /** Zeros added on each side; 'same' keeps the size (stride 1 only; what an even kernel needs more comes after), 'valid' is 0. Default 0. */
  padding?: Size | 'same' | 'valid';
  /** Distance between the kernel's points. Default 1. */
  dilation?: Size;
  /** Blocks of channels that do not see one another. Default 1. */
  groups?: number;
}

export type Conv1dOptions = ConvOptions<Single>;
export type Conv2dOptions = ConvOptions<Pair>;
export type Conv3dOptions = ConvOptions<Triple>;

const CONV_OPTIONS = optionNames<ConvOptions<Sizes>>({
  bias: true,
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
});

/**
 * The numbers that the kernels take: stride, padding and dilation of each axis, and the groups. Those of a forward pass
 * take the activation's code after them. @internal
 */
export type Geometry = readonly number[];

function setAttributes(geometry: Geometry, kind: Kind): void {
  attributes[PRECISION] = precisionOf(kind);
  for (let i = 0; i < geometry.length; i++) attributes[i] = geometry[i];
}

/** A rule for each activation that an operation may end with: its gradient passes the activation's way first. */
function endings(name: string, ways: Ways): ReadonlyMap<Activation, Rule> {
  const rules = new Map<Activation, Rule>();
  for (const activation of Object.values(ACTIVATIONS)) {
    const { readsThrough, through } = activation.rule;
    const first = through === null ? {} : ({ through: [readsThrough, through] } as Pick<Ways, 'through'>);
    rules.set(activation, rule(name, { ...ways, ...first }));
  }
  return rules;
}

function outputSize(size: number, window: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (window - 1) - 1) / stride) + 1;
}

/**
 * The convolution of images or of volumes, with its data gradient, which with a bias is the transposed convolution,
 * and its weight gradient. Each of the three is linear in both of its operands, and its gradients are the other two.
 */
class Convolution {
  readonly #axes: 2 | 3;
  readonly #kernel: number;
  readonly #gradInputKernel: number;
  readonly #gradWeightKernel: number;
  readonly #rules: ReadonlyMap<Activation, Rule>;
  readonly #gradInputRule: Rule;
  readonly #gradWeightRule: Rule;

  constructor(axes: 2 | 3, forward: number, gradInput: number, gradWeight: number) {
    this.#axes = axes;
    this.#kernel = forward;
    this.#gradInputKernel = gradInput;
    this.#gradWeightKernel = gradWeight;
    const name = `conv${axes}d`;
    // A bias has each channel's own sum of the gradient.
    const others = axes === 2 ? [0, 2, 3] : [0, 2, 3, 4];
    const added: Way = [0, (_n, g) => sum(g, others), (_n, g, target) => this.#gradBiasInto(target, g)];
    this.#rules = endings(name, {
      a: [B, (n, g) => this.gradInput(g, n.b as Tensor, null, (n.a as Tensor).shape, n.saved as Geometry)],
      b: [
        A,
        (n, g) => this.#gradWeight(n.a as Tensor, g, n.b as Tensor, n.saved as Geometry),
        (n, g, target) => this.#gradWeightInto(target, n.a as Tensor, g, n.saved as Geometry),
      ],
      c: added,
    });
    this.#gradInputRule = rule(`${name}GradInput`, {
      a: [B, (n, h) => this.forward(h, n.b as Tensor, null, n.saved as Geometry)],
      b: [
        A,
        (n, h) => this.#gradWeight(h, n.a as Tensor, n.b as Tensor, n.saved as Geometry),
        (n, h, target) => this.#gradWeightInto(target, h, n.a as Tensor, n.saved as Geometry),
      ],
      c: added,
    });
    this.#gradWeightRule = rule(`${name}GradWeight`, {
      a: [B, (n, h) => this.gradInput(n.b as Tensor, h, null, (n.a as Tensor).shape, n.saved as Geometry)],
      b: [A, (n, h) => this.forward(n.a as Tensor, h, null, n.saved as Geometry)],
    });
  }

  forward(
    input: Tensor,
    weight: Tensor,
    added: Tensor | null,
    geometry: Geometry,
    activation: Activation = ACTIVATIONS.none,
  ): Tensor {
    const x = contiguous(input);
    const w = contiguous(weight);
    const bias = added === null ? null : contiguous(added);
    const out = makeTensor(this.#outputLayout(x, w, geometry), x.kind);
    setAttributes(geometry, out.kind);
    attributes[geometry.length] = activation.code;
    if (bias === null) active.run3(this.#kernel, x.kind, out, x, w);
    else active.run4(this.#kernel, x.kind, out, x, w, bias);
    record3(this.#rules.get(activation) as Rule, out, x, w, bias, geometry);
    return out;
  }

  #outputLayout(x: Tensor, w: Tensor, geometry: Geometry): Layout {
    const axes = this.#axes;
    const size = (i: number): number =>
      outputSize(x.shape[i + 2], w.shape[i + 2], geometry[i], geometry[axes + i], geometry[2 * axes + i]);
    const [images, filters] = [x.shape[0], w.shape[0]];
    return denseLayout(
      axes === 2 ? [images, filters, size(0), size(1)] : [images, filters, size(0), size(1), size(2)],
    );
  }

  /** The gradient of an input of shape `dims`; and a bias, where this is a transposed convolution. */
  gradInput(
    g: Tensor,
    weight: Tensor,
    added: Tensor | null,
    dims: readonly number[],
    geometry: Geometry,
  ): Tensor {
    const y = contiguous(g);
    const w = contiguous(weight);
    const out = makeTensor(denseLayout(dims), y.kind);
    setAttributes(geometry, out.kind);
    active.run3(this.#gradInputKernel, y.kind, out, y, w);
    if (added !== null) {
      const { slab, offset, kind } = contiguous(added);
      const layout = denseLayout(this.#axes === 2 ? [added.size, 1, 1] : [added.size, 1, 1, 1]);
      active.run3(kernel.add, kind, out, out, { slab, offset, kind, layout });
    }
    record3(this.#gradInputRule, out, y, w, added, geometry);
    return out;
  }

  #gradWeight(input: Tensor, g: Tensor, weight: Tensor, geometry: Geometry): Tensor {
    const x = contiguous(input);
    const y = contiguous(g);
    const out = makeTensor(denseLayout(weight.shape), x.kind);
    this.#gradWeightInto(out, x, y, geometry);
    record2(this.#gradWeightRule, out, x, y, geometry);
    return out;
  }

  #gradWeightInto(target: Tensor, input: Tensor, g: Tensor, geometry: Geometry): void {
    const x = contiguous(input);
    const y = contiguous(g);
    setAttributes(geometry, target.kind);
    active.run3(this.#gradWeightKernel, target.kind, target, x, y);
  }

  #gradBiasInto(target: Tensor, g: Tensor): void {
    const layout = denseLayout(this.#axes === 2 ? [target.size, 1, 1] : [target.size, 1, 1, 1]);
    sumInto(makeView('conv', target, layout, target.offset), g);
  }
}

const IMAGES = new Convolution(2, kernel.conv2d, kernel.conv2dGradInput, kernel.conv2dGradWeight);
const VOLUMES = new Convolution(3, kernel.conv3d, kernel.conv3dGradInput, kernel.conv3dGradWeight);

/** The convolution that serves so many axes; signals (one axis) are images of height one. @internal */
export function convolutionOf(axes: Axes): Convolution {
  return axes === 3 ? VOLUMES : IMAGES;
}

/** Signals (N, C, L), or their weights, as images of height one; others as they are. @internal */
export function asImages(axes: Axes, x: Tensor): Tensor {
  return axes === 1 ? reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]) : x;
}

/** Images of height one as signals again. @internal */
export function asSignals(axes: Axes, x: Tensor): Tensor {
  return axes === 1 ? reshape(x, [x.shape[0], x.shape[1], x.shape[3]]) : x;
}

/** Stride, padding, dilation and groups as the kernels take them. @internal */
export function geometryOf(
  axes: Axes,
  stride: readonly number[],
  padding: readonly number[],
  dilation: readonly number[],
  groups: number,
): Geometry {
  if (axes === 1) return [1, stride[0], 0, padding[0], 1, dilation[0], groups];
  if (axes === 2) return [stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1], groups];
  return [...stride, ...padding, ...dilation, groups];
}

function convolve<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions<Size>,
  activation?: Activation,
): Tensor {
  checkTensor(op, x);
  checkTensor(op, weight);
  checkOptions(op, options, CONV_OPTIONS);
  const bias = options.bias ?? null;
  if (x.ndim === axes + 1) {
    const out = convolve(op, axes, reshape(x, [1, ...x.shape]), weight, options, activation);
    return reshape(out, out.shape.slice(1));
  }
  const stride = checkSizes(op, 'stride', options.stride ?? 1, 1, axes);
  const dilation = checkSizes(op, 'dilation', options.dilation ?? 1, 1, axes);
  const groups = options.groups ?? 1;
  checkOperands(op, axes, x, weight, bias, groups, false);
  const wanted = options.padding ?? 0;
  if (wanted === 'same') {
    const { before, after } = samePadding(op, weight.shape.slice(2), stride, dilation);
    // The kernels pad both sides alike: what an even kernel needs more after an axis is padded before.
    const more = after.map((size, i) => size - before[i]).reverse();
    const padded = more.includes(1)
      ? pad(
          x,
          more.flatMap((size) => [0, size]),
        )
      : x;
    return convolve(op, axes, padded, weight, { ...options, padding: before as Size }, activation);
  }
  const padding = checkSizes(op, 'padding', wanted === 'valid' ? 0 : (wanted as Sizes), 0, axes);
  for (let i = 0; i < axes; i++) {
    if (outputSize(x.shape[i + 2], weight.shape[i + 2], stride[i], padding[i], dilation[i]) >= 1) continue;
    throw new ShapeError(
      op,
      `the kernel ${showShape(weight.shape.slice(2))}, dilated, is larger than the padded input ${showShape(x.shape)}`,
      [x.shape, weight.shape],
    );
  }
  const geometry = geometryOf(axes, stride, padding, dilation, groups);
  const images = asImages(axes, x);
  const filters = asImages(axes, weight);
  return asSignals(axes, convolutionOf(axes).forward(images, filters, bias, geometry, activation));
}

/** The convolution of a layer, and the activation after it. @internal */
export function convolveActivated(
  axes: Axes,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions<Sizes>,
  activation: Activation,
): Tensor {
  return convolve(`conv${axes}d`, axes, x, weight, options, activation);
}

/**
 * Convolves signals x (N, C, L), or one signal (C, L), with the kernels `weight` (O, C / groups, K), as
 * cross-correlation: out[n, o, i] = bias[o] + Σ weight[o, c, a] · x[n, c, i·stride − padding + a·dilation]. The result
 * is (N, O, L') with L' = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const y = nn.functional.conv1d(tensor([[[1, 2, 4]]]), tensor([[[1, -1]]]));
 * y.toArray(); // => [[[-1, -2]]]
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = NO_OPTIONS): Tensor {
  return convolve('conv1d', 1, x, weight, options);
}

/**
 * Convolves images x (N, C, H, W), or one image (C, H, W), with the kernels `weight` (O, C / groups, KH, KW), as
 * cross-correlation: out[n, o, i, j] = bias[o] + Σ weight[o, c, a, b] · x[n, c, i·stride − padding + a·dilation, …].
 * The result is (N, O, H', W') with H' = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1.
 *
 * The addon computes float32 kernels of 3×3 with stride 1 and from 16 channels on by 36 products for 4×4 outputs instead
 * of 144 (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016), where that is faster: the
 * rounding error is about twice that of the plain sum.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), { stride: 1 });
 * y.toArray(); // => [[[[4, 4], [4, 4]]]]
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = NO_OPTIONS): Tensor {
  return convolve('conv2d', 2, x, weight, options);
}

/**
 * Convolves volumes x (N, C, D, H, W), or one volume (C, D, H, W), with the kernels `weight` (O, C / groups, KD, KH,
 * KW), as cross-correlation: {@link conv2d} with one more axis. The result is (N, O, D', H', W') with D' =
 * ⌊(D + 2·padding − dilation·(KD − 1) − 1) / stride⌋ + 1.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.conv3d(ones([1, 1, 2, 2, 3]), ones([1, 1, 2, 2, 2]));
 * y.toArray(); // => [[[[[8, 8]]]]]
 */
export function conv3d(x: Tensor, weight: Tensor, options: Conv3dOptions = NO_OPTIONS): Tensor {
  return convolve('conv3d', 3, x, weight, options);
}
