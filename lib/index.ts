// The public surface of Quern.

import './ops/arithmetic.js';
import './ops/methods.js';

export { type BackendName, backendName, getNumThreads, setNumThreads, useBackend } from './backend/active.js';
export type { BackwardOptions } from './core/autograd.js';
export type { DataArray, DType } from './core/dtype.js';
export {
  AnomalyError,
  ArgumentError,
  BackendError,
  DisposedError,
  DTypeError,
  FileFormatError,
  GradientError,
  IndexError,
  MemoryError,
  QuernError,
  ShapeError,
  StateDictError,
} from './core/errors.js';
export type { GradientHook } from './core/gradientHooks.js';
export { enableGrad, isGradEnabled, noGrad } from './core/graph.js';
export type { RemovableHandle } from './core/handles.js';
export { emptyCache, type MemoryReport, memory } from './core/pool.js';
export { type AutocastOptions, autocast, isAutocastEnabled } from './core/precision.js';
export { getRandomState, manualSeed, type RandomState, setRandomState } from './core/random.js';
export { keep, openScope, type Scope, scope } from './core/scope.js';
export { Tensor } from './core/tensor.js';
export { type LivingTensor, livingTensors, trackTensors } from './core/tracing.js';
export {
  type Batch,
  type Dataset,
  randomSplit,
  type Sample,
  type SplitOptions,
  Subset,
  TensorDataset,
} from './data/dataset.js';
export { type IdxData, readIdx } from './data/idx.js';
export { DataLoader, type DataLoaderOptions } from './data/loader.js';
export { loadMnist, type Mnist, type MnistOptions } from './data/mnist.js';
export { RandomSampler, type Sampler, SequentialSampler } from './data/samplers.js';
export { normalize } from './data/transforms.js';
export { loadSafetensors, type SafetensorsOptions, saveSafetensors } from './io/safetensors.js';
export { type AnomalyOptions, detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from './nn/anomaly.js';
export * as nn from './nn/index.js';
export { relu, sigmoid, softplus, tanh } from './ops/activation.js';
export {
  aminmax,
  countNonzero,
  type DeviationAndMean,
  type MinAndMax,
  nanmean,
  nansum,
  stdMean,
  type VarianceAndMean,
  varMean,
} from './ops/aggregate.js';
export type { Operand } from './ops/apply.js';
export { type GradientsOptions, gradients } from './ops/autograd.js';
export {
  add,
  add_,
  type DivOptions,
  div,
  div_,
  maximum,
  minimum,
  mul,
  mul_,
  pow,
  sub,
  sub_,
} from './ops/binary.js';
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from './ops/bitwise.js';
export { to } from './ops/cast.js';
export { checkpoint, checkpointSequential, type Stage } from './ops/checkpoint.js';
export { type ClampOptions, clamp } from './ops/clamp.js';
export { allClose, type CloseOptions, equal, isClose } from './ops/close.js';
export {
  eq,
  ge,
  gt,
  isFinite,
  isInf,
  isNaN,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  ne,
} from './ops/compare.js';
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  type LogspaceOptions,
  linspace,
  logspace,
  ones,
  onesLike,
  type TensorData,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './ops/create.js';
export {
  customFunction,
  type FunctionContext,
  type FunctionDefinition,
  type FunctionGradients,
} from './ops/customFunction.js';
export {
  type DifferentiationOptions,
  grad,
  jvp,
  type Primals,
  valueAndGrad,
  vjp,
} from './ops/derivatives.js';
export { type DiagEmbedOptions, type DiagOptions, diag, diagEmbed } from './ops/diag.js';
export { type DiagonalOptions, diagonal, trace } from './ops/diagonal.js';
export { floorDivide, fmod, remainder } from './ops/division.js';
export { einsum } from './ops/einsum.js';
export { flip, fliplr, flipud, type Rot90Options, roll, rot90 } from './ops/flip.js';
export { digamma, lgamma, polygamma } from './ops/gamma.js';
export { gather, indexAdd, indexSelect, scatterAdd } from './ops/gather.js';
export {
  GradcheckError,
  type GradcheckOptions,
  type GradgradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './ops/gradcheck.js';
export { type MeshgridOptions, meshgrid } from './ops/grid.js';
export { copy_, fill_, zero_ } from './ops/inplace.js';
export { hessian, type JacobianOptions, jacobian } from './ops/jacobian.js';
export { cat, chunk, concat, split, stack, unbind } from './ops/join.js';
export { maskedScatter, maskedScatter_, maskedSelect } from './ops/masked.js';
export { matmul } from './ops/matmul.js';
export { cross, kron, matrixPower, multiDot } from './ops/matrix.js';
export {
  kthvalue,
  median,
  mode,
  nanmedian,
  nanquantile,
  type QuantileOptions,
  quantile,
} from './ops/median.js';
export { type MultinomialOptions, multinomial } from './ops/multinomial.js';
export { type NanToNumOptions, nanToNum } from './ops/nanToNum.js';
export { argwhere, type NonzeroOptions, nonzero } from './ops/nonzero.js';
export { cdist, type DistanceOptions, dist, type NormOptions, norm } from './ops/norm.js';
export { type PadMode, type PadOptions, pad } from './ops/pad.js';
export { atan2, copysign, hypot, logaddexp, xlogy } from './ops/pairs.js';
export {
  type AddProductOptions,
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  bmm,
  dot,
  inner,
  mm,
  mv,
  outer,
  tensordot,
  vdot,
} from './ops/products.js';
export { bernoulli, normal, rand, randint, randn, randperm, uniform } from './ops/random.js';
export {
  type BernoulliOptions,
  bernoulli_,
  type CauchyOptions,
  cauchy_,
  type ExponentialOptions,
  exponential_,
  geometric_,
  logNormal_,
  type NormalOptions,
  normal_,
  type RangeOptions,
  random_,
  uniform_,
} from './ops/randomInPlace.js';
export {
  exponential,
  poisson,
  randintLike,
  randLike,
  randnLike,
  standardGamma,
} from './ops/randomLike.js';
export { dataSync, item, toArray } from './ops/read.js';
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  type Dim,
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  sum,
  type ValuesAndIndices,
} from './ops/reduce.js';
export { repeat, repeatInterleave, tile } from './ops/repeat.js';
export { cummax, cummin, cumprod, cumsum, logcumsumexp } from './ops/scan.js';
export {
  indexAdd_,
  indexCopy,
  indexCopy_,
  indexFill,
  indexFill_,
  type ScatterOptions,
  scatter,
  scatter_,
  scatterAdd_,
} from './ops/scatter.js';
export { type ScatterReduceOptions, type ScatterReduction, scatterReduce } from './ops/scatterReduce.js';
export {
  type BincountOptions,
  bincount,
  bucketize,
  type HistcOptions,
  type Histogram,
  type HistogramOptions,
  histc,
  histogram,
  type SearchOptions,
  searchsorted,
} from './ops/search.js';
export {
  broadcastTo,
  clone,
  contiguous,
  detach,
  expand,
  flatten,
  movedim,
  permute,
  reshape,
  squeeze,
  t,
  transpose,
  unflatten,
  unsqueeze,
  view,
} from './ops/shape.js';
export {
  atLeast1d,
  atLeast2d,
  atLeast3d,
  broadcastTensors,
  expandAs,
  ravel,
  reshapeAs,
  swapaxes,
  viewAs,
} from './ops/shapeAs.js';
export { fromShared, type SharedTensor, toShared } from './ops/shared.js';
export { narrow, type SliceOptions, select, slice } from './ops/slice.js';
export { logSoftmax, softmax } from './ops/softmax.js';
export { argsort, msort, type SortOptions, sort, type TopkOptions, topk } from './ops/sort.js';
export { logsumexp, std, variance } from './ops/spread.js';
export { dstack, hstack, tensorSplit, vstack } from './ops/stacking.js';
export { index, indexPut, indexPut_ } from './ops/subscript.js';
export type { IndexPart } from './ops/subscriptSpec.js';
export { type PutOptions, put_, take, takeAlongDim } from './ops/take.js';
export { type AddcOptions, addcdiv, addcmul, lerp } from './ops/ternary.js';
export {
  type TriangleIndicesOptions,
  type TriangleOptions,
  tril,
  trilIndices,
  triu,
  triuIndices,
} from './ops/triangle.js';
export { acos, acosh, asin, asinh, atan, atanh, cosh, sinh } from './ops/trigonometric.js';
export {
  abs,
  ceil,
  cos,
  erf,
  erfc,
  exp,
  exp2,
  expm1,
  floor,
  frac,
  log,
  log1p,
  log2,
  log10,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  tan,
  trunc,
} from './ops/unary.js';
export {
  type ConsecutiveOptions,
  type UniqueOptions,
  type UniqueValues,
  unique,
  uniqueConsecutive,
} from './ops/unique.js';
export { type VmapOptions, vmap } from './ops/vmap.js';
export { maskedFill, where } from './ops/where.js';
export * as optim from './optim/index.js';
export type { Batches } from './train/batches.js';
export type { BatchResult, Callbacks, EpochResult, Metrics, Results } from './train/callbacks.js';
export { LossError } from './train/errors.js';
export { Accuracy, ConfusionMatrix, type Loss, MeanLoss, type Metric } from './train/metrics.js';
export type { LossLike, Model, Stepper } from './train/model.js';
export { type FitOptions, type RunOptions, Trainer, type TrainerOptions } from './train/trainer.js';
