// Backward: the walk back through the graph that operations left behind.

import { DisposedError, GradientError, ShapeError, showShape } from './errors.js';
import { A, B, type Backward, C, type Node, OUT, type Rule, setGradEnabled } from './graph.js';
import { sameDims } from './layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from './options.js';
import { precision, setPrecision } from './precision.js';
import { FOREVER, sweepBut, unwatch, watch } from './scope.js';
import { DISPOSED } from './slab.js';
import { hold, letGo, makeLasting, type Tensor } from './tensor.js';

/** The few operations that the walk itself needs; the layer of operations installs them. */
export interface Arithmetic {
  add(a: Tensor, b: Tensor): Tensor;
  /** target += value, elementwise, unrecorded. */
  addInto(target: Tensor, value: Tensor): void;
  /** target = value, elementwise, unrecorded. */
  copyInto(target: Tensor, value: Tensor): void;
  /** Sums over whatever was broadcast, to the dims of `like`. */
  sumTo(value: Tensor, like: Tensor): Tensor;
  onesLike(value: Tensor): Tensor;
}

let arithmetic: Arithmetic;

export function installArithmetic(operations: Arithmetic): void {
  arithmetic = operations;
}

/** Options of `backward`. */
export interface BackwardOptions {
  /** The gradient of whatever is minimised with respect to this tensor; needed unless it has one element. */
  gradient?: Tensor;
  /** Keeps the graph, so that backward can run again. Default: the value of createGraph. */
  retainGraph?: boolean;
  /** Records the walk itself, so that its gradients have gradients. Default false. */
  createGraph?: boolean;
}

const BACKWARD_OPTIONS = optionNames<BackwardOptions>({
  gradient: true,
  retainGraph: true,
  createGraph: true,
});

let walk = 0;
const waiting: (Node | null)[] = [];
const order: Node[] = [];

/** Depth-first from a node: `order` ends with every node after those that it feeds on. */
function sortGraph(root: Node): void {
  walk++;
  order.length = 0;
  waiting.length = 0;
  waiting.push(root);
  while (waiting.length > 0) {
    const node = waiting.pop() as Node | null;
    if (node === null) {
      order.push(waiting.pop() as Node);
      continue;
    }
    if (node.mark === walk) continue;
    node.mark = walk;
    if (node.rule === null) {
      throw new GradientError(
        'backward',
        'the graph was already used by a backward and is gone; call the first one with { retainGraph: true }',
      );
    }
    waiting.push(node, null);
    visit(node.a);
    visit(node.b);
    visit(node.c);
    if (node.list !== null) for (const item of node.list) visit(item);
  }
}

function visit(tensor: Tensor | null): void {
  if (tensor !== null && tensor.node !== null && tensor.node.mark !== walk) waiting.push(tensor.node);
}

/** Where the walk leaves the gradients of leaves: in the leaves, or in a map of wanted tensors. */
type Wanted = Map<Tensor, Tensor | null> | null;

/** The walk in progress; a walk inside a walk (a rule that differentiates) has its own. */
interface Walk {
  readonly createGraph: boolean;
  readonly wanted: Wanted;
}

/** Runs backward from a tensor, leaving gradients in the leaves. */
export function backward(loss: Tensor, options: BackwardOptions = NO_OPTIONS): void {
  checkOptions('backward', options, BACKWARD_OPTIONS);
  const createGraph = options.createGraph ?? false;
  run(loss, options.gradient ?? null, options.retainGraph ?? createGraph, { createGraph, wanted: null });
}

/** Gradients of `output` with respect to `inputs`, whose own gradients stay as they are; null where unused. */
export function gradientsOf(
  output: Tensor,
  inputs: readonly Tensor[],
  options: BackwardOptions,
): (Tensor | null)[] {
  const createGraph = options.createGraph ?? false;
  const wanted = new Map<Tensor, Tensor | null>(inputs.map((input) => [input, null]));
  run(output, options.gradient ?? null, options.retainGraph ?? createGraph, { createGraph, wanted });
  return inputs.map((input) => wanted.get(input) ?? null);
}

