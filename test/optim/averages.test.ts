// Averages of weights against PyTorch, and what is left of the model when they have been used.

import {
  ArgumentError,
  DataLoader,
  type DType,
  nn,
  noGrad,
  ones,
  optim,
  ShapeError,
  type Tensor,
  TensorDataset,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface AverageCase {
  readonly dtype: Floating;
  readonly rule: keyof typeof RULES;
  readonly useBuffers: boolean;
  readonly rounds: readonly {
    readonly values: Readonly<Record<string, Nested>>;
    readonly averages: Readonly<Record<string, Nested>>;
  }[];
  readonly batches: readonly Nested[];
  readonly statistics: { readonly running_mean: Nested; readonly running_var: Nested };
  readonly output: Nested;
}

const { swaUtils } = optim;

const RULES = {
  default: {},
  ema: { avgFn: swaUtils.getEmaAvgFn(0.8) },
  swa: { avgFn: swaUtils.getSwaAvgFn() },
  emaMulti: { multiAvgFn: swaUtils.getEmaMultiAvgFn(0.3) },
  swaMulti: { multiAvgFn: swaUtils.getSwaMultiAvgFn() },
};

const cases = readGolden<AverageCase>('averages.json');

const makeModel = (dtype: DType): nn.Sequential =>
  new nn.Sequential(
    new nn.Linear(2, 3, { dtype }),
    new nn.BatchNorm1d(3, { dtype }),
    new nn.Linear(3, 1, { dtype }),
  );

function load(model: nn.Module, values: Readonly<Record<string, Nested>>, dtype: Floating): void {
  model.loadStateDict(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, from(value, dtype)])),
  );
}

/** A weight of one number, and an average of it. */
function single(options = {}): { model: nn.Linear; averaged: optim.swaUtils.AveragedModel } {
  const model = new nn.Linear(1, 1, { bias: false });
  noGrad(() => model.weight.fill_(2));
  const averaged = new swaUtils.AveragedModel(model, options);
  return { model, averaged };
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases)('$rule, $dtype', async (one) => {
    let finished: Promise<void> = Promise.resolve();
    on(engine, () => {
      const model = makeModel(one.dtype);
      const averaged = new swaUtils.AveragedModel(model, RULES[one.rule]);
      const last = one.rounds[one.rounds.length - 1];
      one.rounds.forEach(({ values, averages }, round) => {
        load(model, values, one.dtype);
        averaged.updateParameters(model);
        const state = averaged.stateDict();
        expect(Object.keys(state).sort()).toEqual(Object.keys(averages).sort());
        for (const [name, value] of Object.entries(averages)) {
          demandGolden(`${name} of round ${round}`, state[name], value, one.dtype);
        }
      });
      const batches = one.batches.map((batch) => from(batch, one.dtype));
      for (const batch of batches) check(averaged, batch);
      finished = swaUtils.updateBn(batches, averaged).then(() =>
        on(engine, () => {
          const state = averaged.stateDict();
          demandGolden('mean', state['module.1.running_mean'], one.statistics.running_mean, one.dtype);
          demandGolden('variance', state['module.1.running_var'], one.statistics.running_var, one.dtype);
          averaged.eval();
          demandGolden(
            'output',
            noGrad(() => averaged.forward(batches[0])),
            one.output,
            one.dtype,
          );
          expect(model.training).toBe(true);
          for (const [name, value] of Object.entries(last.values))
            demandGolden(`${name} of the model`, model.stateDict()[name], value, one.dtype);
        }),
      );
    });
    await finished;
  });

  /** A forward with the averages leaves the model as it was. */
  function check(averaged: optim.swaUtils.AveragedModel, batch: Tensor): void {
    averaged.eval();
    expect(noGrad(() => averaged.forward(batch)).shape).toEqual([batch.shape[0], 1]);
    averaged.train();
  }
});

