// Optimizers and clipping against PyTorch, step by step.

import { optim, sub, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface StepCase {
  readonly dtype: Floating;
  readonly optimizer: keyof typeof optim;
  readonly options: object;
  readonly groups: readonly object[] | null;
  readonly changes: Record<string, object>;
  readonly initial: readonly Nested[];
  readonly steps: readonly {
    readonly gradients: readonly (Nested | null)[];
    readonly after: readonly Nested[];
  }[];
  /** What PyTorch keeps of each parameter after the last step. */
  readonly state: readonly (Readonly<Record<string, Nested>> | null)[] | null;
}

interface ClipCase {
  readonly dtype: Floating;
  readonly limit: number;
  readonly normType?: number | 'Infinity';
  readonly norm?: number;
  readonly gradients: readonly Nested[];
  readonly clipped: readonly Nested[];
}

interface LbfgsCase {
  readonly dtype: Floating;
  readonly lbfgs: object;
  readonly start: readonly number[];
  readonly steps: readonly {
    readonly loss: number;
    readonly after: readonly Nested[];
    readonly funcEvals: number;
    readonly nIter: number;
  }[];
}

type AnyOptimizer = optim.Optimizer<{ lr: number }>;

const cases = readGolden<StepCase | ClipCase | LbfgsCase>('optim.json');
const stepCases = cases.filter((one): one is StepCase => 'optimizer' in one);
const lbfgsCases = cases.filter((one): one is LbfgsCase => 'lbfgs' in one);
const clipCases = cases.filter((one): one is ClipCase => 'limit' in one);

function makeOptimizer(one: StepCase, parameters: readonly Tensor[]): AnyOptimizer {
  const make = optim[one.optimizer] as unknown as new (params: unknown, options: object) => AnyOptimizer;
  return new make(
    one.groups?.map((group, i) => ({ params: [parameters[i]], ...group })) ?? parameters,
    one.options,
  );
}

/** Runs the steps; `between` may put another optimizer in the place of the one so far. */
function checkSteps(
  one: StepCase,
  between: (optimizer: AnyOptimizer) => AnyOptimizer,
  parameters: Tensor[],
): void {
  let optimizer = makeOptimizer(one, parameters);
  one.steps.forEach(({ gradients, after }, step) => {
    for (const group of optimizer.paramGroups) Object.assign(group, one.changes[step]);
    optimizer.zeroGrad();
    parameters.forEach((parameter, i) => {
      const gradient = gradients[i];
      if (gradient !== null) parameter.mul(from(gradient, one.dtype)).sum().backward();
    });
    optimizer.step();
    parameters.forEach((parameter, i) => {
      demandGolden(`parameter ${i} after step ${step}`, parameter, after[i], one.dtype);
    });
    optimizer = between(optimizer);
  });
  if (one.state !== null) checkState(one, optimizer);
}

/** All that PyTorch keeps is kept, by the same names. */
function checkState(one: StepCase, optimizer: AnyOptimizer): void {
  const { state } = optimizer.stateDict();
  one.state?.forEach((entry, i) => {
    for (const [name, value] of Object.entries(entry ?? {})) {
      const got = state[i][name];
      demandGolden(
        `${name} of parameter ${i}`,
        typeof got === 'number' ? tensor(got, { dtype: 'float64' }) : got,
        value,
        one.dtype,
      );
    }
  });
}

/** Rosenbrock's valley, and a flat bowl. */
function objective(x: Tensor, y: Tensor): Tensor {
  const count = x.shape[0] - 1;
  const [left, right] = [x.narrow(0, 0, count), x.narrow(0, 1, count)];
  const valley = right.sub(left.square()).square().mul(10).add(sub(1, left).square()).sum();
  return valley.add(y.sub(3).square().square().sum());
}

/** Runs the steps of L-BFGS; `renewed` puts another optimizer with the same state in its place after each. */
function checkLbfgs(one: LbfgsCase, renewed: boolean): void {
  const x = from(one.start, one.dtype, true);
  const y = from([[1], [4.5]], one.dtype, true);
  let optimizer = new optim.LBFGS([x, y], one.lbfgs);
  one.steps.forEach((want, step) => {
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const result = objective(x, y);
      result.backward();
      return result;
    });
    demandGolden(`loss of step ${step}`, loss, want.loss, one.dtype);
    [x, y].forEach((parameter, i) => {
      demandGolden(`parameter ${i} after step ${step}`, parameter, want.after[i], one.dtype);
    });
    const { funcEvals, nIter } = optimizer.stateDict().state[0];
    expect({ funcEvals, nIter }, `step ${step}`).toEqual({ funcEvals: want.funcEvals, nIter: want.nIter });
    if (!renewed) return;
    const other = new optim.LBFGS([x, y]);
    other.loadStateDict(optimizer.stateDict());
    optimizer = other;
  });
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(stepCases.map((one, i) => ({ ...one, i })))('$i: $optimizer($options), $dtype', (one) => {
    on(engine, () => {
      const make = (): Tensor[] => one.initial.map((values) => from(values, one.dtype, true));
      checkSteps(one, (optimizer) => optimizer, make());
      // The same, with a new optimizer after each step that takes over the state.
      const parameters = make();
      const renewed = (optimizer: AnyOptimizer): AnyOptimizer => {
        const other = makeOptimizer(one, parameters);
        other.loadStateDict(optimizer.stateDict() as never);
        return other;
      };
      checkSteps(one, renewed, parameters);
    });
  });

  it.each(lbfgsCases.map((one, i) => ({ ...one, i })))('$i: LBFGS($lbfgs), $dtype', (one) => {
    on(engine, () => {
      checkLbfgs(one, false);
      checkLbfgs(one, true);
    });
  });

  it.each(clipCases.map((one, i) => ({ ...one, i })))(
    'clipping $i: at $limit, norm $normType, $dtype',
    (one) => {
      on(engine, () => {
        const parameters = one.gradients.map((values) => {
          const parameter = from(values, one.dtype, true);
          parameter.grad = from(values, one.dtype);
          return parameter;
        });
        if (one.normType === undefined) {
          optim.clipGradValue_(parameters, one.limit);
        } else {
          const norm = optim.clipGradNorm_(parameters, one.limit, { normType: Number(one.normType) });
          expect(norm.shape).toEqual([]);
          demandGolden('norm', norm, one.norm as number, one.dtype);
        }
        parameters.forEach((parameter, i) => {
          demandGolden(`gradient ${i}`, parameter.grad, one.clipped[i], one.dtype);
        });
      });
    },
  );
});
