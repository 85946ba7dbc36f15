// Averages of weights over the steps of training. Re-exports only.

export { AveragedModel, type AveragedModelOptions } from './averagedModel.js';
export {
  type AvgFn,
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  type MultiAvgFn,
} from './averaging.js';
export { SWALR, type SWALROptions } from './swaLr.js';
export { type Inputs, updateBn } from './updateBn.js';
