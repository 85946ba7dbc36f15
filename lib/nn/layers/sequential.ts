// Modules in a row.

import { ArgumentError, describe, IndexError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { Module } from '../module.js';
import { forwardPair } from './fusion.js';

/**
 * Passes its input through modules, one after the other. Their names are '0', '1' and so on, or the keys of an object
 * of modules.
 *
 * @throws ArgumentError where an argument is no module, or a name has a dot or is a number.
 * @example
 * import { nn, ones } from 'quern';
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2));
 * model.forward(ones([1, 4])).shape; // => [1, 2]
 * Object.keys(model.stateDict()); // => ['0.weight', '0.bias', '2.weight', '2.bias']
 * const named = new nn.Sequential({ hidden: new nn.Linear(4, 2), act: new nn.Tanh() });
 * Object.keys(named.stateDict()); // => ['hidden.weight', 'hidden.bias']
 */
export class Sequential extends Module {
  /** The modules in their order. */
  readonly layers: Module[] = [];
  /** The name of each; null for those named by their place. */
  private readonly names: (string | null)[] = [];

  constructor(...layers: Module[] | [layers: Readonly<Record<string, Module>>]) {
    super();
    const [first] = layers;
    if (layers.length === 1 && isRecord(first)) {
      for (const [name, layer] of Object.entries(first)) this.append(layer, name);
    } else {
      for (const layer of layers) this.append(layer as Module);
    }
  }

  /** Adds a module at the end, under a name if one is given. */
  append(layer: Module, name: string | null = null): this {
    return this.insert(this.length, layer, name);
  }

  /** Adds modules at the end. */
  extend(layers: Iterable<Module>): this {
    for (const layer of [...layers]) this.append(layer);
    return this;
  }

  /** Adds a module before that at an index, under a name if one is given; those named by their place move on. */
  insert(index: number, layer: Module, name: string | null = null): this {
    if (!(layer instanceof Module)) {
      throw new ArgumentError(
        'Sequential',
        'layers',
        layer,
        `the arguments are modules; got ${describe(layer)}`,
      );
    }
    const place = index < 0 ? index + this.length : index;
    if (!Number.isInteger(place) || place < 0 || place > this.length) {
      throw new IndexError(
        'Sequential',
        `there is no place ${index} among ${this.length}`,
        index,
        this.length,
      );
    }
    if (name !== null && (!/^[^.]*[^.\d][^.]*$/.test(name) || this.names.includes(name))) {
      throw new ArgumentError(
        'Sequential',
        'name',
        name,
        `a name is new, has no dot, and is no number; got '${name}'`,
      );
    }
    this.layers.splice(place, 0, layer);
    this.names.splice(place, 0, name);
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
    for (let i = 0; i < this.layers.length; i++) yield [this.names[i] ?? String(i), this.layers[i]];
  }
}

/** Whether an argument is an object of modules by name, made by a literal. */
function isRecord(value: unknown): value is Readonly<Record<string, Module>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
