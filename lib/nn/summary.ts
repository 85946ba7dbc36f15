// A model as a table: modules, output shapes, parameters; and what takes part that no field shows.

import { type DType, ITEM_SIZE } from '../core/dtype.js';
import { enableGrad } from '../core/graph.js';
import { checkOptions, optionNames } from '../core/options.js';
import { createdSince, markCreated, scope } from '../core/scope.js';
import { PLAIN, type Tensor } from '../core/tensor.js';
import { zeros } from '../ops/create.js';
import { clone } from '../ops/shape.js';
import { tensorsIn } from '../ops/trees.js';
import { watchingForwards } from './classes.js';
import type { Module } from './module.js';

export interface SummaryOptions {
  /** Of the input. Default: that of the first parameter, or float32. */
  dtype?: DType;
}

const SUMMARY_OPTIONS = optionNames<SummaryOptions>({ dtype: true });

/** One line of the table. */
interface Row {
  readonly label: string;
  readonly module: Module;
}

/** The modules of a tree in order, labelled like torchinfo: `├─Linear: 1-2`, the depth and the number in it. */
function rowsOf(root: Module): Row[] {
  const rows: Row[] = [];
  const counts: number[] = [];
  const visit = (module: Module, depth: number, lead: string, last: boolean): void => {
    counts[depth] = (counts[depth] ?? 0) + 1;
    const name = module.constructor.name;
    rows.push({
      label: depth === 0 ? name : `${lead}${last ? '└─' : '├─'}${name}: ${depth}-${counts[depth]}`,
      module,
    });
    const children = module.children();
    const below = depth === 0 ? '' : `${lead}${last ? '    ' : '│   '}`;
    children.forEach((child, i) => {
      visit(child, depth + 1, below, i === children.length - 1);
    });
  };
  visit(root, 0, '', true);
  return rows;
}

function showOutput(output: unknown): string {
  const shapes = tensorsIn(output).map(({ shape }) => `[${shape.join(', ')}]`);
  return shapes.length === 0 ? '--' : shapes.join(', ');
}

/** Tensors that the graphs of others begin at: of some role, or requiring gradients. */
function foundIn(created: ReadonlySet<Tensor>): Set<Tensor> {
  const found = new Set<Tensor>();
  const operands: Tensor[] = [];
  for (const { node } of created) node?.held(operands);
  for (const tensor of operands)
    if (!created.has(tensor) && (tensor.role !== PLAIN || tensor.tracked)) found.add(tensor);
  return found;
}

/** Runs the model on zeros, recorded; answers what of others' took part. */
function runRecorded(
  root: Module,
  shapes: readonly (readonly number[])[],
  dtype: DType,
  tracked: boolean,
): Set<Tensor> {
  return scope(() =>
    enableGrad(() => {
      const mark = markCreated();
      const floating = dtype === 'float32' || dtype === 'float64';
      const inputs = shapes.map((shape) =>
        // No leaf, for a model may write into its input.
        tracked && floating ? clone(zeros(shape, { dtype, requiresGrad: true })) : zeros(shape, { dtype }),
      );
      root.forward(...inputs);
      return foundIn(createdSince(mark));
    }),
  );
}

/** What a run of the model shows. */
interface Watched {
  /** What each module put out last. */
  readonly shapes: ReadonlyMap<Module, string>;
  /** Parameters and the like that took part and are in no field. */
  readonly hidden: readonly Tensor[];
  /** Modules that ran in training mode and are in no field. */
  readonly unreached: readonly Module[];
}

