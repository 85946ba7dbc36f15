// Walks from several outputs at once, and nodes that gather the gradients of all their outputs before they pass any on.

import { gradientsOf } from './autograd.js';
import { FLOAT32 } from './dtype.js';
import { isGradEnabled, type Node, Rule, record1, recordList, setGradEnabled } from './graph.js';
import { SCALAR } from './layout.js';
import { hold, letGo, makeTensor, makeView, type Tensor } from './tensor.js';

/** The gradients of all operands from those of all outputs; null for an output to which none came. */
export type JointBackward = (gradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

/** What came to the outputs of one operation in the walk that is under way. */
interface Arrivals {
  readonly gradients: (Tensor | null)[];
  /** The walk that left each: one that failed may have left some. */
  readonly walks: number[];
  readonly back: JointBackward;
}

interface Arrival {
  readonly at: Arrivals;
  readonly index: number;
}

function arrive(node: Node, gradient: Tensor): Tensor {
  const { at, index } = node.saved as Arrival;
  const before = at.gradients[index];
  if (before !== null) letGo(before);
  hold(gradient);
  at.gradients[index] = gradient;
  at.walks[index] = node.mark;
  return makeTensor(SCALAR, FLOAT32);
}

function passOn(name: string, node: Node): readonly (Tensor | null)[] {
  const { gradients, walks, back } = node.saved as Arrivals;
  const recorded = isGradEnabled();
  const given = gradients.map((gradient, i) => {
    if (gradient === null || walks[i] !== node.mark) return null;
    // A view of its own lives until the walk has swept; the original is part of the graph where that is recorded.
    return recorded ? gradient : makeView(name, gradient, gradient.layout, gradient.offset);
  });
  for (const gradient of gradients) if (gradient !== null) letGo(gradient);
  gradients.fill(null);
  const found = back(given);
  return (node.list as readonly Tensor[]).map((tensor, i) => (tensor.tracked ? (found[i] ?? null) : null));
}

/**
 * The rule of operations with several outputs. Their nodes lead to a hub, a number that stands for them all and whose
 * node has the operands: the walk comes to it after every output.
 */
export class JointRule {
  readonly #output: Rule;
  readonly #hub: Rule;

  /** `shows` where what the operation makes of gradients may stay in the hands of users: nothing of it is given back. */
  constructor(name: string, shows = false) {
    this.#output = new Rule(name, { a: [0, arrive] });
    this.#hub = new Rule(name, { together: (node) => passOn(name, node), shows });
  }

  /** Makes tensors without history the outputs of an operation on a list. */
  record(outputs: readonly Tensor[], list: readonly Tensor[], back: JointBackward): void {
    const at: Arrivals = {
      gradients: outputs.map(() => null),
      walks: outputs.map(() => 0),
      back,
    };
    const hub = makeTensor(SCALAR, FLOAT32);
    recordList(this.#hub, hub, list, at);
    outputs.forEach((output, index) => {
      record1(this.#output, output, hub, { at, index } satisfies Arrival);
    });
  }
}

const JOIN = new Rule('gradients', {
  each: (node, _gradient, index) => (node.saved as readonly Tensor[])[index],
});

/**
 * The gradients of several outputs, each times what is given for it, added up, with respect to inputs; null for inputs
 * that no output depends on. What is given has the shapes and dtypes of the outputs.
 */
export function gradientsFrom(
  outputs: readonly Tensor[],
  given: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  how: { readonly createGraph: boolean; readonly retainGraph: boolean },
): (Tensor | null)[] {
  const roots = outputs.filter((output, i) => output.tracked && given[i] !== null);
  if (roots.length === 0) return inputs.map(() => null);
  const seeds = given.filter((seed, i) => outputs[i].tracked && seed !== null);
  const joint = makeTensor(SCALAR, FLOAT32);
  const before = setGradEnabled(true);
  recordList(JOIN, joint, roots, seeds);
  setGradEnabled(before);
  return gradientsOf(joint, inputs, how);
}

/**
 * Runs `fn` while tensors pass for leaves, so that no walk inside goes beyond them, nor calls their hooks, which the
 * walk outside will call.
 */
export function asLeaves<T>(tensors: readonly Tensor[], fn: () => T): T {
  const before = tensors.map(({ node, listeners }) => ({ node, listeners }));
  for (const tensor of tensors) {
    tensor.node = null;
    tensor.listeners = null;
  }
  try {
    return fn();
  } finally {
    tensors.forEach((tensor, i) => {
      tensor.node = before[i].node;
      tensor.listeners = before[i].listeners;
    });
  }
}
