// Sums of products in Einstein's notation: any expression, taken apart into views, sums and matrix products.

import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { mul } from './binary.js';
import { diagonal } from './diagonal.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { permute, reshape } from './shape.js';

/** A name for each dimension: a letter, or for those of an ellipsis their distance from its end. */
type Label = string;

/** A tensor on the way, each dimension under another label. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly Label[];
}

interface Expression {
  readonly inputs: readonly (readonly Label[])[];
  readonly output: readonly Label[];
}

const TERM = /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/;

function refuse(equation: string, reason: string): ArgumentError {
  return new ArgumentError('einsum', 'equation', equation, `'${equation}' ${reason}`);
}

/** The labels of one term, whose ellipsis stands for `hidden` dimensions. */
function labelsOf(term: string, hidden: number): Label[] {
  const [before, after] = term.split('...');
  const dots = Array.from({ length: hidden }, (_, i) => `.${hidden - 1 - i}`);
  return after === undefined ? [...before] : [...before, ...dots, ...after];
}

/** Letters that occur once, in the order of the alphabet, after what ellipses stand for. */
function implicitOutput(inputs: readonly (readonly Label[])[], hidden: number): Label[] {
  const all = inputs.flat().filter((label) => label.length === 1);
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  return [...labelsOf('...', hidden), ...once];
}

function parse(equation: string, operands: readonly Tensor[]): Expression {
  if (typeof equation !== 'string') throw refuse(String(equation), 'is no expression, as "ij,jk->ik" is');
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (more.length > 0 || !terms.every((term) => TERM.test(term)) || !TERM.test(right ?? '')) {
    throw refuse(equation, 'is made of letters and ..., with commas between the operands and at most one ->');
  }
  if (terms.length !== operands.length) {
    throw refuse(equation, `names ${terms.length} operands, of which ${operands.length} were given`);
  }
  const hidden = terms.map((term, i) => {
    const letters = term.replace('...', '').length;
    const { ndim, shape } = operands[i];
    if (ndim === letters || (ndim > letters && term.includes('...'))) return ndim - letters;
    throw new ShapeError('einsum', `'${term}' does not name the ${ndim} dimensions of ${showShape(shape)}`, [
      shape,
    ]);
  });
  const inputs = terms.map((term, i) => labelsOf(term, hidden[i]));
  const most = Math.max(...hidden);
  const output = right === undefined ? implicitOutput(inputs, most) : labelsOf(right, most);
  const known = new Set(inputs.flat());
  const wrong = output.find((label, i) => !known.has(label) || output.indexOf(label) !== i);
  if (wrong !== undefined)
    throw refuse(equation, `names '${wrong}' in its result, where each label of an operand may stand once`);
  return { inputs, output };
}

/** The size of each label; dimensions of size 1 broadcast. */
function sizesOf({ inputs }: Expression, operands: readonly Tensor[]): Map<Label, number> {
  const sizes = new Map<Label, number>();
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const dim = operands[i].shape[axis];
      const size = sizes.get(label) ?? 1;
      if (dim !== size && dim !== 1 && size !== 1) {
        const shapes = operands.map(({ shape }) => shape);
        throw new ShapeError(
          'einsum',
          `'${label}' stands for ${size} and for ${dim} in the shapes ${shapes.map(showShape).join(', ')}`,
          shapes,
        );
      }
      if (size === 1) sizes.set(label, dim);
    });
  });
  return sizes;
}

/** The term with one label removed. */
function without(labels: readonly Label[], axes: readonly number[]): Label[] {
  return labels.filter((_, i) => !axes.includes(i));
}

/** Each label once, and none where another operand repeats what this one has there. */
function simplified(x: Tensor, names: readonly Label[], sizes: Map<Label, number>): Term {
  let labels = names.slice();
  let a = x;
  const single = labels
    .map((_, i) => i)
    .filter((i) => a.shape[i] === 1 && (sizes.get(labels[i]) as number) !== 1);
  if (single.length > 0) {
    a = reshape(
      a,
      a.shape.filter((_, i) => !single.includes(i)),
    );
    labels = without(labels, single);
  }
  for (let i = 0; i < labels.length; ) {
    const again = labels.indexOf(labels[i], i + 1);
    if (again < 0) {
      i++;
      continue;
    }
    a = diagonal(a, { dim1: i, dim2: again });
    labels = [...without(labels, [i, again]), labels[i]];
  }
  return { x: a, labels };
}

/** Sums over the dimensions that nothing else needs. */
function summed({ x, labels }: Term, needed: ReadonlySet<Label>): Term {
  const axes = labels.map((_, i) => i).filter((i) => !needed.has(labels[i]));
  return axes.length === 0 ? { x, labels } : { x: sum(x, axes), labels: without(labels, axes) };
}

