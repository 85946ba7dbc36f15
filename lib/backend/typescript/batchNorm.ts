// Batch normalisation over (N, C, …): statistics, the normalised values, and their gradient.

import type { DataArray, Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';

/** A contiguous x seen as [images][channels][plane]. */
interface Channels {
  readonly images: number;
  readonly channels: number;
  readonly plane: number;
  /** Values of one channel. */
  readonly count: number;
}

function channelsOf(op: string, dense: readonly Operand[], x: Operand): Channels {
  for (const operand of dense) demandDense(op, operand);
  const [images, channels, ...rest] = x.layout.dims;
  const plane = rest.reduce((product, dim) => product * dim, 1);
  return { images, channels, plane, count: images * plane };
}

/** running ← (1 − momentum) · running + momentum · value */
function moveTowards(running: Operand, kind: Kind, channel: number, value: number, momentum: number): void {
  const at = running.offset + channel * running.layout.strides[0];
  const values = running.slab.view(kind);
  values[at] = (1 - momentum) * values[at] + momentum * value;
}

/** Attributes: eps, momentum, and 1 in training; otherwise the running statistics are taken. */
export function batchNormStatistics(kind: Kind, operands: readonly Operand[]): void {
  const [statistics, x, mean, variance] = operands;
  const { images, channels, plane, count } = channelsOf('batchNormStatistics', [statistics, x], x);
  const [eps, momentum, training] = attributes;
  const out = statistics.slab.view(kind);
  const values = x.slab.view(kind);
  for (let c = 0; c < channels; c++) {
    const put = (centre: number, spread: number): void => {
      out[statistics.offset + c] = centre;
      out[statistics.offset + channels + c] = 1 / Math.sqrt(spread + eps);
    };
    if (training === 0) {
      put(
        mean.slab.view(kind)[mean.offset + c * mean.layout.strides[0]],
        variance.slab.view(kind)[variance.offset + c * variance.layout.strides[0]],
      );
      continue;
    }
    let sum = 0;
    for (let image = 0; image < images; image++) {
      const start = x.offset + (image * channels + c) * plane;
      for (let i = start; i < start + plane; i++) sum += values[i];
    }
    const centre = sum / count;
    let squares = 0;
    for (let image = 0; image < images; image++) {
      const start = x.offset + (image * channels + c) * plane;
      for (let i = start; i < start + plane; i++) squares += (values[i] - centre) ** 2;
    }
    put(centre, squares / count);
    if (mean === undefined || count === 0) continue;
    moveTowards(mean, kind, c, centre, momentum);
    moveTowards(variance, kind, c, squares / (count - 1), momentum);
  }
}

/** Calls body(channel, start) for each plane, which starts so far from an operand's offset. */
function forPlanes(
  { images, channels, plane }: Channels,
  body: (channel: number, start: number) => void,
): void {
  for (let i = 0; i < images * channels; i++) body(i % channels, i * plane);
}

function valueOr(
  operand: Operand | undefined,
  values: DataArray | undefined,
  c: number,
  other: number,
): number {
  return operand === undefined || values === undefined ? other : values[operand.offset + c];
}

export function batchNorm(kind: Kind, operands: readonly Operand[]): void {
  const [y, x, statistics, weight, bias] = operands;
  const shape = channelsOf('batchNorm', operands, x);
  const [to, from, found] = [y.slab.view(kind), x.slab.view(kind), statistics.slab.view(kind)];
  const [w, b] = [weight?.slab.view(kind), bias?.slab.view(kind)];
  forPlanes(shape, (c, start) => {
    const mean = found[statistics.offset + c];
    const factor = found[statistics.offset + shape.channels + c] * valueOr(weight, w, c, 1);
    const shift = valueOr(bias, b, c, 0);
    for (let i = start; i < start + shape.plane; i++) {
      to[y.offset + i] = (from[x.offset + i] - mean) * factor + shift;
    }
  });
}

/** Σ g z for each channel, z the normalised values, and then Σ g. */
export function batchNormSums(kind: Kind, operands: readonly Operand[]): void {
  const [sums, g, x, statistics] = operands;
  const shape = channelsOf('batchNormSums', operands, x);
  const [gradients, from, found] = [g.slab.view(kind), x.slab.view(kind), statistics.slab.view(kind)];
  const dots = new Float64Array(shape.channels);
  const totals = new Float64Array(shape.channels);
  forPlanes(shape, (c, start) => {
    const mean = found[statistics.offset + c];
    let dot = 0;
    let total = 0;
    for (let i = start; i < start + shape.plane; i++) {
      const gradient = gradients[g.offset + i];
      dot += gradient * (from[x.offset + i] - mean);
      total += gradient;
    }
    dots[c] += dot;
    totals[c] += total;
  });
  const out = sums.slab.view(kind);
  for (let c = 0; c < shape.channels; c++) {
    out[sums.offset + c] = dots[c] * found[statistics.offset + shape.channels + c];
    out[sums.offset + shape.channels + c] = totals[c];
  }
}

/** dx = (g − mean of g − z · mean of g z) · scale · weight */
export function batchNormGrad(kind: Kind, operands: readonly Operand[]): void {
  const [dx, g, x, statistics, sums, weight] = operands;
  const shape = channelsOf('batchNormGrad', operands, x);
  const [to, gradients, from] = [dx.slab.view(kind), g.slab.view(kind), x.slab.view(kind)];
  const [found, summed, w] = [statistics.slab.view(kind), sums.slab.view(kind), weight?.slab.view(kind)];
  forPlanes(shape, (c, start) => {
    const mean = found[statistics.offset + c];
    const scale = found[statistics.offset + shape.channels + c];
    const factor = scale * valueOr(weight, w, c, 1);
    const first = summed[sums.offset + shape.channels + c] / shape.count;
    const second = (summed[sums.offset + c] / shape.count) * scale;
    for (let i = start; i < start + shape.plane; i++) {
      to[dx.offset + i] = (gradients[g.offset + i] - first - (from[x.offset + i] - mean) * second) * factor;
    }
  });
}
