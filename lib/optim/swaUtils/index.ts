// Averages of weights over the steps of training. Re-exports only.

export { SWALR, type SWALROptions } from './swaLr.js';
