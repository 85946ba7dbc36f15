// Rows of the op database: convolution along one and three axes, and transposed convolution. conv2d is among the
// products.

import * as q from 'quern';
import { type Conv1dOptions, type Conv3dOptions, conv1d, conv3d } from '../../lib/ops/conv.js';
import {
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../../lib/ops/convTranspose.js';
import type { Plain } from '../support/plain.js';
import * as spatial from '../support/reference/spatial.js';
import { type ErrorCase, FLOATS, row, type Sample } from './row.js';

type Convolution<Options> = (x: q.Tensor, weight: q.Tensor, options?: Options) => q.Tensor;

const tensor = (shape: readonly number[]) => q.ones(shape);

/** The shape of an input or weight: two dimensions of channels, and `size` along each axis. */
const shaped = (axes: number, first: number, second: number, size: number): readonly number[] => [
  first,
  second,
  ...new Array<number>(axes).fill(size),
];

/** What every convolution refuses. */
function errorsOf<Options>(fn: Convolution<Options>, axes: number): ErrorCase[] {
  const x = tensor(shaped(axes, 1, 2, 4));
  const weight = tensor(shaped(axes, 2, 2, 3));
  const refuses = (name: string, options: object, error: ErrorCase['error']): ErrorCase => ({
    name,
    act: () => fn(x, weight, options as Options),
    error,
  });
  return [
    {
      name: 'channels that differ',
      act: () => fn(tensor(shaped(axes, 1, 3, 4)), weight),
      error: q.ShapeError,
    },
    { name: 'too few dimensions', act: () => fn(tensor([4]), weight), error: q.ShapeError },
    {
      name: 'integers',
      act: () => fn(x.to('int32'), weight.to('int32')),
      error: q.DTypeError,
    },
    refuses('stride 0', { stride: 0 }, q.ArgumentError),
    refuses('a stride for each of too many axes', { stride: [1, 1, 1, 1] }, q.ArgumentError),
    refuses('negative padding', { padding: -1 }, q.ArgumentError),
    refuses('a fraction', { dilation: 1.5 }, q.ArgumentError),
    refuses('groups that do not divide the channels', { groups: 3 }, q.ArgumentError),
    refuses('a bias of another size', { bias: tensor([3]) }, q.ShapeError),
  ];
}

function convolution<Options extends spatial.ConvOptions>(
  fn: Convolution<Options>,
  axes: number,
  samples: readonly Sample<[options?: Options]>[],
  large: Sample<[options?: Options]>,
) {
  return row<[options?: Options]>({
    family: 'Products and convolutions',
    fn,
    // A third operand is the bias.
    positional: ([x, weight, bias], [options]) => [x, weight, { bias, ...(options as Options | undefined) }],
    samples,
    large,
    reference: ([x, weight, bias], options) => spatial.conv(axes, x, weight, options, bias ?? null),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      ...errorsOf(fn, axes),
      {
        name: 'a kernel larger than the input',
        act: () => fn(tensor(shaped(axes, 1, 1, 2)), tensor(shaped(axes, 1, 1, 3))),
        error: q.ShapeError,
      },
      {
        name: "padding 'same' with a stride",
        act: () =>
          fn(tensor(shaped(axes, 1, 1, 4)), tensor(shaped(axes, 1, 1, 3)), {
            padding: 'same',
            stride: 2,
          } as Options),
        error: q.ArgumentError,
      },
    ],
  });
}

function transposed<Options extends spatial.ConvTransposeOptions>(
  fn: Convolution<Options>,
  axes: number,
  samples: readonly Sample<[options?: Options]>[],
  large: Sample<[options?: Options]>,
) {
  return row<[options?: Options]>({
    family: 'Products and convolutions',
    fn,
    positional: ([x, weight, bias], [options]) => [x, weight, { bias, ...(options as Options | undefined) }],
    samples,
    large,
    reference: ([x, weight, bias]: readonly Plain[], options) =>
      spatial.convTranspose(axes, x, weight, options, bias ?? null),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      ...errorsOf(fn, axes),
      {
        name: 'outputPadding as large as the stride',
        act: () =>
          fn(tensor(shaped(axes, 1, 1, 2)), tensor(shaped(axes, 1, 1, 3)), {
            stride: 2,
            outputPadding: 2,
          } as Options),
        error: q.ArgumentError,
      },
      {
        name: 'padding that leaves nothing',
        act: () =>
          fn(tensor(shaped(axes, 1, 1, 1)), tensor(shaped(axes, 1, 1, 3)), { padding: 2 } as Options),
        error: q.ShapeError,
      },
    ],
  });
}

