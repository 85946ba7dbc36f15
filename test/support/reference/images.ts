// Convolution and pooling of images (N, C, H, W) in plain arrays, from their definitions.

import type { Conv2dOptions, Pair } from '../../../lib/ops/conv.js';
import type { AvgPoolOptions, MaxPoolOptions } from '../../../lib/ops/pool2d.js';
import { at, build, type Plain } from '../plain.js';

function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** An image without its batch dimension gets one, and loses it again. */
function batched(x: Plain, f: (x: Plain) => Plain): Plain {
  if (x.shape.length === 4) return f(x);
  const out = f({ shape: [1, ...x.shape], data: x.data });
  return { shape: out.shape.slice(1), data: out.data };
}

export function conv2d(
  input: Plain,
  weight: Plain,
  options: Conv2dOptions = {},
  bias: Plain | null = null,
): Plain {
  const stride = pair(options.stride ?? 1);
  const dilation = pair(options.dilation ?? 1);
  const groups = options.groups ?? 1;
  const [outputs, taken, kernelH, kernelW] = weight.shape;
  const same = [0, 1].map((i) => (dilation[i] * (weight.shape[i + 2] - 1)) / 2) as [number, number];
  const padding =
    options.padding === 'same' ? same : pair(options.padding === 'valid' ? 0 : (options.padding ?? 0));
  return batched(input, (x) => {
    const [height, width] = [0, 1].map((i) => {
      const reach = dilation[i] * (weight.shape[i + 2] - 1) + 1;
      return Math.floor((x.shape[i + 2] + 2 * padding[i] - reach) / stride[i]) + 1;
    });
    return build([x.shape[0], outputs, height, width], ([n, o, i, j]) => {
      const first = Math.floor(o / (outputs / groups)) * taken;
      let total = bias === null ? 0 : bias.data[o];
      for (let c = 0; c < taken; c++) {
        for (let p = 0; p < kernelH; p++) {
          for (let q = 0; q < kernelW; q++) {
            const row = i * stride[0] - padding[0] + p * dilation[0];
            const column = j * stride[1] - padding[1] + q * dilation[1];
            if (inside(x, row, column))
              total += at(weight, [o, c, p, q]) * at(x, [n, first + c, row, column]);
          }
        }
      }
      return total;
    });
  });
}

function inside(x: Plain, row: number, column: number): boolean {
  return row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
}

/** Where the windows of a pooling lie along one side. */
function windowStarts(
  size: number,
  reach: number,
  stride: number,
  padding: number,
  ceilMode: boolean,
): number[] {
  const starts: number[] = [];
  for (let start = -padding; ; start += stride) {
    const fits = start + reach <= size + padding;
    // In ceil mode one more may hang over the end, if it begins inside the input or the padding before it.
    const hangs = ceilMode && start < size && start + reach - stride < size + padding;
    if (!fits && !hangs) return starts;
    starts.push(start);
  }
}

export function maxPool2d(input: Plain, kernelSize: Pair, options: MaxPoolOptions = {}): Plain {
  const window = pair(kernelSize);
  const stride = pair(options.stride ?? window);
  const padding = pair(options.padding ?? 0);
  const dilation = pair(options.dilation ?? 1);
  return batched(input, (x) => {
    const starts = [0, 1].map((i) =>
      windowStarts(
        x.shape[i + 2],
        dilation[i] * (window[i] - 1) + 1,
        stride[i],
        padding[i],
        options.ceilMode ?? false,
      ),
    );
    return build([x.shape[0], x.shape[1], starts[0].length, starts[1].length], ([n, c, i, j]) => {
      let most = Number.NEGATIVE_INFINITY;
      for (let p = 0; p < window[0]; p++) {
        for (let q = 0; q < window[1]; q++) {
          const [row, column] = [starts[0][i] + p * dilation[0], starts[1][j] + q * dilation[1]];
          if (!inside(x, row, column)) continue;
          const value = at(x, [n, c, row, column]);
          if (Number.isNaN(value) || value > most) most = value;
        }
      }
      return most;
    });
  });
}

export function avgPool2d(input: Plain, kernelSize: Pair, options: AvgPoolOptions = {}): Plain {
  const window = pair(kernelSize);
  const stride = pair(options.stride ?? window);
  const padding = pair(options.padding ?? 0);
  return batched(input, (x) => {
    const starts = [0, 1].map((i) =>
      windowStarts(x.shape[i + 2], window[i], stride[i], padding[i], options.ceilMode ?? false),
    );
    return build([x.shape[0], x.shape[1], starts[0].length, starts[1].length], ([n, c, i, j]) => {
      const [top, left] = [starts[0][i], starts[1][j]];
      let total = 0;
      let counted = 0;
      for (let row = top; row < Math.min(top + window[0], x.shape[2] + padding[0]); row++) {
        for (let column = left; column < Math.min(left + window[1], x.shape[3] + padding[1]); column++) {
          const real = inside(x, row, column);
          if (real) total += at(x, [n, c, row, column]);
          if (real || (options.countIncludePad ?? true)) counted++;
        }
      }
      return total / (options.divisorOverride ?? counted);
    });
  });
}