/** Runs the model once on zeros. Everything is set back afterwards. */
function watch(root: Module, inputShapes: readonly (readonly number[])[], dtype: DType): Watched {
  const shapes = new Map<Module, string>();
  const modules = root.modules();
  const before = modules.map((module) => ({
    module,
    training: module.training,
    forward: Object.getOwnPropertyDescriptor(module, 'forward'),
  }));
  const tree = new Set(modules);
  const unreached = new Set<Module>();
  const noted = (tracked: boolean): Set<Tensor> => {
    const note = (module: Module): void => {
      if (module.training && !tree.has(module)) unreached.add(module);
    };
    return watchingForwards(note, () => runRecorded(root, inputShapes, dtype, tracked));
  };
  let found: Set<Tensor>;
  try {
    for (const module of modules) {
      const forward = module.forward;
      const watched = (...inputs: unknown[]): unknown => {
        const output = forward.apply(module, inputs);
        shapes.set(module, showOutput(output));
        return output;
      };
      Object.defineProperty(module, 'forward', { value: watched, configurable: true });
      module.training = false;
    }
    try {
      // With an input that is tracked all is recorded, frozen parameters too.
      found = noted(true);
    } catch {
      // A model may do to its input what gradients forbid.
      found = noted(false);
    }
  } finally {
    for (const { module, training, forward } of before) {
      module.training = training;
      if (forward === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', forward);
    }
  }
  const known = new Set([...root.parameters(), ...root.buffers()].map((one) => one.root));
  return {
    shapes,
    hidden: [...found].filter((one) => !known.has(one.root)),
    unreached: [...unreached],
  };
}

function count(parameters: readonly Tensor[]): number {
  return parameters.reduce((total, parameter) => total + parameter.size, 0);
}

/** The parameters that a module has itself: its own less those of its children. */
function ownCount(module: Module): number {
  const below = new Set(module.children().flatMap((child) => child.parameters()));
  return count(module.parameters().filter((parameter) => !below.has(parameter)));
}

const group = (value: number): string => value.toLocaleString('en-US');

/** The lines on what the table cannot show. */
function showHidden({ hidden, unreached }: Watched): string[] {
  const names = [...new Set(unreached.map((module) => module.constructor.name))].join(', ');
  const shapes = hidden.map(showOutput).join(', ');
  const lines = [
    ...(hidden.length > 0 ? [`Hidden params: ${group(count(hidden))}, in tensors of shapes ${shapes}`] : []),
    ...(unreached.length > 0 ? [`Hidden modules, in training mode: ${names}`] : []),
  ];
  if (lines.length === 0) return [];
  return [
    ...lines,
    'They take part in forward and lie in no public field, but in #private ones, variables or other objects:',
    'parameters(), stateDict(), eval(), to() and optimizers do not reach them, nor does the table above.',
    'Keep parameters (nn.Parameter) and modules in public fields, or have members() yield them.',
  ];
}

/** @internal */
export function summarize(
  root: Module,
  inputShape: readonly number[] | readonly (readonly number[])[],
  options: SummaryOptions,
): string {
  checkOptions('summary', options, SUMMARY_OPTIONS);
  const several = Array.isArray(inputShape[0]);
  const inputShapes = (several ? inputShape : [inputShape]) as readonly (readonly number[])[];
  const parameters = root.parameters();
  const watched = watch(root, inputShapes, options.dtype ?? parameters[0]?.dtype ?? 'float32');
  const met = new Set<Module>();
  const cells = rowsOf(root).map(({ label, module }) => {
    const own = ownCount(module);
    const parameterCell = met.has(module) ? '(recursive)' : own === 0 ? '--' : group(own);
    met.add(module);
    return [label, watched.shapes.get(module) ?? '--', parameterCell];
  });
  const table = [['Layer (type:depth-idx)', 'Output Shape', 'Param #'], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)) + 4);
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('')
      .trimEnd(),
  );
  const rule = '='.repeat(widths[0] + widths[1] + widths[2]);
  const below = showHidden(watched);
  const trainable = count(parameters.filter((parameter) => parameter.requiresGrad));
  const total = count(parameters);
  const bytes = parameters.reduce((sum, parameter) => sum + parameter.size * ITEM_SIZE[parameter.kind], 0);
  return [
    rule,
    lines[0],
    rule,
    ...lines.slice(1),
    rule,
    `Total params: ${group(total)}`,
    `Trainable params: ${group(trainable)}`,
    `Non-trainable params: ${group(total - trainable)}`,
    `Params size (MB): ${(bytes / 1e6).toFixed(2)}`,
    rule,
    ...below,
    ...(below.length > 0 ? [rule] : []),
  ].join('\n');
}
