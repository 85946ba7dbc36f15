// Schedules of the learning rate. Re-exports only.

export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine.js';
export { CyclicLR, type CyclicLROptions } from './cyclic.js';
export { LambdaLR, MultiplicativeLR, type RateFactor } from './lambda.js';
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
} from './linear.js';
export { OneCycleLR, type OneCycleLROptions } from './oneCycle.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './plateau.js';
export {
  LRScheduler,
  type Schedulable,
  type ScheduledGroup,
  type SchedulerOptions,
  type SchedulerState,
} from './scheduler.js';
export { type Chainable, ChainedScheduler, SequentialLR } from './sequence.js';
export { ExponentialLR, MultiStepLR, StepLR, type StepLROptions } from './step.js';
export { WarmupLR, type WarmupLROptions } from './warmup.js';
