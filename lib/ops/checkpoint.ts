// Checkpoints: parts of a model that keep no intermediate values, and compute them again in backward.

import { isFloatKind } from '../core/dtype.js';
import { ArgumentError, describe, GradientError } from '../core/errors.js';
import { enableGrad, isGradEnabled, type Node } from '../core/graph.js';
import { asLeaves, gradientsFrom, JointRule } from '../core/joint.js';
import { sameDims } from '../core/layout.js';
import { getRandomState, setRandomState } from '../core/random.js';
import { createdSince, markCreated, refusePromise, scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { detach } from './shape.js';

const RULE = new JointRule('checkpoint');

function listOf(result: unknown): Tensor[] {
  const list: unknown[] = Array.isArray(result) ? result : [result];
  const other = list.find((one) => !(one instanceof Tensor));
  if (other === undefined && list.length > 0) return list as Tensor[];
  throw new ArgumentError(
    'checkpoint',
    'f',
    result,
    `the function returns a tensor or an array of tensors; got ${describe(other ?? result)}`,
  );
}

/** The tensors from outside at which the graphs of outputs end: parameters, inputs, whatever the function captured. */
function boundaryOf(outputs: readonly Tensor[], inside: ReadonlySet<Tensor>): Set<Tensor> {
  const boundary = new Set<Tensor>();
  const seen = new Set<Node>();
  const waiting: Tensor[] = [...outputs];
  const operands: Tensor[] = [];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (!tensor.tracked) continue;
    if (!inside.has(tensor)) {
      boundary.add(tensor);
      continue;
    }
    const { node } = tensor;
    if (node === null || seen.has(node)) continue;
    seen.add(node);
    operands.length = 0;
    node.held(operands);
    // Its own output is among what a node holds; it was seen.
    for (const operand of operands) if (operand !== node.out) waiting.push(operand);
  }
  return boundary;
}

/** A tensor made inside without its history, or an alias of one that was there before. */
function withoutHistory(output: Tensor, inside: ReadonlySet<Tensor>): Tensor {
  if (!inside.has(output)) return detach(output);
  output.node = null;
  output.tracked = false;
  return output;
}

/**
 * Runs a function without keeping what its gradient needs: backward runs it again, from the same random state, and only
 * then has its intermediate values. Less memory for about a third more time. Gradients reach the inputs and whatever
 * else the function uses: parameters of modules, captured tensors. Second derivatives work as well.
 *
 * `f` is called with the inputs and returns a tensor or an array of tensors. It must do the same both times; what else
 * it does (running statistics of batch normalisation) happens twice, as in PyTorch. Tensors that it makes and does not
 * return are given back: `keep()` what is to outlive it.
 *
 * @throws ArgumentError for results that are no tensors; GradientError where an input was changed in place, or the
 * second run gives other shapes. Source: Chen et al., "Training deep nets with sublinear memory cost" (2016).
 * @example
 * import { checkpoint, nn, ones } from 'quern';
 * const block = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Dropout({ p: 0.5 }));
 * const x = ones([2, 4], { requiresGrad: true });
 * checkpoint((input) => block.forward(input), x).sum().backward();
 * [x.grad.shape, block.at(0).weight.grad.shape]; // => [[2, 4], [8, 4]]
 */
export function checkpoint<Inputs extends readonly unknown[], Outputs extends Tensor | readonly Tensor[]>(
  f: (...inputs: Inputs) => Outputs,
  ...inputs: Inputs
): Outputs {
  if (typeof f !== 'function')
    throw new ArgumentError('checkpoint', 'f', f, `a function is needed; got ${describe(f)}`);
  if (!isGradEnabled()) return refusePromise('checkpoint', f(...inputs));
  const given = inputs.filter((input): input is Inputs[number] & Tensor => input instanceof Tensor);
  const before = given.map((tensor) => tensor.root.version);
  const state = getRandomState();
  let boundary = new Set<Tensor>();
  let many = false;
  const outputs = scope(() => {
    const mark = markCreated();
    const result = refusePromise('checkpoint', f(...inputs));
    many = Array.isArray(result);
    const list = listOf(result);
    const inside = createdSince(mark);
    boundary = boundaryOf(list, inside);
    return list.map((output) => withoutHistory(output, inside));
  });
  if (given.some((tensor, i) => tensor.root.version !== before[i])) {
    throw new GradientError(
      'checkpoint',
      'the function changed an input in place, and backward could not run it again; write into a clone() of it',
    );
  }
  if (boundary.size > 0) record(f, inputs, outputs, [...new Set([...boundary, ...given])], state);
  return (many ? outputs : outputs[0]) as unknown as Outputs;
}

