// Optimizers, schedules of their learning rates, and the clipping of gradients. Re-exports only.

export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { ASGD, type ASGDOptions } from './asgd.js';
export { type ClipGradNormOptions, clipGradNorm_, clipGradValue_ } from './clip.js';
export { LAMB, type LAMBOptions } from './lamb.js';
export { LBFGS, type LBFGSOptions } from './lbfgs.js';
export { Lion, type LionOptions } from './lion.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export {
  type GroupOptions,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type StateEntry,
  type Trainable,
} from './optimizer.js';
export { elasticNetPenalty, l1Penalty, l2Penalty } from './penalty.js';
export { RAdam, type RAdamOptions } from './radam.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { Rprop, type RpropOptions } from './rprop.js';
export * as lrScheduler from './schedulers/index.js';
export { SGD, type SGDOptions } from './sgd.js';
export * as swaUtils from './swaUtils/index.js';
