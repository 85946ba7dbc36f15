// Backward: the walk back through the graph that operations left behind.

import { DisposedError, GradientError, ShapeError, showShape } from './errors.js';
import { callHooks, type Listeners } from './gradientHooks.js';
import {
  type Backward,
  type BackwardInto,
  type Node,
  type Rule,
  setGradEnabled,
  type Together,
} from './graph.js';
import { sameDims } from './layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from './options.js';
import { precision, setPrecision } from './precision.js';
import { checkSaved } from './saved.js';
import { FOREVER, sweepBut, sweepButAll, unwatch, watch } from './scope.js';
import { DISPOSED } from './slab.js';
import { hold, letGo, makeLasting, makeTensor, type Tensor } from './tensor.js';

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
// Of both the first so many count, and the rest are null: arrays that shrink and grow again leave garbage behind.
const waiting: (Node | null)[] = [];
let waitingCount = 0;
const order: (Node | null)[] = [];

/** Depth-first from a node: every node after those that it feeds on. */
function sortGraph(root: Node): Node[] {
  walk++;
  waitingCount = 0;
  waiting[waitingCount++] = root;
  let count = 0;
  while (waitingCount > 0) {
    const node = nextWaiting();
    if (node === null) {
      order[count++] = nextWaiting();
      continue;
    }
    if (node.mark === walk) continue;
    node.mark = walk;
    if (node.rule === null) {
      waiting.length = 0;
      order.length = 0;
      throw new GradientError(
        'backward',
        'the graph was already used by a backward and is gone; call the first one with { retainGraph: true }',
      );
    }
    waiting[waitingCount++] = node;
    waiting[waitingCount++] = null;
    visit(node.a);
    visit(node.b);
    visit(node.c);
    const { list } = node;
    if (list !== null) for (let i = 0; i < list.length; i++) visit(list[i]);
  }
  const nodes = order.slice(0, count) as Node[];
  for (let i = 0; i < count; i++) order[i] = null;
  return nodes;
}

function nextWaiting(): Node | null {
  const node = waiting[--waitingCount];
  waiting[waitingCount] = null;
  return node;
}

function visit(tensor: Tensor | null): void {
  if (tensor !== null && tensor.node !== null && tensor.node.mark !== walk)
    waiting[waitingCount++] = tensor.node;
}

/** Where the walk leaves the gradients of leaves: in the leaves, or in a map of wanted tensors. */
type Wanted = Map<Tensor, Tensor | null> | null;

/** The walk in progress; a walk inside a walk (a rule that differentiates) has its own. */
interface Walk {
  readonly createGraph: boolean;
  readonly wanted: Wanted;
  /** What has come to leaves with hooks, which are called when all has; made with the first of them. */
  arrived: Map<Tensor, Tensor> | null;
}

let pass: (node: Node, how: Walk) => void = passNode;

/** Puts somebody around the passing of each node from now on; null ends it. */
export function watchNodes(watcher: ((node: Node, passOn: () => void) => void) | null): void {
  pass = watcher === null ? passNode : (node, how) => watcher(node, () => passNode(node, how));
}

/** Runs backward from a tensor, leaving gradients in the leaves. */
export function backward(loss: Tensor, options: BackwardOptions = NO_OPTIONS): void {
  checkOptions('backward', options, BACKWARD_OPTIONS);
  const createGraph = options.createGraph ?? false;
  run(loss, options.gradient ?? null, options.retainGraph ?? createGraph, {
    createGraph,
    wanted: null,
    arrived: null,
  });
}

/** Gradients of `output` with respect to `inputs`, whose own gradients stay as they are; null where unused. */
export function gradientsOf(
  output: Tensor,
  inputs: readonly Tensor[],
  options: BackwardOptions,
): (Tensor | null)[] {
  const createGraph = options.createGraph ?? false;
  const wanted = new Map<Tensor, Tensor | null>(inputs.map((input) => [input, null]));
  run(output, options.gradient ?? null, options.retainGraph ?? createGraph, {
    createGraph,
    wanted,
    arrived: null,
  });
  return inputs.map((input) => wanted.get(input) ?? null);
}