function run(root: Tensor, gradient: Tensor | null, retainGraph: boolean, how: Walk): void {
  const seed = seedGradient(root, gradient);
  // In a recorded walk the seed is part of the new graph.
  if (how.createGraph) hold(seed);
  if (root.node === null) {
    deliver(root, seed, how);
    return;
  }
  sortGraph(root.node);
  // Rules may start walks of their own, so this one takes its order along.
  const nodes = order.splice(0, order.length);
  const before = setGradEnabled(how.createGraph);
  const precisionBefore = precision;
  root.node.gradient = seed;
  try {
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i];
      if (node.gradient !== null) {
        setPrecision(node.precision);
        passNode(node, how);
      }
      if (!retainGraph) node.consume();
    }
  } finally {
    setGradEnabled(before);
    setPrecision(precisionBefore);
    for (const node of nodes) {
      if (node.gradient !== null) letGo(node.gradient);
      node.gradient = null;
    }
  }
}

function seedGradient(root: Tensor, gradient: Tensor | null): Tensor {
  if (root.slab === DISPOSED) throw new DisposedError('backward');
  if (!root.tracked) {
    throw new GradientError(
      'backward',
      'this tensor does not require gradients: nothing that made it does, or it was computed inside noGrad()',
    );
  }
  if (gradient === null) {
    if (root.layout.size !== 1) {
      throw new GradientError(
        'backward',
        `only a tensor with one element has a gradient of its own accord; this one has shape ` +
          `${showShape(root.shape)}: reduce it (sum, mean) or pass { gradient }`,
      );
    }
    return arithmetic.onesLike(root);
  }
  if (!sameDims(gradient.layout, root.layout)) {
    throw new ShapeError(
      'backward',
      `the gradient has shape ${showShape(gradient.shape)} and the tensor ${showShape(root.shape)}`,
      [gradient.shape, root.shape],
    );
  }
  if (gradient.kind !== root.kind) {
    throw new GradientError(
      'backward',
      `the gradient is ${gradient.dtype} and the tensor ${root.dtype}; cast it with to()`,
    );
  }
  hold(gradient);
  return gradient;
}

/** Passes a node's gradient on to its operands and lets it go. */
function passNode(node: Node, how: Walk): void {
  const gradient = node.gradient as Tensor;
  const rule = node.rule as Rule;
  const out = node.out as Tensor;
  node.gradient = null;
  checkSaved(node, rule);
  if (how.wanted?.has(out) && out.node === node) give(how.wanted, out, gradient, how);
  if (out.retainsGradient) leave(out, gradient, how);
  if (node.a !== null && node.a.tracked) passTo(node, rule, rule.a, node.a, gradient, how);
  if (node.b !== null && node.b.tracked) passTo(node, rule, rule.b, node.b, gradient, how);
  if (node.c !== null && node.c.tracked) passTo(node, rule, rule.c, node.c, gradient, how);
  if (node.list !== null && rule.each !== null) {
    for (let i = 0; i < node.list.length; i++) {
      if (!node.list[i].tracked) continue;
      const each = rule.each;
      passTo(node, rule, (n, g) => each(n, g, i), node.list[i], gradient, how);
    }
  }
  letGo(gradient);
}

function passTo(
  node: Node,
  rule: Rule,
  back: Backward | null,
  input: Tensor,
  gradient: Tensor,
  how: Walk,
): void {
  if (back === null) {
    throw new GradientError(
      rule.name,
      `${rule.name} has no gradient with respect to this operand; detach() it if none is wanted`,
    );
  }
  let flowing: Tensor | null;
  if (how.createGraph) {
    flowing = fitted(back(node, gradient), input);
    if (flowing !== null) hold(flowing);
  } else {
    // What a rule makes on its way nobody else can have seen: it goes back at once.
    const mark = watch();
    let fresh = false;
    try {
      flowing = fitted(back(node, gradient), input);
      fresh = sweepBut(mark, flowing);
    } finally {
      unwatch(mark);
    }
    if (!fresh && flowing !== null) hold(flowing);
  }
  if (flowing !== null) deliver(input, flowing, how);
}

/** A gradient summed over whatever was broadcast. */
function fitted(gradient: Tensor | null, input: Tensor): Tensor | null {
  return gradient === null || sameDims(gradient.layout, input.layout)
    ? gradient
    : arithmetic.sumTo(gradient, input);
}

