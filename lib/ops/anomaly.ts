// Anomaly detection: every kernel's output looked through for NaN, and where it came from.

import { watchKernels } from '../backend/active.js';
import type { Operand } from '../backend/backend.js';
import type { KernelName } from '../backend/kernels.js';
import { watchNodes } from '../core/autograd.js';
import { isFloatKind } from '../core/dtype.js';
import { AnomalyError, QuernError } from '../core/errors.js';
import { isGradEnabled, type Node } from '../core/graph.js';
import { calledFrom, modulesIn, operationIn, type Place, placeHere } from './callers.js';

/** What is looked for. */
export interface Watch {
  readonly nan: boolean;
  readonly infinity: boolean;
}

/** An operation that was called while somebody watched. */
interface Call {
  readonly place: Place;
  readonly module: string | null;
}

// Inside of which NaN is sorted out that was given, or that is the difference of equal infinities.
const TOLERANT: ReadonlySet<string> = new Set([
  'allClose',
  'argsort',
  'gridSample',
  'histc',
  'isClose',
  'nanquantile',
  'quantile',
]);

let watch: Watch | null = null;
/** The modules whose forwards are under way, as far as they were shown. */
const modules: string[] = [];
/** The node whose gradient is being computed, and those around it. */
const nodes: { readonly name: string; readonly call: Call | undefined }[] = [];
/** What wrote tensors last. */
let calls = new WeakMap<Operand, Call>();

/** Runs a module's forward under its name. @internal */
export function inModule<T>(name: string, forward: () => T): T {
  modules.push(name);
  try {
    return forward();
  } finally {
    modules.pop();
  }
}

/** The place in row-major order of the first NaN, or infinity; -1 where there is none. */
function find(operand: Operand, nan: boolean, infinity: boolean): number {
  if (!isFloatKind(operand.kind)) return -1;
  const values = operand.slab.view(operand.kind);
  const { layout, offset } = operand;
  const bad = (value: number): boolean =>
    (nan && Number.isNaN(value)) || (infinity && (value === Infinity || value === -Infinity));
  if (layout.dense === layout) {
    for (let i = 0; i < layout.size; i++) if (bad(values[offset + i])) return i;
    return -1;
  }
  const { dims, strides, rank } = layout;
  const index = dims.map(() => 0);
  let at = offset;
  for (let i = 0; i < layout.size; i++) {
    if (bad(values[at])) return i;
    for (let d = rank - 1; d >= 0; d--) {
      at += strides[d];
      if (++index[d] < dims[d]) break;
      at -= dims[d] * strides[d];
      index[d] = 0;
    }
  }
  return -1;
}

function moduleOf({ place, module }: Call): string | null {
  return module ?? modulesIn(place);
}

/** ` in layers.2 (Linear), called at train.js:10:5`, as far as that is known. */
function whereabouts(module: string | null, calledAt: string | null): string {
  return (module === null ? '' : ` in ${module}`) + (calledAt === null ? '' : `, called at ${calledAt}`);
}

/** The error for what was found; null where the operation deals with it. */
function anomaly(
  value: 'NaN' | 'infinity',
  kernel: KernelName,
  call: Call,
  came: boolean,
  at: number,
): AnomalyError | null {
  const node = nodes.at(-1);
  if (node !== undefined) {
    const module = node.call === undefined ? null : moduleOf(node.call);
    const calledAt = node.call === undefined ? null : calledFrom(node.call.place);
    const facts = { value, phase: 'backward', kernel, module, calledAt } as const;
    const how = came ? 'came in with' : 'arose in';
    const where = whereabouts(module, calledAt);
    return new AnomalyError(
      node.name,
      `${value} ${how} the gradient of ${node.name}${where}; it was written by ${kernel}, first as element ${at}`,
      facts,
    );
  }
  const op = operationIn(call.place) ?? kernel;
  if (TOLERANT.has(op)) return null;
  const module = moduleOf(call);
  const calledAt = calledFrom(call.place);
  const facts = { value, phase: 'forward', kernel, module, calledAt } as const;
  const where = whereabouts(module, calledAt);
  const message = came
    ? `${op}${where} was given ${value}, and no operation was seen to make it: look at the data and the parameters`
    : `${value} arose in ${op}${where}, first as element ${at} of what ${kernel} wrote`;
  return new AnomalyError(op, message, facts);
}

const watcher = {
  holds: (operand: Operand): boolean => find(operand, true, watch?.infinity ?? false) >= 0,

  ran(kernel: KernelName, outputs: readonly Operand[], inputs: readonly Operand[], held: boolean): void {
    // What is filled with a number was given it.
    if (watch === null || kernel === 'fill') return;
    const { nan, infinity } = watch;
    const call: Call = { place: placeHere(), module: modules.at(-1) ?? null };
    if (isGradEnabled()) for (const output of outputs) calls.set(output, call);
    const given = (): boolean => held || inputs.some((input) => find(input, true, infinity) >= 0);
    for (const output of outputs) {
      const place = nan ? find(output, true, false) : -1;
      // Infinities that were there before are masks, and stay what they are.
      const infinite = infinity && place < 0 ? find(output, false, true) : -1;
      if (place < 0 && (infinite < 0 || given())) continue;
      const error =
        place >= 0
          ? anomaly('NaN', kernel, call, given(), place)
          : anomaly('infinity', kernel, call, false, infinite);
      if (error !== null) throw error;
    }
  },
};

function aroundNode(node: Node, passOn: () => void): void {
  nodes.push({
    name: node.rule?.name ?? 'backward',
    // What was written again since was not made where it was written last.
    call: node.out !== null && node.out.root.version === 0 ? calls.get(node.out) : undefined,
  });
  try {
    passOn();
  } catch (error) {
    tellPlace(error);
    throw error;
  } finally {
    nodes.pop();
  }
}

const told = new WeakSet<QuernError>();

/** Adds to an error in backward where the operation was called that it is about. */
function tellPlace(error: unknown): void {
  const node = nodes.at(-1);
  if (!(error instanceof QuernError) || error instanceof AnomalyError || told.has(error)) return;
  told.add(error);
  if (node?.call === undefined) return;
  error.message += `; ${node.name} ran${whereabouts(moduleOf(node.call), calledFrom(node.call.place))}`;
}

/** What is being watched for; null where nobody watches. @internal */
export function watching(): Watch | null {
  return watch;
}

/** Watches from now on; null ends it. @internal */
export function setWatching(what: Watch | null): void {
  watch = what;
  if (what === null) calls = new WeakMap();
  watchKernels(what === null ? null : watcher);
  watchNodes(what === null ? null : aroundNode);
}