function run(root: Tensor, gradient: Tensor | null, retainGraph: boolean, how: Walk): void {
  const seed = seedGradient(root, gradient);
  // In a recorded walk the seed is part of the new graph.
  if (how.createGraph) hold(seed);
  // Rules may start walks of their own, so this one has its order to itself.
  const nodes = root.node === null ? [] : sortGraph(root.node);
  const before = setGradEnabled(how.createGraph);
  const precisionBefore = precision;
  try {
    deliver(root, seed, how);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i];
      if (node.gradient !== null) {
        setPrecision(node.precision);
        pass(node, how);
      }
      if (!retainGraph) node.consume();
    }
    if (how.arrived !== null) settle(how.arrived, how);
  } finally {
    setGradEnabled(before);
    setPrecision(precisionBefore);
    for (let i = 0; i < nodes.length; i++) {
      const { gradient: left } = nodes[i];
      if (left !== null) letGo(left);
      nodes[i].gradient = null;
    }
    if (how.arrived !== null) for (const gradient of how.arrived.values()) letGo(gradient);
  }
}

/** Calls the hooks of leaves, and leaves there what comes of it. */
function settle(arrived: Map<Tensor, Tensor>, how: Walk): void {
  for (const [leaf, gradient] of arrived) {
    const listeners = leaf.listeners;
    const heard = listeners === null ? gradient : callHooks(listeners, leaf, null, gradient, copierOf(how));
    arrived.set(leaf, heard);
    if (how.wanted === null) leave(leaf, heard, how);
    else give(how.wanted, leaf, heard, how);
  }
}

/** How a gradient is copied for hooks; null where the original is part of a graph. */
function copierOf(how: Walk): ((gradient: Tensor) => Tensor) | null {
  return how.createGraph ? null : copyOf;
}

function copyOf(gradient: Tensor): Tensor {
  const copy = makeTensor(gradient.layout.dense, gradient.kind);
  arithmetic.copyInto(copy, gradient);
  return copy;
}

/** Calls the hooks of a node's output, and leaves its gradient there where it is retained. */
function tell(listeners: Listeners, node: Node, out: Tensor, how: Walk): void {
  node.gradient = callHooks(listeners, out, node, node.gradient as Tensor, copierOf(how));
  if (listeners.retains && out.node === node) leave(out, node.gradient, how);
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
  const rule = node.rule as Rule;
  const out = node.out as Tensor;
  checkSaved(node, rule);
  if (out.listeners !== null) tell(out.listeners, node, out, how);
  const gradient = node.gradient as Tensor;
  node.gradient = null;
  if (how.wanted?.has(out) && out.node === node) give(how.wanted, out, gradient, how);
  let flowing = gradient;
  if (rule.through !== null) {
    flowing = computed(rule.through, node, gradient, out, how) as Tensor;
    letGo(gradient);
  }
  if (rule.shared !== null && !how.createGraph) node.shared = rule.shared(node, flowing);
  if (node.a !== null && node.a.tracked && !addWithin(node, rule, node.a, flowing, how)) {
    passTo(node, rule, rule.a, rule.intoA, node.a, flowing, how);
  }
  if (node.b !== null && node.b.tracked) passTo(node, rule, rule.b, rule.intoB, node.b, flowing, how);
  if (node.c !== null && node.c.tracked) passTo(node, rule, rule.c, rule.intoC, node.c, flowing, how);
  if (rule.together !== null) {
    passTogether(node, rule, rule.together, flowing, how);
  } else if (node.list !== null && rule.each !== null) {
    for (let i = 0; i < node.list.length; i++) {
      if (!node.list[i].tracked) continue;
      const each = rule.each;
      passTo(node, rule, (n, g) => each(n, g, i), null, node.list[i], flowing, how);
    }
  }
  if (node.shared !== null) {
    node.shared.dispose();
    node.shared = null;
  }
  letGo(flowing);
}

/** Adds the gradient of a part to that of the whole, where the walk owns one already; false where it does not. */
function addWithin(node: Node, rule: Rule, whole: Tensor, gradient: Tensor, how: Walk): boolean {
  const held = whole.node?.gradient ?? null;
  if (rule.within === null || held === null || !isOurs(held, gradient, how)) return false;
  const part = rule.within(node, held);
  arithmetic.addInto(part, gradient);
  part.dispose();
  return true;
}

/** Whether a gradient of a node can be written to: it is no operation's operand, and nobody else has it. */
function isOurs(held: Tensor, flowing: Tensor, how: Walk): boolean {
  return !how.createGraph && held.root.holders === 1 && !held.layout.repeats && held.kind === flowing.kind;
}