/** Adds a gradient, whose ownership passes to the receiver, to that of an operand. */
function deliver(input: Tensor, flowing: Tensor, how: Walk): void {
  const node = input.node;
  if (node !== null) {
    node.gradient = node.gradient === null ? flowing : merge(node.gradient, flowing, how);
    return;
  }
  if (how.wanted === null) leave(input, flowing, how);
  else if (how.wanted.has(input)) give(how.wanted, input, flowing, how);
  letGo(flowing);
}

/** The sum of two gradients that the walk owns; both are used up. */
function merge(held: Tensor, flowing: Tensor, how: Walk): Tensor {
  if (!how.createGraph && held.root.holders === 1 && held.isContiguous && held.kind === flowing.kind) {
    arithmetic.addInto(held, flowing);
    letGo(flowing);
    return held;
  }
  const sum = ownedSum(held, flowing, how);
  letGo(held);
  letGo(flowing);
  return sum;
}

function ownedSum(a: Tensor, b: Tensor, how: Walk): Tensor {
  const sum = arithmetic.add(a, b);
  if (how.createGraph) hold(sum);
  return sum;
}

/** Puts a gradient into a map of wanted ones. */
function give(wanted: Map<Tensor, Tensor | null>, input: Tensor, gradient: Tensor, how: Walk): void {
  const before = wanted.get(input) ?? null;
  if (before !== null) {
    wanted.set(input, arithmetic.add(before, gradient));
  } else if (how.createGraph) {
    wanted.set(input, gradient);
    hold(gradient);
  } else {
    const copy = makeLasting(input.layout.dense, input.kind);
    arithmetic.copyInto(copy, gradient);
    wanted.set(input, copy);
  }
}

/** Adds a gradient to the buffer of a leaf, or of a tensor that retains its own. */
function leave(leaf: Tensor, gradient: Tensor, how: Walk): void {
  if (how.createGraph) {
    hold(gradient);
    leaf.grad = leaf.gradientFilled ? arithmetic.add(leaf.gradient as Tensor, gradient) : gradient;
    return;
  }
  const buffer = leaf.gradient;
  if (buffer === null || buffer.slab === DISPOSED || buffer.node !== null) {
    const made = makeLasting(leaf.layout.dense, leaf.kind);
    made.survives = FOREVER;
    arithmetic.copyInto(made, gradient);
    if (leaf.gradientFilled && buffer !== null && buffer.slab !== DISPOSED) arithmetic.addInto(made, buffer);
    leaf.grad = made;
  } else if (leaf.gradientFilled) {
    arithmetic.addInto(buffer, gradient);
  } else {
    arithmetic.copyInto(buffer, gradient);
    leaf.gradientFilled = true;
  }
}

const CHANGED = 'was changed in place after the graph saved it; change a clone, or after backward';

/** Refuses to go on with values that were changed or given back since the graph saved them. */
function checkSaved(node: Node, rule: Rule): void {
  const { a, b, c, out } = node;
  const reads =
    (a?.tracked ? rule.readsA : 0) | (b?.tracked ? rule.readsB : 0) | (c?.tracked ? rule.readsC : 0);
  if (
    ((reads & A) !== 0 && a !== null && a.root.version !== node.versionA) ||
    ((reads & B) !== 0 && b !== null && b.root.version !== node.versionB) ||
    ((reads & C) !== 0 && c !== null && c.root.version !== node.versionC) ||
    (rule.view && a !== null && a.root.rebased !== node.rebasedA)
  ) {
    throw new GradientError(rule.name, `an operand of ${rule.name} ${CHANGED}`);
  }
  if ((reads & OUT) !== 0 && out !== null && out.root.version !== node.versionOut) {
    throw new GradientError(rule.name, `the result of ${rule.name} ${CHANGED}`);
  }
  if (
    ((reads & A) !== 0 && a?.slab === DISPOSED) ||
    ((reads & B) !== 0 && b?.slab === DISPOSED) ||
    ((reads & C) !== 0 && c?.slab === DISPOSED) ||
    ((reads & OUT) !== 0 && out?.slab === DISPOSED)
  ) {
    throw new DisposedError(rule.name);
  }
}
