// The three nets of the examples as they are compared with PyTorch: weights, batches, and twenty steps of training.
import {
  DataLoader,
  type Dataset,
  type DType,
  loadMnist,
  manualSeed,
  nn,
  optim,
  scope,
  type Tensor,
} from 'quern';
import { CharLstm } from '../models/char-lstm.js';
import { Gpt } from '../models/gpt.js';
import { ResNet20 } from '../models/resnet.js';
import { firstSamples } from './data.js';
import { languageLoss, readCorpus } from './text.js';

export const STEPS = 20;

/**
 * One net: its model without dropout, its data, and how it is trained. The rate of learning grows step by step to what
 * the optimizer is given, and that of the residual net is small: in float32 a few of its rectifiers have inputs that
 * are nought but for rounding, and open on one side and not on the other.
 */
interface Case {
  model(): nn.Module;
  batches(): Batches;
  loss(output: Tensor, target: Tensor): Tensor;
  optimizer(parameters: readonly Tensor[]): optim.Optimizer<{ lr: number }>;
}

type Batches = readonly (readonly Tensor[])[];

/** What both sides start from, and how ours goes on. */
export interface Start {
  /** The initial weights and buffers, and the batches as `x.0`, `y.0`, `x.1`, … */
  readonly tensors: Record<string, Tensor>;
  losses(dtype: DType): number[];
}

const CONTEXT = 64;

function corpusBatches(): Batches {
  return inOrder(readCorpus(undefined, CONTEXT, Number.POSITIVE_INFINITY).train, 8);
}

function inOrder(dataset: Dataset, batchSize: number): Batches {
  return [...new DataLoader(firstSamples(dataset, batchSize * STEPS), { batchSize })];
}

const vocabularySize = () => readCorpus(undefined, CONTEXT, 1).vocabulary.size;

const CASES: Record<string, Case> = {
  'char-lstm': {
    model: () => new CharLstm(vocabularySize(), { dropout: 0 }),
    batches: corpusBatches,
    loss: languageLoss,
    optimizer: (parameters) => new optim.Adam(parameters, { lr: 3e-3 }),
  },
  'char-gpt': {
    model: () => new Gpt(vocabularySize(), CONTEXT, { dropout: 0 }),
    batches: corpusBatches,
    loss: languageLoss,
    optimizer: (parameters) => new optim.AdamW(parameters, { lr: 1e-3, weightDecay: 0.1 }),
  },
  'fashion-resnet': {
    model: () => new ResNet20(1, 10),
    // Digits stand for clothes, which npm does not have: to twenty steps they are the same.
    batches: () => inOrder(loadMnist().train, 32),
    loss: nn.functional.crossEntropy,
    optimizer: (parameters) =>
      new optim.SGD(parameters, { lr: 5e-3, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
  },
};

export const NAMES = Object.keys(CASES);

/** Draws the weights of a net and cuts its batches: always the same ones. */
export function startOf(name: string): Start {
  const { model: make, batches: cut, loss, optimizer: choose } = CASES[name];
  manualSeed(1);
  const initial = make().stateDict();
  const batches = cut();
  const tensors = { ...initial };
  batches.forEach(([x, y], i) => {
    tensors[`x.${i}`] = x;
    tensors[`y.${i}`] = y;
  });
  return {
    tensors,
    losses(dtype) {
      const model = make().to(dtype);
      model.loadStateDict(initial);
      const optimizer = choose(model.parameters());
      const schedule = new optim.lrScheduler.LinearLR(optimizer, {
        startFactor: 1 / STEPS,
        totalIters: STEPS - 1,
      });
      return batches.map(([x, y]) =>
        scope(() => {
          const value = loss(model.forward(x.dtype === 'int32' ? x : x.to(dtype)), y);
          optimizer.zeroGrad();
          value.backward();
          optimizer.step();
          schedule.step();
          return value.item();
        }),
      );
    },
  };
}
