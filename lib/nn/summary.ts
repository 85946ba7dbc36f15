// A model as a table: modules, output shapes, parameters.

import { type DType, ITEM_SIZE } from '../core/dtype.js';
import { noGrad } from '../core/graph.js';
import { checkOptions, optionNames } from '../core/options.js';
import { scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { zeros } from '../ops/create.js';
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
  if (output instanceof Tensor) return `[${output.shape.join(', ')}]`;
  if (Array.isArray(output)) return output.map(showOutput).join(', ');
  return '--';
}

/** Runs the model once on zeros; answers what each module put out last. Everything is set back afterwards. */
function outputShapes(
  root: Module,
  inputShapes: readonly (readonly number[])[],
  dtype: DType,
): Map<Module, string> {
  const shapes = new Map<Module, string>();
  const modules = root.modules();
  const before = modules.map((module) => ({
    module,
    training: module.training,
    forward: Object.getOwnPropertyDescriptor(module, 'forward'),
  }));
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
    scope(() => {
      noGrad(() => {
        root.forward(...inputShapes.map((shape) => zeros(shape, { dtype })));
      });
    });
  } finally {
    for (const { module, training, forward } of before) {
      module.training = training;
      if (forward === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', forward);
    }
  }
  return shapes;
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
  const shapes = outputShapes(root, inputShapes, options.dtype ?? parameters[0]?.dtype ?? 'float32');
  const met = new Set<Module>();
  const cells = rowsOf(root).map(({ label, module }) => {
    const own = ownCount(module);
    const parameterCell = met.has(module) ? '(recursive)' : own === 0 ? '--' : group(own);
    met.add(module);
    return [label, shapes.get(module) ?? '--', parameterCell];
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
  ].join('\n');
}
