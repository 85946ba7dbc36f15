// Schedules of the learning rate against PyTorch, epoch by epoch; their state dicts, and what they refuse.

import { ArgumentError, optim, QuernError, StateDictError, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { readGolden } from '../support/golden.js';

/** A schedule: its name, positional arguments and options. */
type Spec = readonly [name: string, args: readonly unknown[], options: Readonly<Record<string, unknown>>];

interface ScheduleCase {
  readonly optimizer: 'SGD' | 'Adam';
  readonly spec: Spec;
  /** One row an epoch, one column a group. */
  readonly rates: readonly (readonly number[])[];
  readonly momenta: readonly (readonly number[])[];
}

const cases = readGolden<ScheduleCase>('schedules.json');
const { lrScheduler, swaUtils } = optim;
type Scheduler = optim.lrScheduler.LRScheduler;

// Those that the script has under the same names.
const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  inverse: (epoch) => 1 / (1 + epoch),
  decay: (epoch) => 0.95 ** epoch,
  turns: (epoch) => (epoch % 2 === 1 ? 0.9 : 1.05),
  wave: (x) => 0.5 * (1 + Math.sin(x)),
};

const leaf = (): Tensor => tensor([1], { requiresGrad: true });
type AnyOptimizer = optim.Optimizer<{ lr: number }>;

function makeOptimizer(name: 'SGD' | 'Adam'): AnyOptimizer {
  const groups = [{ params: [leaf()] }, { params: [leaf()], lr: 0.02 }];
  return name === 'SGD'
    ? new optim.SGD(groups, { lr: 0.1, momentum: 0.9 })
    : new optim.Adam(groups, { lr: 0.1 });
}

function build(optimizer: AnyOptimizer, [name, args, options]: Spec): Scheduler {
  const values = args.map((one) => (typeof one === 'string' ? FUNCTIONS[one] : one));
  const composite = name === 'SequentialLR' || name === 'ChainedScheduler';
  if (composite) values[0] = (values[0] as Spec[]).map((one) => build(optimizer, one));
  const own = { ...options };
  if (typeof own.scaleFn === 'string') own.scaleFn = FUNCTIONS[own.scaleFn];
  const make = { ...lrScheduler, SWALR: swaUtils.SWALR }[name as 'StepLR'] as unknown as new (
    ...given: unknown[]
  ) => Scheduler;
  if (name === 'ChainedScheduler') return new make(...values);
  return new make(optimizer, ...values, ...(composite ? [] : [own]));
}

/** The losses that the script gives ReduceLROnPlateau. */
function metric(epoch: number): number {
  const losses = [1.0, 0.9, 0.95, 0.90001, 0.89999, 0.3, 1.5, 0.31, 0.299, 0.2995];
  return losses[epoch % 10] * 0.97 ** Math.floor(epoch / 20);
}

function advance(scheduler: Scheduler, epoch: number): void {
  (scheduler.step as (metric?: number) => void)(metric(epoch));
}

function momenta(optimizer: AnyOptimizer): number[] {
  return optimizer.paramGroups.map((group) => {
    const { betas, momentum } = group as { betas?: readonly number[]; momentum?: number };
    return betas?.[0] ?? (momentum as number);
  });
}

const rates = (optimizer: AnyOptimizer): number[] => optimizer.paramGroups.map((group) => group.lr);

function expectClose(what: string, got: readonly number[], want: readonly number[]): void {
  got.forEach((value, i) => {
    expect(Math.abs(value - want[i]), `${what}: ${got} instead of ${want}`).toBeLessThanOrEqual(
      1e-12 * Math.max(1, Math.abs(want[i])),
    );
  });
}

describe.each(cases.map((one, i) => ({ ...one, i, name: one.spec[0], options: one.spec[2] })))(
  '$i: $name($options) on $optimizer',
  (one) => {
    it('sets the learning rates and momenta that PyTorch sets', () => {
      const optimizer = makeOptimizer(one.optimizer);
      const scheduler = build(optimizer, one.spec);
      one.rates.forEach((want, epoch) => {
        expectClose(`epoch ${epoch}`, rates(optimizer), want);
        expectClose(`momenta of epoch ${epoch}`, momenta(optimizer), one.momenta[epoch]);
        expect(scheduler.getLastLr()).toEqual(rates(optimizer));
        expect(scheduler.lastEpoch).toBe(epoch);
        if (epoch + 1 < one.rates.length) advance(scheduler, epoch);
      });
    });

    it('goes on from state dicts that have been JSON, with the same bits', () => {
      const [first, second] = [makeOptimizer(one.optimizer), makeOptimizer(one.optimizer)];
      const scheduler = build(first, one.spec);
      for (let epoch = 0; epoch < 23; epoch++) advance(scheduler, epoch);
      const other = build(second, one.spec);
      other.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
      second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
      expect(other.getLastLr()).toEqual(scheduler.getLastLr());
      for (let epoch = 23; epoch < 59; epoch++) {
        advance(scheduler, epoch);
        advance(other, epoch);
        expect([rates(second), momenta(second)]).toEqual([rates(first), momenta(first)]);
      }
    });
  },
);