export const convolutionRows = {
  conv1d: convolution<Conv1dOptions>(
    conv1d,
    1,
    [
      {
        inputs: [
          [1, 1, 4],
          [1, 1, 2],
        ],
      },
      { inputs: [[2, 3, 7], [4, 3, 3], [4]], args: [{ padding: 1, stride: 2 }] },
      { inputs: [[2, 4, 8], [6, 2, 3], [6]], args: [{ groups: 2, padding: 'same', dilation: [2] }] },
      { inputs: [[3, 6], [2, 3, 1], [2]] },
      { inputs: [[1, 2, 5], [3, 2, 4], [3]], args: [{ padding: 'same' }] },
      {
        inputs: [
          [1, 2, 5],
          [2, 2, 5],
        ],
        args: [{ padding: 'valid' }],
      },
      {
        inputs: [
          [0, 2, 4],
          [3, 2, 3],
        ],
      },
    ],
    { inputs: [[4, 8, 150], [16, 8, 5], [16]], args: [{ padding: [2] }] },
  ),
  conv3d: convolution<Conv3dOptions>(
    conv3d,
    3,
    [
      {
        inputs: [
          [1, 1, 2, 3, 3],
          [1, 1, 2, 2, 2],
        ],
      },
      { inputs: [[2, 2, 4, 3, 3], [4, 2, 3, 3, 3], [4]], args: [{ padding: 1 }] },
      {
        inputs: [[1, 2, 5, 3, 4], [4, 2, 2, 2, 3], [4]],
        args: [{ stride: [2, 1, 2], padding: [1, 0, 1] }],
      },
      {
        inputs: [
          [1, 4, 3, 2, 3],
          [8, 2, 3, 1, 3],
        ],
        args: [{ groups: 2, padding: 'same' }],
      },
      {
        inputs: [
          [1, 1, 5, 4, 3],
          [2, 1, 2, 2, 2],
        ],
        args: [{ dilation: [3, 2, 1] }],
      },
      { inputs: [[2, 2, 3, 3], [3, 2, 1, 1, 1], [3]] },
      { inputs: [[1, 3, 4, 3], [2, 1, 2, 3, 4], [2]], args: [{ padding: 'same' }] },
      { inputs: [[2, 1, 2, 1, 2], [1, 1, 3, 1, 1], [1]], args: [{ padding: [3, 0, 0] }] },
      {
        inputs: [
          [0, 2, 3, 3, 3],
          [3, 2, 2, 2, 2],
        ],
      },
    ],
    { inputs: [[2, 4, 5, 9, 9], [8, 4, 3, 3, 3], [8]], args: [{ padding: 1 }] },
  ),
  convTranspose1d: transposed<ConvTranspose1dOptions>(
    convTranspose1d,
    1,
    [
      {
        inputs: [
          [1, 1, 3],
          [1, 1, 2],
        ],
      },
      { inputs: [[2, 3, 4], [3, 2, 3], [2]], args: [{ stride: 2, padding: 1, outputPadding: 1 }] },
      { inputs: [[1, 4, 3], [4, 3, 2], [6]], args: [{ groups: 2, dilation: 3, outputPadding: [2] }] },
      { inputs: [[2, 4], [2, 3, 3], [3]], args: [{ stride: [3] }] },
      {
        inputs: [
          [0, 2, 4],
          [2, 3, 3],
        ],
      },
    ],
    { inputs: [[4, 16, 150], [16, 8, 4], [8]], args: [{ stride: 2, padding: 1 }] },
  ),
  convTranspose2d: transposed<ConvTranspose2dOptions>(
    convTranspose2d,
    2,
    [
      {
        inputs: [
          [1, 1, 2, 3],
          [1, 1, 2, 2],
        ],
      },
      { inputs: [[2, 3, 3, 2], [3, 4, 3, 3], [4]], args: [{ padding: 1 }] },
      {
        inputs: [[1, 2, 3, 3], [2, 3, 3, 2], [3]],
        args: [{ stride: [2, 3], padding: [1, 0], outputPadding: [1, 2] }],
      },
      { inputs: [[1, 4, 2, 3], [4, 1, 3, 3], [4]], args: [{ groups: 4, stride: 2, padding: 1 }] },
      {
        inputs: [
          [1, 4, 2, 2],
          [4, 2, 2, 2],
        ],
        args: [{ groups: 2, dilation: [2, 3], padding: [0, 1], outputPadding: [1, 2] }],
      },
      { inputs: [[3, 2, 2], [3, 2, 1, 1], [2]] },
      {
        inputs: [
          [0, 2, 3, 3],
          [2, 3, 2, 2],
        ],
      },
    ],
    { inputs: [[3, 16, 12, 12], [16, 8, 4, 4], [8]], args: [{ stride: 2, padding: 1 }] },
  ),
  convTranspose3d: transposed<ConvTranspose3dOptions>(
    convTranspose3d,
    3,
    [
      {
        inputs: [
          [1, 1, 2, 1, 2],
          [1, 1, 2, 2, 2],
        ],
      },
      {
        inputs: [[2, 4, 2, 2, 2], [4, 2, 3, 3, 3], [2]],
        args: [{ stride: 2, padding: 1, outputPadding: 1 }],
      },
      {
        inputs: [[1, 2, 2, 3, 2], [2, 2, 2, 1, 3], [4]],
        args: [{ groups: 2, stride: [1, 2, 1], dilation: [2, 1, 1], outputPadding: [1, 1, 0] }],
      },
      { inputs: [[2, 2, 2, 2], [2, 1, 1, 2, 1], [1]] },
      {
        inputs: [
          [0, 2, 2, 2, 2],
          [2, 3, 2, 2, 2],
        ],
      },
    ],
    { inputs: [[2, 12, 4, 6, 6], [12, 6, 3, 3, 3], [6]], args: [{ stride: 2, padding: 1 }] },
  ),
};
