// Pooling of images (N, C, H, W): kernels and their rules, of which pooling along other numbers of axes is made.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { B, type Rule, record1, record2 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { rule } from './apply.js';
import { contiguous } from './shape.js';

/** The attributes of a pooling kernel, kept for its gradient. */
export type Geometry = readonly number[];

function setGeometry(geometry: Geometry): void {
  for (let i = 0; i < geometry.length; i++) attributes[i] = geometry[i];
}

/** The largest value of each window, and where in its plane it lies. */
export interface Maxima {
  readonly values: Tensor;
  readonly indices: Tensor;
}

// Where the maxima lie is either the node's own, or somebody else's too: then it stands as operand b.
const ownIndices = (name: string): Rule =>
  rule(name, { a: [0, (n, g) => maxGrad(g, n.helper as Tensor, (n.a as Tensor).shape)] });
const sharedIndices = (name: string): Rule =>
  rule(name, { a: [B, (n, g) => maxGrad(g, n.b as Tensor, (n.a as Tensor).shape)] });

const MAX_POOL = ownIndices('maxPool2d');
const MAX_POOL_INDICES = sharedIndices('maxPool2d');
const ADAPTIVE_MAX = ownIndices('adaptiveMaxPool2d');
const ADAPTIVE_MAX_INDICES = sharedIndices('adaptiveMaxPool2d');
const MAX_GRAD = rule('maxPool2dGrad', { a: [B, (n, h) => planeGather(h, n.b as Tensor)] });
const PLANE_GATHER = sharedIndices('planeGather');

function maxGrad(g: Tensor, indices: Tensor, dims: readonly number[]): Tensor {
  const y = contiguous(g);
  const out = makeTensor(denseLayout(dims), y.kind);
  active.run3(kernel.maxPool2dGrad, y.kind, out, y, indices);
  record2(MAX_GRAD, out, y, indices, null);
  return out;
}

/** The values of images (N, C, H, W) at places h·W + w of their own planes (N, C, …). */
export function planeGather(x: Tensor, indices: Tensor): Tensor {
  const out = makeTensor(indices.layout, x.kind);
  active.run3(kernel.planeGather, x.kind, out, contiguous(x), indices);
  record2(PLANE_GATHER, out, x, indices, null);
  return out;
}

function runMax(code: number, a: Tensor, height: number, width: number, geometry: Geometry): Maxima {
  const layout = denseLayout([a.shape[0], a.shape[1], height, width]);
  const values = makeTensor(layout, a.kind);
  const indices = makeTensor(layout, INT32);
  setGeometry(geometry);
  active.run3(code, a.kind, values, indices, a);
  return { values, indices };
}

/** Records values whose indices nobody else will see. */
function recordMax(maxima: Maxima, a: Tensor, by: Rule): Tensor {
  const { values, indices } = maxima;
  record1(by, values, a, null);
  if (values.node !== null) values.node.helper = indices;
  else indices.dispose();
  return values;
}

/** Geometry: window, stride, padding and dilation, each for height and width. */
export function maxImages(x: Tensor, geometry: Geometry, height: number, width: number): Tensor {
  const a = contiguous(x);
  return recordMax(runMax(kernel.maxPool2d, a, height, width, geometry), a, MAX_POOL);
}

export function maxImagesWithIndices(x: Tensor, geometry: Geometry, height: number, width: number): Maxima {
  const a = contiguous(x);
  const maxima = runMax(kernel.maxPool2d, a, height, width, geometry);
  record2(MAX_POOL_INDICES, maxima.values, a, maxima.indices, null);
  return maxima;
}

export function adaptiveMaxImages(x: Tensor, height: number, width: number): Tensor {
  const a = contiguous(x);
  return recordMax(runMax(kernel.adaptiveMaxPool2d, a, height, width, []), a, ADAPTIVE_MAX);
}

export function adaptiveMaxImagesWithIndices(x: Tensor, height: number, width: number): Maxima {
  const a = contiguous(x);
  const maxima = runMax(kernel.adaptiveMaxPool2d, a, height, width, []);
  record2(ADAPTIVE_MAX_INDICES, maxima.values, a, maxima.indices, null);
  return maxima;
}

/** A mean of windows and its gradient, which is linear: each is the other's gradient. */
class Average {
  readonly #kernel: number;
  readonly #gradKernel: number;
  readonly #rule: Rule;
  readonly #gradRule: Rule;

  constructor(name: string, forward: number, grad: number) {
    this.#kernel = forward;
    this.#gradKernel = grad;
    this.#rule = rule(name, { a: [0, (n, g) => this.#grad(g, n.saved as AverageShape)] });
    this.#gradRule = rule(`${name}Grad`, { a: [0, (n, h) => this.forward(h, n.saved as AverageShape)] });
  }

  forward(x: Tensor, how: AverageShape): Tensor {
    const a = contiguous(x);
    const out = makeTensor(denseLayout(how.to), a.kind);
    setGeometry(how.geometry);
    active.run2(this.#kernel, a.kind, out, a);
    record1(this.#rule, out, a, how);
    return out;
  }

  #grad(g: Tensor, how: AverageShape): Tensor {
    const y = contiguous(g);
    const out = makeTensor(denseLayout(how.from), y.kind);
    setGeometry(how.geometry);
    active.run2(this.#gradKernel, y.kind, out, y);
    record1(this.#gradRule, out, y, how);
    return out;
  }
}

/** What the gradient needs: the geometry, and the shapes at both ends. */
interface AverageShape {
  readonly geometry: Geometry;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const AVG_POOL = new Average('avgPool2d', kernel.avgPool2d, kernel.avgPool2dGrad);
const ADAPTIVE_AVG = new Average('adaptiveAvgPool2d', kernel.adaptiveAvgPool2d, kernel.adaptiveAvgPool2dGrad);

function averageShape(x: Tensor, geometry: Geometry, height: number, width: number): AverageShape {
  return { geometry, from: x.shape, to: [x.shape[0], x.shape[1], height, width] };
}

/**
 * Geometry: window, stride and padding, each for height and width; whether padding counts; the divisor instead of
 * the count, or 0; whether sizes were rounded up.
 */
export function averageImages(x: Tensor, geometry: Geometry, height: number, width: number): Tensor {
  return AVG_POOL.forward(x, averageShape(x, geometry, height, width));
}

export function adaptiveAverageImages(x: Tensor, height: number, width: number): Tensor {
  return ADAPTIVE_AVG.forward(x, averageShape(x, [], height, width));
}