function record<Inputs extends readonly unknown[]>(
  f: (...inputs: Inputs) => unknown,
  inputs: Inputs,
  outputs: readonly Tensor[],
  operands: readonly Tensor[],
  state: ReturnType<typeof getRandomState>,
): void {
  const versions = operands.map((tensor) => tensor.root.version);
  const layouts = outputs.map((output) => output.layout);
  const places = outputs.flatMap((output, i) => (isFloatKind(output.kind) ? [i] : []));
  RULE.record(
    places.map((i) => outputs[i]),
    operands,
    (gradients) => {
      if (operands.some((tensor, i) => tensor.root.version !== versions[i])) {
        throw new GradientError(
          'checkpoint',
          'what the function uses was changed in place before backward ran it again; change a clone, or after backward',
        );
      }
      const createGraph = isGradEnabled();
      return asLeaves(operands, () => {
        const again = runAgain(f, inputs, state);
        if (again.length !== layouts.length || again.some((one, i) => !sameDims(one.layout, layouts[i]))) {
          throw new GradientError(
            'checkpoint',
            'the function returned other shapes when backward ran it again; it must do the same both times',
          );
        }
        const roots = places.map((i) => again[i]);
        return gradientsFrom(roots, gradients, operands, { createGraph, retainGraph: createGraph });
      });
    },
  );
}

/** Runs the function, recorded, on the random numbers that it had; those after it stay what they are. */
function runAgain<Inputs extends readonly unknown[]>(
  f: (...inputs: Inputs) => unknown,
  inputs: Inputs,
  state: ReturnType<typeof getRandomState>,
): Tensor[] {
  const now = getRandomState();
  setRandomState(state);
  try {
    return listOf(enableGrad(() => f(...inputs)));
  } finally {
    setRandomState(now);
  }
}

/** What {@link checkpointSequential} runs: a module, or a function of one tensor. */
export type Stage = ((x: Tensor) => Tensor) | { forward(x: Tensor): Tensor };

function run(stages: readonly Stage[], x: Tensor): Tensor {
  return stages.reduce((out, stage) => (typeof stage === 'function' ? stage(out) : stage.forward(out)), x);
}

/**
 * Runs stages in a row (an `nn.Sequential`, or an array of modules and functions), cut into so many segments of equal
 * length, each but the last a {@link checkpoint}. About √n segments for n stages need the least memory.
 *
 * @throws ArgumentError where segments is no whole number from 1 to the number of stages.
 * @example
 * import { checkpointSequential, nn, ones } from 'quern';
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 8), new nn.Tanh());
 * checkpointSequential(model, 2, ones([3, 4])).shape; // => [3, 8]
 */
export function checkpointSequential(stages: Iterable<Stage>, segments: number, input: Tensor): Tensor {
  const list = [...stages];
  if (!Number.isInteger(segments) || segments < 1 || segments > list.length) {
    throw new ArgumentError(
      'checkpointSequential',
      'segments',
      segments,
      `the number of segments is whole, from 1 to the number of stages, ${list.length}; got ${segments}`,
    );
  }
  const length = Math.floor(list.length / segments);
  let x = input;
  for (let i = 0; i < segments - 1; i++) {
    const segment = list.slice(i * length, (i + 1) * length);
    x = checkpoint((value: Tensor) => run(segment, value), x);
  }
  return run(list.slice((segments - 1) * length), x);
}
