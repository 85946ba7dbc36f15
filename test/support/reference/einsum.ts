// Sums of products in Einstein's notation, in plain arrays.

import { at, build, type Plain, sizeOf } from '../plain.js';

/** Sums of products over all labels, by going through every combination; dimensions of size 1 broadcast. */
export function sumOfProducts(expression: string, inputs: readonly Plain[]): Plain {
  const [left, output] = expression.split('->');
  const terms = left.split(',');
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((label, d) => {
      sizes.set(label, inputs[i].shape[d] === 1 ? (sizes.get(label) ?? 1) : inputs[i].shape[d]);
    });
  });
  const dims = (labels: string): number[] => [...labels].map((label) => sizes.get(label) as number);
  const summed = [...sizes.keys()].filter((label) => !output.includes(label)).join('');
  const labels = output + summed;
  const product = build(dims(labels), (index) =>
    terms.reduce((value, term, i) => {
      const { shape } = inputs[i];
      const place = [...term].map((label, d) => (shape[d] === 1 ? 0 : index[labels.indexOf(label)]));
      return value * at(inputs[i], place);
    }, 1),
  );
  const inner = sizeOf(dims(summed));
  return build(dims(output), (index) => {
    const start = index.reduce((place, value, d) => place * dims(output)[d] + value, 0) * inner;
    return product.data.slice(start, start + inner).reduce((all, value) => all + value, 0);
  });
}