/** A term's dimensions in an order, with dimensions of size 1 for labels that it has not. */
function arranged({ x, labels }: Term, order: readonly Label[]): Tensor {
  const own = order.filter((label) => labels.includes(label));
  const axes = own.map((label) => labels.indexOf(label));
  const turned = axes.every((axis, i) => axis === i) ? x : permute(x, axes);
  if (own.length === order.length) return turned;
  return reshape(
    turned,
    order.map((label) => (labels.includes(label) ? x.shape[labels.indexOf(label)] : 1)),
  );
}

/** The same with the dimensions of each group as one. */
function grouped(
  term: Term,
  batch: readonly Label[],
  rows: readonly Label[],
  columns: readonly Label[],
): Tensor {
  const dims = (labels: readonly Label[]): number[] =>
    labels.map((label) => term.x.shape[term.labels.indexOf(label)]);
  const count = (labels: readonly Label[]): number => dims(labels).reduce((product, dim) => product * dim, 1);
  const x = arranged(term, [...batch, ...rows, ...columns]);
  if (rows.length === 1 && columns.length === 1) return x;
  return reshape(x, [...dims(batch), count(rows), count(columns)]);
}

/** The product of two terms, summed over what only they have in common. */
function contracted(a: Term, b: Term, needed: ReadonlySet<Label>): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const inner = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const all = [...labels, ...inner];
  if (inner.length === 0 || (batch.length > 0 && rows.length === 0 && columns.length === 0)) {
    return summed({ x: mul(arranged(a, all), arranged(b, all)), labels: all }, needed);
  }
  const product = matmul(grouped(a, batch, rows, inner), grouped(b, batch, inner, columns));
  const size = (label: Label): number =>
    a.labels.includes(label) ? a.x.shape[a.labels.indexOf(label)] : b.x.shape[b.labels.indexOf(label)];
  return { x: reshape(product, labels.map(size)), labels };
}

const sizeOf = (labels: readonly Label[], sizes: Map<Label, number>): number =>
  labels.reduce((product, label) => product * (sizes.get(label) as number), 1);

/** What others than two of the terms, and the result, still need. */
function neededBeside(terms: readonly Term[], pair: readonly number[], output: readonly Label[]): Set<Label> {
  const others = terms.filter((_, i) => !pair.includes(i)).flatMap(({ labels }) => labels);
  return new Set([...output, ...others]);
}

/** The two terms whose product shrinks what there is the most. */
function nextPair(
  terms: readonly Term[],
  output: readonly Label[],
  sizes: Map<Label, number>,
): [number, number] {
  let best: [number, number] = [0, 1];
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const needed = neededBeside(terms, [i, j], output);
      const labels = new Set([...terms[i].labels, ...terms[j].labels]);
      const made = sizeOf(
        [...labels].filter((label) => needed.has(label)),
        sizes,
      );
      const growth = made - sizeOf(terms[i].labels, sizes) - sizeOf(terms[j].labels, sizes);
      if (growth >= least) continue;
      least = growth;
      best = [i, j];
    }
  }
  return best;
}

/**
 * The sum of products that an expression in Einstein's notation names: a letter for each dimension of each operand, and
 * after -> those of the result; the product is summed over all others. Without -> the result has the letters that occur
 * once, in the order of the alphabet. A letter twice in one operand takes its diagonal, `...` stands for any other
 * dimensions, which broadcast, as sizes of 1 do. Of several operands those come together first that leave the least.
 *
 * @throws ArgumentError where the expression is none; ShapeError where the operands do not fit it; DTypeError unless
 * they have the same floating dtype.
 * @example
 * import { einsum, tensor } from 'quern';
 * const a = tensor([[1, 2], [3, 4]]);
 * einsum('ij,jk->ik', a, a).toArray(); // => [[7, 10], [15, 22]]
 * einsum('ii', a).item(); // => 5
 * einsum('i,j', tensor([1, 2]), tensor([3, 4])).toArray(); // => [[3, 4], [6, 8]]
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  for (const operand of operands) {
    checkTensor('einsum', operand);
    checkFloating('einsum', operand);
  }
  if (operands.some(({ kind }) => kind !== operands[0].kind)) {
    const dtypes = operands.map(({ dtype }) => dtype);
    throw new DTypeError(
      'einsum',
      `operands must have one dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
  const expression = parse(equation, operands);
  const { inputs, output } = expression;
  const sizes = sizesOf(expression, operands);
  let terms = operands.map((operand, i) => simplified(operand, inputs[i], sizes));
  terms = terms.map((term, i) => summed(term, neededBeside(terms, [i], output)));
  while (terms.length > 1) {
    const [i, j] = nextPair(terms, output, sizes);
    const both = contracted(terms[i], terms[j], neededBeside(terms, [i, j], output));
    terms = [...terms.filter((_, k) => k !== i && k !== j), both];
  }
  return arranged(terms[0], output);
}
