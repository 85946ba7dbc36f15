// Modules in a row.

import { ArgumentError, describe, IndexError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { Module } from '../module.js';
import { forwardPair } from './fusion.js';

/**
 * Passes its input through modules, one after the other. Their names are '0', '1' and so on.
 *
 * @throws ArgumentError where an argument is no module.
 * @example
 * import { nn, ones } from 'quern';
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2));
 * model.forward(ones([1, 4])).shape; // => [1, 2]
 * Object.keys(model.stateDict()); // => ['0.weight', '0.bias', '2.weight', '2.bias']
 */
export class Sequential extends Module {
  /** The modules in their order. */
  readonly layers: Module[] = [];

  constructor(...layers: Module[]) {
    super();
    for (const layer of layers) this.append(layer);
  }

  /** Adds a module at the end. */
  append(layer: Module): this {
    if (!(layer instanceof Module)) {
      throw new ArgumentError(
        'Sequential',
        'layers',
        layer,
        `the arguments are modules; got ${describe(layer)}`,
      );
    }
    this.layers.push(layer);
    return this;
  }

  /** Number of modules. */
  get length(): number {
    return this.layers.length;
  }

  /** The module at an index; negative ones count from the end. */
  at(index: number): Module {
    const layer = this.layers.at(index);
    if (layer !== undefined) return layer;
    throw new IndexError(
      'Sequential',
      `there is no module ${index} among ${this.length}`,
      index,
      this.length,
    );
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.layers[Symbol.iterator]();
  }

  forward(x: Tensor): Tensor {
    const { layers } = this;
    let out = x;
    for (let i = 0; i < layers.length; i++) {
      const pair = i + 1 < layers.length ? forwardPair(layers[i], layers[i + 1], out) : null;
      if (pair !== null) i++;
      out = pair ?? layers[i].forward(out);
    }
    return out;
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (let i = 0; i < this.layers.length; i++) yield [String(i), this.layers[i]];
  }
}
