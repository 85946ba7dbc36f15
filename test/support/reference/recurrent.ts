// Recurrent layers by their formulas, in doubles, one unit at a time.

import { at, build, type Plain } from '../plain.js';
import { sigmoid } from './functions.js';

/** From a step's sums of both sides, by gate, to a unit's state and cell. */
export type Cell = (
  input: (gate: number) => number,
  recurrent: (gate: number) => number,
  h: number,
  c: number,
) => readonly [h: number, c: number];

export const rnnCell =
  (relu: boolean): Cell =>
  (input, recurrent) => {
    const sum = input(0) + recurrent(0);
    return [relu ? Math.max(0, sum) : Math.tanh(sum), 0];
  };

export const lstmCell: Cell = (input, recurrent, _h, c) => {
  const [i, f, g, o] = [0, 1, 2, 3].map((gate) => input(gate) + recurrent(gate));
  const cell = sigmoid(f) * c + sigmoid(i) * Math.tanh(g);
  return [sigmoid(o) * Math.tanh(cell), cell];
};

export const gruCell: Cell = (input, recurrent, h) => {
  const r = sigmoid(input(0) + recurrent(0));
  const z = sigmoid(input(1) + recurrent(1));
  const n = Math.tanh(input(2) + r * recurrent(2));
  return [(1 - z) * n + z * h, 0];
};

export interface Layer {
  readonly x: Plain;
  readonly weightIh: Plain;
  readonly weightHh: Plain;
  readonly biasIh: (row: number) => number;
  readonly biasHh: (row: number) => number;
  readonly h: Plain | undefined;
  readonly c: Plain | undefined;
  /** By which an LSTM projects its states. */
  readonly weightHr?: Plain;
}

/** All steps of a layer in one direction. */
export function walk(
  layer: Layer,
  gates: number,
  cell: Cell,
  reverse: boolean,
): { output: Plain; h: Plain; c: Plain } {
  const { x, weightIh, weightHh, weightHr } = layer;
  const [steps, batch, features] = x.shape;
  const hidden = weightHh.shape[0] / gates;
  const width = weightHh.shape[1];
  const initial = (state: Plain | undefined, size: number): number[][] =>
    Array.from({ length: batch }, (_, n) =>
      Array.from({ length: size }, (_one, j) => (state === undefined ? 0 : at(state, [n, j]))),
    );
  const dot = (weight: Plain, row: number, values: (column: number) => number): number => {
    let sum = 0;
    for (let k = 0; k < weight.shape[1]; k++) sum += at(weight, [row, k]) * values(k);
    return sum;
  };
  const projected = (states: readonly number[]): readonly number[] =>
    weightHr === undefined
      ? states
      : Array.from({ length: width }, (_, row) => dot(weightHr, row, (k) => states[k]));
  let h: (readonly number[])[] = initial(layer.h, width);
  let c = initial(layer.c, hidden);
  const output: (readonly number[])[][] = [];
  for (let s = 0; s < steps; s++) {
    const time = reverse ? steps - 1 - s : s;
    const units = c.map((cells, n) =>
      cells.map((own, j) =>
        cell(
          (gate) => {
            const row = gate * hidden + j;
            const sum = features === 0 ? 0 : dot(weightIh, row, (k) => at(x, [time, n, k]));
            return sum + layer.biasIh(row);
          },
          (gate) => {
            const row = gate * hidden + j;
            return dot(weightHh, row, (k) => h[n][k]) + layer.biasHh(row);
          },
          h[n][j],
          own,
        ),
      ),
    );
    h = units.map((row) => projected(row.map(([state]) => state)));
    c = units.map((row) => row.map(([, state]) => state));
    output[time] = h;
  }
  return {
    output: build([steps, batch, width], ([t, n, j]) => output[t][n][j]),
    h: build([batch, width], ([n, j]) => h[n][j]),
    c: build([batch, hidden], ([n, j]) => c[n][j]),
  };
}

/** The same of packed sequences, so many at each time: each is walked alone. */
export function walkPacked(
  layer: Layer,
  gates: number,
  cell: Cell,
  reverse: boolean,
  sizes: readonly number[],
): { output: Plain; h: Plain; c: Plain } {
  const { x, weightHh } = layer;
  const row = (time: number, n: number): number => sizes.slice(0, time).reduce((sum, size) => sum + size, n);
  const own = (state: Plain | undefined, n: number): Plain | undefined =>
    state && build([1, state.shape[1]], ([, j]) => at(state, [n, j]));
  const walks = Array.from({ length: sizes[0] }, (_, n) => {
    const length = sizes.filter((size) => size > n).length;
    const alone = build([length, 1, x.shape[1]], ([t, , k]) => at(x, [row(t, n), k]));
    return walk({ ...layer, x: alone, h: own(layer.h, n), c: own(layer.c, n) }, gates, cell, reverse);
  });
  const hidden = weightHh.shape[1];
  const places = sizes.flatMap((size, time) => Array.from({ length: size }, (_, n) => [time, n]));
  const states = (of: (n: number) => Plain): Plain =>
    build([walks.length, of(0).shape[1]], ([n, j]) => at(of(n), [0, j]));
  return {
    output: build([places.length, hidden], ([i, j]) => {
      const [time, n] = places[i];
      return at(walks[n].output, [time, 0, j]);
    }),
    h: states((n) => walks[n].h),
    c: states((n) => walks[n].c),
  };
}