function passTo(
  node: Node,
  rule: Rule,
  back: Backward | null,
  into: BackwardInto | null,
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
  if (into !== null && input.node === null && how.wanted === null && !how.createGraph) {
    if (input.listeners === null && writeInto(into, node, gradient, input)) return;
  }
  const flowing = computed(back, node, gradient, input, how);
  if (flowing !== null) deliver(input, flowing, how);
}

/** A gradient as a rule computes it, summed to the dims of `like`, as the walk's own. */
function computed(back: Backward, node: Node, gradient: Tensor, like: Tensor, how: Walk): Tensor | null {
  if (how.createGraph) {
    const flowing = fitted(back(node, gradient), like);
    if (flowing !== null) hold(flowing);
    return flowing;
  }
  // What a rule makes on its way nobody else can have seen: it goes back at once.
  const mark = watch();
  let flowing: Tensor | null;
  let fresh = false;
  try {
    flowing = fitted(back(node, gradient), like);
    fresh = sweepBut(mark, flowing);
  } finally {
    unwatch(mark);
  }
  if (!fresh && flowing !== null) hold(flowing);
  return flowing;
}

/** Lets a rule write a gradient into the leaf's buffer; false where the buffer is not free for that. */
function writeInto(into: BackwardInto, node: Node, gradient: Tensor, leaf: Tensor): boolean {
  const buffer = vacantBuffer(leaf);
  if (buffer === null || buffer.layout !== leaf.layout.dense || buffer.kind !== leaf.kind) return false;
  const { root } = buffer;
  if (root === gradient.root || root === node.a?.root || root === node.b?.root || root === node.c?.root)
    return false;
  const mark = watch();
  try {
    into(node, gradient, buffer);
  } finally {
    sweepBut(mark, null);
    unwatch(mark);
  }
  leaf.gradientFilled = true;
  return true;
}

/** The buffer of a leaf without a gradient, made where there is none yet; null where it holds one. */
function vacantBuffer(leaf: Tensor): Tensor | null {
  if (leaf.gradientFilled) return null;
  const buffer = leaf.gradient;
  if (buffer !== null && buffer.slab !== DISPOSED && buffer.node === null) return buffer;
  const made = makeLasting(leaf.layout.dense, leaf.kind);
  made.survives = FOREVER;
  leaf.gradient = made;
  return made;
}

/** Passes a gradient on to the operands of a list whose gradients are computed together. */
function passTogether(node: Node, rule: Rule, together: Together, gradient: Tensor, how: Walk): void {
  const list = node.list as readonly Tensor[];
  let flowing: readonly (Tensor | null)[];
  if (how.createGraph || rule.shows) {
    flowing = together(node, gradient);
    for (const one of flowing) if (one !== null) hold(one);
  } else {
    const mark = watch();
    try {
      flowing = together(node, gradient);
      for (const one of flowing) if (one !== null) hold(one);
      for (const one of sweepButAll(mark, flowing)) letGo(one);
    } finally {
      unwatch(mark);
    }
  }
  for (let i = 0; i < list.length; i++) {
    const one = flowing[i];
    if (one !== null) deliver(list[i], one, how);
  }
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
  if (input.listeners !== null && (how.wanted === null || how.wanted.has(input))) {
    how.arrived ??= new Map();
    const before = how.arrived.get(input);
    how.arrived.set(input, before === undefined ? flowing : merge(before, flowing, how));
    return;
  }
  if (how.wanted === null) leave(input, flowing, how);
  else if (how.wanted.has(input)) give(how.wanted, input, flowing, how);
  letGo(flowing);
}

/** The sum of two gradients that the walk owns; both are used up. */
function merge(held: Tensor, flowing: Tensor, how: Walk): Tensor {
  if (isOurs(held, flowing, how)) {
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
  // One that was disposed of counts for nothing; one with a graph of its own is not written over.
  const before = leaf.grad;
  if (before !== null && before.slab !== DISPOSED && before.node === null) {
    arithmetic.addInto(before, gradient);
    return;
  }
  leaf.gradientFilled = false;
  const buffer = vacantBuffer(leaf) as Tensor;
  arithmetic.copyInto(buffer, gradient);
  if (before !== null && before.slab !== DISPOSED) arithmetic.addInto(buffer, before);
  leaf.gradientFilled = true;
}
