// Weight and spectral normalisation, as parametrizations of weights.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { noGrad } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { div, mul } from '../ops/binary.js';
import { copy_ } from '../ops/inplace.js';
import { matmul } from '../ops/matmul.js';
import { norm } from '../ops/norm.js';
import { randn } from '../ops/random.js';
import { sum } from '../ops/reduce.js';
import { clone, flatten, permute } from '../ops/shape.js';
import { normalize } from '../ops/similarity.js';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './layers/convTranspose.js';
import { Module } from './module.js';
import { buffer } from './parameter.js';
import { demandParameter, isParametrized, registerParametrization } from './parametrize.js';

/** The parameter of a name, still a plain one or computed already. */
function weightOf(op: string, module: Module, name: string): Tensor {
  if (!(module instanceof Module)) throw new ArgumentError(op, 'module', module, 'a module is needed here');
  return isParametrized(module, name)
    ? (Reflect.get(module, name) as Tensor)
    : demandParameter(op, module, name);
}

function checkDimension(op: string, dim: unknown, weight: Tensor): asserts dim is number {
  if (Number.isInteger(dim) && (dim as number) >= -weight.ndim && (dim as number) < weight.ndim) return;
  throw new ShapeError(
    op,
    `dim ${String(dim)} is no dimension of a weight of shape ${showShape(weight.shape)}`,
    [weight.shape],
  );
}

class WeightNorm extends Module {
  /** All dimensions but that along which lengths are trained; undefined for all. */
  private readonly dims: number[] | undefined;

  constructor(dim: number | null, ndim: number) {
    super();
    const kept = dim !== null && dim < 0 ? dim + ndim : dim;
    this.dims =
      kept === null ? undefined : Array.from({ length: ndim }, (_, i) => i).filter((i) => i !== kept);
  }

  private lengths(direction: Tensor): Tensor {
    // Of vectors each number is a direction of its own.
    if (this.dims?.length === 0) return direction.abs();
    return norm(direction, this.dims, { keepdim: this.dims !== undefined });
  }

  forward(length: Tensor, direction: Tensor): Tensor {
    return mul(direction, div(length, this.lengths(direction)));
  }

  rightInverse(weight: Tensor): Tensor[] {
    return [this.lengths(weight), clone(weight)];
  }
}

export interface WeightNormOptions {
  /** The field that holds the parameter. Default 'weight'. */
  name?: string;
  /** The dimension each index of which has a length of its own; null for one length. Default 0. */
  dim?: number | null;
}

const WEIGHT_NORM_OPTIONS = optionNames<WeightNormOptions>({ name: true, dim: true });

/**
 * Trains the length and the direction of a weight apart: weight = g · v / ‖v‖, computed at each forward from
 * `parametrizations.weight.original0`, g, and `original1`, v (Salimans and Kingma 2016). There is a length for each index
 * of dimension `dim`, or one for the whole. Make the optimizer afterwards. Answers the module;
 * {@link removeParametrizations} ends it.
 *
 * @throws ArgumentError where the module has no such parameter or dim is negative; ShapeError where it has no such
 * dimension.
 * @example
 * import { nn } from 'quern';
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(3, 2));
 * Object.keys(layer.stateDict());
 * // => ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
 * layer.getParameter('parametrizations.weight.original0').shape; // => [2, 1]
 */
export function weightNorm<M extends Module>(module: M, options: WeightNormOptions = NO_OPTIONS): M {
  const op = 'weightNorm';
  checkOptions(op, options, WEIGHT_NORM_OPTIONS);
  const { name = 'weight', dim = 0 } = options;
  const weight = weightOf(op, module, name);
  if (dim !== null) checkDimension(op, dim, weight);
  // In PyTorch −1 stands for the whole, which here would be the last dimension.
  if (dim !== null && dim < 0) {
    throw new ArgumentError(op, 'dim', dim, `dim counts from 0, and is null for one length; got ${dim}`);
  }
  return registerParametrization(module, name, new WeightNorm(dim, weight.ndim));
}

class SpectralNorm extends Module {
  // As PyTorch names them in state dicts.
  private _u: Tensor | null = null;
  private _v: Tensor | null = null;

