// Optimizers and the clipping of gradients. Re-exports only.

export { Adam, type AdamOptions, AdamW } from './adam.js';
export { type ClipGradNormOptions, clipGradNorm_, clipGradValue_ } from './clip.js';
export {
  type GroupOptions,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type Trainable,
} from './optimizer.js';
export { SGD, type SGDOptions } from './sgd.js';
