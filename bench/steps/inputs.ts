// Writes the one file from which every contender of a step starts: initial weights and the batch.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { full, manualSeed, randint, randn, saveSafetensors, type Tensor, uniform } from 'quern';
import type { Batch, Drawn, Spec } from './specs.js';

const SEED = 7;

function parameter({ shape, bound, value }: Drawn): Tensor {
  return bound === undefined ? full([...shape], value ?? 0) : uniform([...shape], -bound, bound);
}

function batch(side: Batch): Tensor {
  return 'below' in side ? randint(0, side.below, [...side.shape]) : randn([...side.shape]);
}

/**
 * Draws a step's tensors, always the same ones, and answers the file's path: parameters by
 * name, and `x` and `y`; the metadata hold the parameters' order.
 */
export function writeInputs(spec: Spec, folder: string): string {
  manualSeed(SEED);
  const tensors: Record<string, Tensor> = {};
  for (const one of spec.parameters) tensors[one.name] = parameter(one);
  tensors.x = batch(spec.x);
  tensors.y = batch(spec.y);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${spec.name}.safetensors`);
  const order = spec.parameters.map((one) => one.name).join(' ');
  saveSafetensors(path, tensors, { metadata: { order } });
  return path;
}