  constructor(
    weight: Tensor,
    private readonly nPowerIterations: number,
    private readonly eps: number,
    private readonly dim: number,
  ) {
    super();
    if (weight.ndim < 2) return;
    noGrad(() => {
      const matrix = this.matrixOf(weight);
      const [u, v] = matrix.shape.map((size) =>
        buffer(normalize(randn([size], { dtype: weight.dtype }), 0, { eps })),
      );
      this._u = u;
      this._v = v;
      // Close to the singular vectors from the start, as in PyTorch.
      this.iterate(matrix, u, v, 15);
    });
  }

  private matrixOf(weight: Tensor): Tensor {
    const others = weight.shape.map((_size, i) => i).filter((i) => i !== this.dim);
    return flatten(this.dim === 0 ? weight : permute(weight, [this.dim, ...others]), { startDim: 1 });
  }

  /** Turns u and v towards the singular vectors of the largest singular value. */
  private iterate(matrix: Tensor, u: Tensor, v: Tensor, times: number): void {
    const { eps } = this;
    noGrad(() => {
      for (let i = 0; i < times; i++) {
        copy_(u, normalize(matmul(matrix, v), 0, { eps }));
        copy_(v, normalize(matmul(u, matrix), 0, { eps }));
      }
    });
  }

  forward(weight: Tensor): Tensor {
    const { _u, _v, eps } = this;
    if (_u === null || _v === null) return normalize(weight, 0, { eps });
    const matrix = this.matrixOf(weight);
    if (this.training) this.iterate(matrix, _u, _v, this.nPowerIterations);
    // Copies, for the next forward moves the vectors while this one's graph may still wait for its backward.
    const [u, v] = noGrad(() => [clone(_u), clone(_v)]);
    return div(weight, sum(mul(u, matmul(matrix, v))));
  }
}

export interface SpectralNormOptions {
  /** The field that holds the parameter. Default 'weight'. */
  name?: string;
  /** Steps of the power iteration at each forward in training. Default 1. */
  nPowerIterations?: number;
  /** The least length by which vectors are divided. Default 1e-12. */
  eps?: number;
  /** The dimension of the outputs. Default 0, and 1 for transposed convolutions. */
  dim?: number;
}

const SPECTRAL_NORM_OPTIONS = optionNames<SpectralNormOptions>({
  name: true,
  nPowerIterations: true,
  eps: true,
  dim: true,
});

/**
 * Divides a weight by its largest singular value σ, that of the matrix of its dimension `dim` and all others, at each
 * forward (Miyato et al. 2018). A power iteration estimates σ: its vectors are the buffers `parametrizations.weight.0._u`
 * and `_v`, which move in training alone; a weight of one dimension is divided by its length. Make the optimizer
 * afterwards. Answers the module; {@link removeParametrizations} ends it.
 *
 * @throws ArgumentError where the module has no such parameter or a number has no meaning; ShapeError where it has no
 * such dimension.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = nn.utils.parametrizations.spectralNorm(new nn.Linear(3, 1, { bias: false }));
 * Math.round(layer.weight.norm().item() * 1e5) / 1e5; // => 1
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = NO_OPTIONS): M {
  const op = 'spectralNorm';
  checkOptions(op, options, SPECTRAL_NORM_OPTIONS);
  const { name = 'weight', nPowerIterations = 1, eps = 1e-12 } = options;
  const weight = weightOf(op, module, name);
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some(
    (type) => (module as Module) instanceof type,
  );
  const { dim = transposed ? 1 : 0 } = options;
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < 1) {
    throw new ArgumentError(
      op,
      'nPowerIterations',
      nPowerIterations,
      `nPowerIterations is a whole number from 1; got ${String(nPowerIterations)}`,
    );
  }
  if (!(Number.isFinite(eps) && eps >= 0))
    throw new ArgumentError(op, 'eps', eps, `eps is a finite number from 0; got ${String(eps)}`);
  checkDimension(op, dim, weight);
  const axis = dim < 0 ? dim + weight.ndim : dim;
  return registerParametrization(module, name, new SpectralNorm(weight, nPowerIterations, eps, axis));
}
