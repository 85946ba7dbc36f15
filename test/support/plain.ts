// Plain arrays: what references compute on. A shape, and the numbers in row-major order; true is 1.

export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Every index of a shape, in row-major order. The array is used again for the next one. */
export function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const index = shape.map(() => 0);
  const total = sizeOf(shape);
  for (let i = 0; i < total; i++) {
    yield index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

export function build(shape: readonly number[], value: (index: readonly number[]) => number): Plain {
  const data: number[] = [];
  for (const index of indicesOf(shape)) data.push(value(index));
  return { shape, data };
}

export function scalar(value: number): Plain {
  return { shape: [], data: [value] };
}

export function filled(shape: readonly number[], value: number): Plain {
  return { shape, data: new Array<number>(sizeOf(shape)).fill(value) };
}

/** The element at an index. */
export function at(x: Plain, index: readonly number[]): number {
  let place = 0;
  for (let axis = 0; axis < x.shape.length; axis++) place = place * x.shape[axis] + index[axis];
  return x.data[place];
}

/** The element that broadcasts to an index of a larger shape. */
export function broadcastAt(x: Plain, index: readonly number[]): number {
  const lead = index.length - x.shape.length;
  let place = 0;
  for (let axis = 0; axis < x.shape.length; axis++) {
    place = place * x.shape[axis] + (x.shape[axis] === 1 ? 0 : index[lead + axis]);
  }
  return x.data[place];
}

/** The shape to which shapes that fit broadcast. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return dims.find((dim) => dim !== 1) ?? 1;
  });
}

/** A function of numbers over broadcast operands. */
export function mapped(inputs: readonly Plain[], f: (...values: number[]) => number): Plain {
  const shape = broadcastShape(...inputs.map((input) => input.shape));
  return build(shape, (index) => f(...inputs.map((input) => broadcastAt(input, index))));
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + Math.max(rank, 1) : axis;
}
