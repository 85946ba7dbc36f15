// L-BFGS: steps along an approximate Newton direction, from the last few changes of the gradient.

import { ArgumentError, describe } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import { mul, sub } from '../ops/binary.js';
import { tensor } from '../ops/create.js';
import { stack } from '../ops/join.js';
import { dataSync, item } from '../ops/read.js';
import { detach } from '../ops/shape.js';
import { select } from '../ops/slice.js';
import { neg } from '../ops/unary.js';
import { absoluteSum, addScaled, dot, FlatParameters, greatest, own } from './flat.js';
import { type LinePoint, strongWolfe } from './lineSearch.js';
import { type GroupOptions, Optimizer, type StateEntry, type Trainable, tensorMisfit } from './optimizer.js';
import { notNegative, type OptionSpec, oneOf, wholeFrom } from './options.js';

export interface LBFGSOptions {
  /** The factor of a step, or where the line search begins. Default 1. */
  lr: number;
  /** Iterations in a step. Default 20. */
  maxIter: number;
  /** Calls of the closure in a step; null for 1.25 times maxIter. Default null. */
  maxEval: number | null;
  /** It ends where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad: number;
  /** It ends where neither the loss nor a parameter changes by more. Default 1e-9. */
  toleranceChange: number;
  /** How many changes of the gradient are remembered. Default 100. */
  historySize: number;
  /** How far to go: 'strong_wolfe' searches, null goes by lr. Default null. */
  lineSearchFn: 'strong_wolfe' | null;
}

const SPEC: OptionSpec<LBFGSOptions> = {
  op: 'LBFGS',
  defaults: {
    lr: 1,
    maxIter: 20,
    maxEval: null,
    toleranceGrad: 1e-7,
    toleranceChange: 1e-9,
    historySize: 100,
    lineSearchFn: null,
  },
  checks: {
    lr: notNegative,
    maxIter: wholeFrom(1),
    maxEval: (op, name, value) => (value === null ? null : wholeFrom(1)(op, name, value)),
    toleranceGrad: notNegative,
    toleranceChange: notNegative,
    historySize: wholeFrom(1),
    lineSearchFn: oneOf('strong_wolfe', null),
  },
};

/** A change of the parameters and the change of the gradient that came with it. */
interface Change {
  readonly step: Tensor;
  readonly turn: Tensor;
  /** 1 / their dot product. */
  readonly rho: number;
}

/** What is kept between iterations; tensors are owned. */
interface Memory {
  funcEvals: number;
  nIter: number;
  /** The last direction, how far it was followed, and the gradient and loss where it began. */
  d: Tensor | null;
  t: number;
  prevFlatGrad: Tensor | null;
  prevLoss: number;
  changes: Change[];
  /** The scale of the first approximation of the inverse Hessian. */
  hDiag: number;
}

const emptyMemory = (): Memory => ({
  funcEvals: 0,
  nIter: 0,
  d: null,
  t: 0,
  prevFlatGrad: null,
  prevLoss: 0,
  changes: [],
  hDiag: 1,
});

/** A point of the line search, with the gradient there, which is owned. */
interface Evaluated extends LinePoint {
  readonly gradient: Tensor;
}

/** The names that state dicts have for what it keeps. */
const NUMBERS = ['funcEvals', 'nIter', 't', 'prevLoss', 'hDiag'] as const;
const HISTORY = ['oldDirs', 'oldStps', 'ro'];

// Changes with less curvature than this would spoil the approximation.
const LEAST_CURVATURE = 1e-10;