describe('averaged models', () => {
  it('put the weights back, whatever happens', () => {
    const { model, averaged } = single();
    averaged.updateParameters(model);
    noGrad(() => model.weight.fill_(4));
    expect(averaged.use(() => model.weight.item())).toBe(2);
    expect(averaged.use(() => averaged.use(() => model.weight.item()))).toBe(2);
    const fail = (): never => {
      throw new RangeError('stop');
    };
    expect(() => averaged.use(fail)).toThrow(RangeError);
    expect(() => averaged.use(async () => 1)).toThrow(/AveragedModel.use/);
    expect(model.weight.item()).toBe(4);
  });

  it('average buffers where that is asked for, and numbers of batches never', () => {
    const model = new nn.BatchNorm1d(1);
    const averaged = new swaUtils.AveragedModel(model, { useBuffers: true });
    for (const value of [1, 5]) {
      noGrad(() => {
        model.runningMean?.fill_(value);
        model.numBatchesTracked?.fill_(value);
      });
      averaged.updateParameters(model);
    }
    const state = averaged.stateDict();
    expect(state['module.running_mean'].toArray()).toEqual([3]);
    expect(state['module.num_batches_tracked'].item()).toBe(5);
  });

  it('go on from their state dict', () => {
    const { model, averaged } = single();
    averaged.updateParameters(model);
    const other = new swaUtils.AveragedModel(model);
    other.loadStateDict(averaged.stateDict());
    noGrad(() => model.weight.fill_(4));
    other.updateParameters(model);
    expect(other.averages[0].item()).toBe(3);
    expect(other.nAveraged.item()).toBe(2);
  });

  it('are evaluated by trainers and follow to()', () => {
    const { model, averaged } = single();
    averaged.updateParameters(model);
    averaged.to('float64');
    averaged.updateParameters(model);
    expect([averaged.averages[0].dtype, averaged.averages[0].item()]).toEqual(['float64', 2]);
  });

  it('make a graph that saved the averages refuse to run', () => {
    const average = tensor([1], { requiresGrad: true });
    const loss = average.mul(average).sum();
    swaUtils.getEmaMultiAvgFn()([average], [tensor([2])], 1);
    expect(() => loss.backward()).toThrow(/changed in place/);
  });

  it('refuse what cannot be averaged', async () => {
    const { model, averaged } = single();
    const rule = swaUtils.getSwaMultiAvgFn();
    const refused: [() => unknown, RegExp][] = [
      [() => new swaUtils.AveragedModel({} as never), /averages an nn.Module/],
      [() => single({ avgFn: swaUtils.getEmaAvgFn(), multiAvgFn: rule }), /one rule/],
      [() => averaged.updateParameters(new nn.Linear(1, 2)), /it has 2 tensors instead of 1/],
      [() => averaged.updateParameters(new nn.Linear(2, 1, { bias: false })), /it has weight/],
      [() => swaUtils.getEmaAvgFn(1.5), /decay is a number from 0 to 1/],
      [() => swaUtils.getEmaMultiAvgFn(-1), /decay/],
      [() => rule([ones([2])], [], 1), /1 averages and 0 tensors/],
      [() => rule([ones([2, 3]).t()], [ones([3, 2])], 1), /clone/],
    ];
    for (const [make, message] of refused) {
      expect(make, String(message)).toThrow(ArgumentError);
      expect(make).toThrow(message);
    }
    expect(() => rule([ones([2])], [ones([3])], 1)).toThrow(ShapeError);
    expect(model.weight.item()).toBe(2);
  });
});

describe('updateBn', () => {
  it('takes loaders, and leaves momentum and modes as they were', async () => {
    const model = new nn.Sequential(new nn.BatchNorm1d(1, { momentum: 0.3 }), new nn.Dropout());
    model.eval();
    const dataset = new TensorDataset(tensor([[1], [3], [5], [7]]), zeros([4]));
    await swaUtils.updateBn(new DataLoader(dataset, { batchSize: 2 }), model);
    const [norm] = model.children() as [nn.BatchNorm1d];
    expect(norm.runningMean?.toArray()).toEqual([4]);
    expect(norm.runningVar?.toArray()).toEqual([2]);
    expect([norm.momentum, norm.training, model.training]).toEqual([0.3, false, false]);
  });

  it('refuses loaders without batches and changes nothing then', async () => {
    const model = new nn.BatchNorm1d(1);
    noGrad(() => model.runningMean?.fill_(3));
    await expect(swaUtils.updateBn([], model)).rejects.toThrow(/no batch/);
    await expect(swaUtils.updateBn([1 as never], model)).rejects.toThrow(/a batch is a tensor/);
    expect(model.runningMean?.toArray()).toEqual([3]);
    await swaUtils.updateBn([], new nn.Linear(1, 1));
  });
});