describe('schedules', () => {
  const sgd = (options: object = {}): optim.SGD => new optim.SGD([leaf()], { lr: 1, ...options });

  it('begin from the first learning rates, whatever was made before', () => {
    const optimizer = sgd();
    new lrScheduler.LinearLR(optimizer, { startFactor: 0.5 });
    expect(new lrScheduler.ExponentialLR(optimizer, 0.5).baseLrs).toEqual([1]);
    expect(optimizer.stateDict().paramGroups[0].initialLr).toBe(1);
  });

  it('go on at lastEpoch where the groups know what they started from', () => {
    const optimizer = sgd();
    expect(() => new lrScheduler.StepLR(optimizer, 2, { lastEpoch: 3 })).toThrow(/group 0 has no initialLr/);
    expect(optimizer.paramGroups[0].initialLr).toBeUndefined();
    const resumed = new optim.SGD([{ params: [leaf()], lr: 0.5, initialLr: 2 }]);
    const scheduler = new lrScheduler.LambdaLR(resumed, (epoch) => epoch / 10, { lastEpoch: 3 });
    expect([scheduler.lastEpoch, ...scheduler.getLastLr()]).toEqual([4, 0.8]);
  });

  it('take metrics as tensors, and bear NaN as a bad one', () => {
    const optimizer = sgd();
    const scheduler = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 });
    scheduler.step(tensor(1));
    scheduler.step(Number.NaN);
    expect(scheduler.getLastLr()).toEqual([0.1]);
    expect(() => scheduler.step('1' as never)).toThrow(/metric is a number/);
  });

  it('refuse what has no meaning', () => {
    const optimizer = sgd({ momentum: 0.9 });
    const adagrad = new optim.Adagrad([leaf()]);
    const step = new lrScheduler.StepLR(optimizer, 2);
    const other = new lrScheduler.StepLR(sgd(), 2);
    const plateau = new lrScheduler.ReduceLROnPlateau(optimizer);
    const chained = new lrScheduler.ChainedScheduler([step]);
    const refused: [() => unknown, RegExp][] = [
      [() => new lrScheduler.StepLR({} as never, 2), /drives an optimizer/],
      [() => new lrScheduler.StepLR(optimizer, 0), /stepSize is a whole number from 1/],
      [() => new lrScheduler.StepLR(optimizer, 2, { gamma: -1 }), /gamma/],
      [() => new lrScheduler.StepLR(optimizer, 2, { lastEpoch: -2 }), /lastEpoch/],
      [() => new lrScheduler.MultiStepLR(optimizer, [3, 1]), /epochs in order/],
      [() => new lrScheduler.LambdaLR(optimizer, [() => 1, () => 1]), /got 2 functions/],
      [() => new lrScheduler.MultiplicativeLR(optimizer, 0.9 as never), /lrLambda is a function/],
      [() => new lrScheduler.ConstantLR(optimizer, { factor: 0 }), /factor is a number above 0/],
      [() => new lrScheduler.LinearLR(optimizer, { startFactor: 0 }), /startFactor/],
      [() => new lrScheduler.LinearLR(optimizer, { endFactor: 2 }), /endFactor/],
      [() => new lrScheduler.ExponentialLR(optimizer, Number.NaN), /gamma/],
      [() => new lrScheduler.CosineAnnealingLR(optimizer, 0), /tMax/],
      [() => new lrScheduler.CosineAnnealingWarmRestarts(optimizer, 2, { tMult: 0 }), /tMult/],
      [() => new lrScheduler.OneCycleLR(optimizer, 1), /give totalSteps, or both/],
      [() => new lrScheduler.OneCycleLR(optimizer, [1, 2], { totalSteps: 3 }), /each of the optimizer's 1/],
      [() => new lrScheduler.OneCycleLR(optimizer, 1, { totalSteps: 3, divFactor: 0 }), /divFactor/],
      [
        () => new lrScheduler.OneCycleLR(optimizer, 1, { totalSteps: 3, annealStrategy: 'sine' as never }),
        /annealStrategy is 'cos' or 'linear'/,
      ],
      [() => new lrScheduler.OneCycleLR(adagrad, 1, { totalSteps: 3 }), /neither momentum nor betas/],
      [() => new lrScheduler.CyclicLR(adagrad, 0.1, 1), /cycleMomentum: false/],
      [() => new lrScheduler.CyclicLR(optimizer, 0.1, 1, { scaleFn: 1 as never }), /scaleFn is a function/],
      [
        () => new lrScheduler.ReduceLROnPlateau(optimizer, { factor: 1 }),
        /factor is a number from 0, below 1/,
      ],
      [
        () => new lrScheduler.ReduceLROnPlateau(optimizer, { mode: 'least' as never }),
        /mode is 'min' or 'max'/,
      ],
      [() => new lrScheduler.SequentialLR(optimizer, [], []), /list of schedules/],
      [() => new lrScheduler.SequentialLR(optimizer, [step, other], [1]), /must all drive one optimizer/],
      [() => new lrScheduler.SequentialLR(optimizer, [step, step], []), /1 of them; got 0/],
      [() => new lrScheduler.SequentialLR(optimizer, [chained as never], []), /ChainedScheduler; it takes/],
      [() => new lrScheduler.ChainedScheduler([plateau as never]), /ReduceLROnPlateau; .* no metric/],
      [
        () => new lrScheduler.WarmupLR(optimizer, 4, { startFactor: 2 }),
        /startFactor is a number from 0 to 1/,
      ],
      [() => new swaUtils.SWALR(optimizer, -1), /swaLr/],
    ];
    for (const [make, message] of refused) {
      expect(make, String(message)).toThrow(ArgumentError);
      expect(make).toThrow(message);
    }
  });

  it('refuse steps and groups that they do not know of', () => {
    const optimizer = sgd({ momentum: 0.9 });
    const cycle = new lrScheduler.OneCycleLR(optimizer, 1, { totalSteps: 2 });
    cycle.step();
    const last = cycle.getLastLr();
    cycle.step();
    expect(cycle.getLastLr()).toEqual(last);
    expect(() => cycle.step()).toThrow(/the cycle has 2 steps/);
    expect(cycle.lastEpoch).toBe(2);
    const steep = new lrScheduler.OneCycleLR(sgd({ momentum: 0.9 }), 1, { totalSteps: 10, pctStart: 0.1 });
    expect(steep.getLastLr()).toEqual([1]);
    const scheduler = new lrScheduler.StepLR(optimizer, 2);
    const lambda = new lrScheduler.LambdaLR(optimizer, () => 1);
    optimizer.addParamGroup({ params: [leaf()] });
    expect(() => lambda.step()).toThrow(QuernError);
    expect(() => lambda.step()).toThrow(/had 1 when the schedule was made/);
    scheduler.step();
    expect(() => new lrScheduler.LambdaLR(optimizer, () => Number.NaN)).toThrow(/lr is a finite number/);
  });

  it('load nothing of a state dict that does not fit', () => {
    const optimizer = sgd();
    const scheduler = new lrScheduler.StepLR(optimizer, 2);
    const good = scheduler.stateDict();
    expect(good).toEqual({ lastEpoch: 0, lastLr: [1], baseLrs: [1], stepCount: 1, stepSize: 2, gamma: 0.1 });
    const wrong: [unknown, RegExp][] = [
      [null, /no state dict but null/],
      [{ ...good, lastEpoch: '3' }, /lastEpoch must be like 0/],
      [{ ...good, baseLrs: [1, 2] }, /baseLrs must be like \[1\]/],
      [{ ...good, tMax: 3 }, /tMax is not part of it/],
    ];
    for (const [state, message] of wrong) {
      expect(() => scheduler.loadStateDict(state as never)).toThrow(StateDictError);
      expect(() => scheduler.loadStateDict(state as never)).toThrow(message);
    }
    expect(scheduler.stateDict()).toEqual(good);
    const chained = new lrScheduler.ChainedScheduler([scheduler]);
    expect(() => chained.loadStateDict({ ...chained.stateDict(), schedulers: [] })).toThrow(/1 state dicts/);
    const inner = { ...chained.stateDict(), schedulers: [{ ...good, gamma: '1' }] };
    expect(() => chained.loadStateDict(inner)).toThrow(/schedule 0: gamma must be like 0.1/);
  });
});