/**
 * L-BFGS, over one group: d = −H g, where H approximates the inverse Hessian from the last historySize changes of
 * parameters and gradient, and p ← p + t d, with t by a line search for the strong Wolfe conditions or t = lr. A step
 * is up to maxIter of these, so it takes a closure that computes the gradients anew and answers the loss
 * (Liu and Nocedal 1989).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([5, -3], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.LBFGS([w], { lineSearchFn: 'strong_wolfe' });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = w.sub(tensor([1, 2])).square().sum();
 *   loss.backward();
 *   return loss;
 * });
 * w.toArray().map(Math.round); // => [1, 2]
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  readonly #flat: FlatParameters;
  #memory = emptyMemory();

  constructor(params: Trainable<LBFGSOptions>, options: Partial<LBFGSOptions> = {}) {
    super(params, options, SPEC);
    this.#flat = new FlatParameters(this.paramGroups[0].params);
  }

  override addParamGroup(group: GroupOptions<LBFGSOptions>): void {
    if (this.paramGroups.length > 0) {
      throw new ArgumentError(
        SPEC.op,
        'params',
        group,
        'it trains one group, as its directions join all parameters; put them into one list',
      );
    }
    super.addParamGroup(group);
  }

  /** Up to maxIter iterations. The closure clears and computes the gradients and answers the loss; so does this. */
  override step(): undefined;
  override step<L>(closure: () => L): L;
  override step<L>(closure?: () => L): L {
    const call = (): L => this.evaluate(closure as () => L);
    const first = call();
    this.#iterate(lossOf(first), () => lossOf(call()));
    return first;
  }

  #iterate(firstLoss: number, evaluate: () => number): void {
    const options = this.paramGroups[0];
    const maxEval = options.maxEval ?? Math.floor((options.maxIter * 5) / 4);
    const memory = this.#memory;
    let loss = firstLoss;
    let evaluations = 1;
    memory.funcEvals++;
    let gradient = this.#flat.gradients();
    for (let iteration = 1; iteration <= options.maxIter; iteration++) {
      if (greatest(gradient) <= options.toleranceGrad) break;
      memory.nIter++;
      const direction = this.#direction(gradient, options.historySize);
      memory.prevFlatGrad?.dispose();
      memory.prevFlatGrad = this.#flat.copy(gradient);
      memory.prevLoss = loss;
      memory.t = options.lr * (memory.nIter === 1 ? Math.min(1, 1 / absoluteSum(gradient)) : 1);
      const slope = dot(gradient, direction);
      if (slope > -options.toleranceChange) break;
      let calls = 0;
      if (options.lineSearchFn !== null) {
        const origin = { t: 0, loss, slope, gradient };
        const found = this.#search(origin, direction, maxEval - evaluations, evaluate);
        ({ loss, gradient } = found.point);
        memory.t = found.point.t;
        calls = found.calls;
        this.#flat.move(direction, memory.t);
      } else {
        this.#flat.move(direction, memory.t);
        if (iteration < options.maxIter) {
          loss = evaluate();
          gradient.dispose();
          gradient = this.#flat.gradients();
          calls = 1;
        }
      }
      evaluations += calls;
      memory.funcEvals += calls;
      const still =
        greatest(direction) * Math.abs(memory.t) <= options.toleranceChange ||
        Math.abs(loss - memory.prevLoss) < options.toleranceChange;
      if (evaluations >= maxEval || still) break;
    }
    gradient.dispose();
  }

  /** −H g, kept as the memory's direction. */
  #direction(gradient: Tensor, historySize: number): Tensor {
    const memory = this.#memory;
    const { d, prevFlatGrad } = memory;
    if (d !== null && prevFlatGrad !== null) {
      this.#remember(
        own(() => mul(d, memory.t)),
        own(() => sub(gradient, prevFlatGrad)),
        historySize,
      );
      d.dispose();
    }
    const direction = own(() => neg(gradient));
    const { changes } = memory;
    const shares = new Array<number>(changes.length);
    for (let i = changes.length - 1; i >= 0; i--) {
      shares[i] = dot(changes[i].step, direction) * changes[i].rho;
      addScaled(direction, changes[i].turn, -shares[i]);
    }
    const scaled = own(() => mul(direction, memory.hDiag));
    direction.dispose();
    changes.forEach(({ step, turn, rho }, i) => {
      addScaled(scaled, step, shares[i] - dot(turn, scaled) * rho);
    });
    memory.d = scaled;
    return scaled;
  }

  #remember(step: Tensor, turn: Tensor, historySize: number): void {
    const memory = this.#memory;
    const curvature = dot(turn, step);
    if (!(curvature > LEAST_CURVATURE)) {
      step.dispose();
      turn.dispose();
      return;
    }
    while (memory.changes.length >= historySize) forget(memory.changes.shift() as Change);
    memory.changes.push({ step, turn, rho: 1 / curvature });
    memory.hDiag = curvature / dot(turn, turn);
  }

  /** The point that the line search finds; the parameters are where they were. */
  #search(
    origin: Evaluated,
    direction: Tensor,
    rounds: number,
    evaluate: () => number,
  ): { point: Evaluated; calls: number } {
    const { toleranceChange } = this.paramGroups[0];
    const start = this.#flat.values();
    const points: Evaluated[] = [];
    const at = (t: number): Evaluated => {
      this.#flat.move(direction, t);
      try {
        const loss = evaluate();
        const gradient = this.#flat.gradients();
        const point = { t, loss, slope: dot(gradient, direction), gradient };
        points.push(point);
        return point;
      } finally {
        this.#flat.set(start);
      }
    };
    const reach = greatest(direction);
    const point = strongWolfe(at, origin, this.#memory.t, reach, toleranceChange, rounds);
    for (const one of [origin, ...points]) if (one !== point) one.gradient.dispose();
    start.dispose();
    return { point, calls: points.length };
  }

  protected entryOf(parameter: Tensor): StateEntry | undefined {
    // It is the state of all; PyTorch too keeps it with the first.
    const { d, prevFlatGrad, changes, ...numbers } = this.#memory;
    if (parameter !== this.paramGroups[0].params[0] || numbers.funcEvals === 0) return undefined;
    const entry: Record<string, Tensor | number> = { ...numbers };
    if (d !== null && prevFlatGrad !== null) {
      entry.d = detach(d);
      entry.prevFlatGrad = detach(prevFlatGrad);
    }
    if (changes.length > 0) {
      entry.oldDirs = stack(changes.map((one) => one.turn));
      entry.oldStps = stack(changes.map((one) => one.step));
      const rhos = changes.map((one) => one.rho);
      entry.ro = tensor(rhos, { dtype: 'float64' });
    }
    return entry;
  }

  protected misfits(parameter: Tensor, entry: StateEntry): string[] {
    if (parameter !== this.paramGroups[0].params[0]) return ['only the first parameter has a state'];
    const size = this.#flat.size;
    const count = entry?.ro instanceof Tensor ? entry.ro.size : 0;
    const shapes = Object.entries({
      d: [size],
      prevFlatGrad: [size],
      ...(HISTORY.some((name) => entry?.[name] !== undefined) && {
        oldDirs: [count, size],
        oldStps: [count, size],
        ro: [count],
      }),
    });
    const needed = entry?.d === undefined && entry?.prevFlatGrad === undefined ? shapes.slice(2) : shapes;
    return [
      ...NUMBERS.filter((name) => typeof entry?.[name] !== 'number').map(
        (name) => `${name} must be a number`,
      ),
      ...needed.map(([name, shape]) => tensorMisfit(name, entry[name], shape)).filter((one) => one !== null),
    ];
  }

  protected adopt(entries: ReadonlyMap<Tensor, StateEntry>): void {
    const before = this.#memory;
    const [entry] = entries.values();
    this.#memory = entry === undefined ? emptyMemory() : this.#memoryOf(entry);
    before.d?.dispose();
    before.prevFlatGrad?.dispose();
    before.changes.forEach(forget);
  }

  #memoryOf(entry: StateEntry): Memory {
    const memory = emptyMemory();
    for (const name of NUMBERS) memory[name] = entry[name] as number;
    if (entry.d !== undefined) {
      memory.d = this.#flat.copy(entry.d as Tensor);
      memory.prevFlatGrad = this.#flat.copy(entry.prevFlatGrad as Tensor);
    }
    if (entry.ro !== undefined) {
      memory.changes = Array.from(dataSync(entry.ro as Tensor), (rho, i) => ({
        step: this.#flat.copy(select(entry.oldStps as Tensor, 0, i)),
        turn: this.#flat.copy(select(entry.oldDirs as Tensor, 0, i)),
        rho,
      }));
    }
    return memory;
  }
}

function forget(change: Change): void {
  change.step.dispose();
  change.turn.dispose();
}

/** The loss that a closure has answered, as a number. */
function lossOf(loss: unknown): number {
  const value: unknown = loss instanceof Tensor ? item(loss) : loss;
  if (typeof value === 'number') return value;
  throw new ArgumentError(
    `${SPEC.op}.step`,
    'closure',
    loss,
    `the closure answers the loss, as a tensor or a number; got ${describe(loss)}`,
  );
}
