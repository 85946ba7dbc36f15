// Lists and dictionaries of modules and of parameters, as members of a module.

import { ArgumentError, describe, IndexError } from '../../core/errors.js';
import { PARAMETER, Tensor } from '../../core/tensor.js';
import { Module } from '../module.js';

/** What has no forward of its own. */
abstract class Container extends Module {
  forward(): never {
    const op = this.constructor.name;
    throw new ArgumentError(op, 'this', this, `${op} holds members and computes nothing; call those`);
  }
}

/** Members by index, named '0', '1' and so on. */
abstract class List<Item extends Module | Tensor> extends Container {
  /** The members in their order. */
  readonly items: Item[] = [];

  /** Refuses what is no member. */
  protected abstract check(item: unknown): asserts item is Item;

  /** Number of members. */
  get length(): number {
    return this.items.length;
  }

  /** The member at an index; negative ones count from the end. */
  at(index: number): Item {
    return this.items[this.place(index, this.length - 1)];
  }

  /** Puts a member in the place of that at an index. */
  set(index: number, item: Item): this {
    this.check(item);
    this.items[this.place(index, this.length - 1)] = item;
    return this;
  }

  /** Adds a member at the end. */
  append(item: Item): this {
    this.check(item);
    this.items.push(item);
    return this;
  }

  /** Adds members at the end. */
  extend(items: Iterable<Item>): this {
    for (const item of [...items]) this.append(item);
    return this;
  }

  /** Adds a member before that at an index. */
  insert(index: number, item: Item): this {
    this.check(item);
    this.items.splice(this.place(index, this.length), 0, item);
    return this;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.items[Symbol.iterator]();
  }

  private place(index: number, last: number): number {
    const place = index < 0 ? index + this.length : index;
    if (Number.isInteger(place) && place >= 0 && place <= last) return place;
    const op = this.constructor.name;
    throw new IndexError(op, `there is no place ${index} among ${this.length} members`, index, this.length);
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (let i = 0; i < this.items.length; i++) yield [String(i), this.items[i]];
  }
}

/** Members by name, in the order in which they were set. */
abstract class Dictionary<Item extends Module | Tensor> extends Container {
  /** The members by their names. */
  readonly items: Record<string, Item> = Object.create(null);

  /** Refuses what is no member. */
  protected abstract check(item: unknown): asserts item is Item;

  /** Number of members. */
  get size(): number {
    return this.keys().length;
  }

  /** The member of a name. */
  get(name: string): Item {
    if (this.has(name)) return this.items[name];
    const op = this.constructor.name;
    throw new ArgumentError(
      op,
      'name',
      name,
      `there is no member '${name}'; there are ${this.keys().join(', ') || 'none'}`,
    );
  }

  /** Whether there is a member of a name. */
  has(name: string): boolean {
    return Object.hasOwn(this.items, name);
  }

  /** Adds a member, or puts it in the place of that of the same name. */
  set(name: string, item: Item): this {
    this.check(item);
    // Object keys that look like indices would come first, and a dot divides the names of members of members.
    if (typeof name !== 'string' || !/^[^.]*[^.\d][^.]*$/.test(name)) {
      const op = this.constructor.name;
      throw new ArgumentError(op, 'name', name, `a name has no dot, and is no number; got ${describe(name)}`);
    }
    this.items[name] = item;
    return this;
  }

  /** Adds the members of an object. */
  update(items: Readonly<Record<string, Item>>): this {
    for (const [name, item] of Object.entries(items)) this.set(name, item);
    return this;
  }

  /** Takes a member out, and answers it. */
  pop(name: string): Item {
    const item = this.get(name);
    delete this.items[name];
    return item;
  }

  keys(): string[] {
    return Object.keys(this.items);
  }

  values(): Item[] {
    return Object.values(this.items);
  }

  entries(): [name: string, item: Item][] {
    return Object.entries(this.items);
  }

  [Symbol.iterator](): Iterator<[name: string, item: Item]> {
    return this.entries()[Symbol.iterator]();
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    yield* this.entries();
  }
}

function checkModule(op: string, item: unknown): asserts item is Module {
  if (!(item instanceof Module))
    throw new ArgumentError(op, 'modules', item, `the members are modules; got ${describe(item)}`);
}

function checkParameter(op: string, item: unknown): asserts item is Tensor {
  if (!(item instanceof Tensor) || item.role !== PARAMETER)
    throw new ArgumentError(op, 'parameters', item, `the members are parameters; got ${describe(item)}`);
}

/**
 * Modules in a list, which a model calls as it likes.
 *
 * @throws ArgumentError where a member is no module; IndexError where there is none.
 * @example
 * import { nn, ones } from 'quern';
 * const list = new nn.ModuleList([new nn.Linear(2, 3)]).append(new nn.Linear(3, 1));
 * let x = ones([5, 2]);
 * for (const layer of list) x = layer.forward(x);
 * x.shape; // => [5, 1]
 * list.at(-1).weight.shape; // => [1, 3]
 */
export class ModuleList<Item extends Module = Module> extends List<Item> {
  constructor(modules: Iterable<Item> = []) {
    super();
    this.extend(modules);
  }

  protected check(item: unknown): asserts item is Item {
    checkModule('ModuleList', item);
  }
}

/**
 * Modules by name, which a model calls as it likes.
 *
 * @throws ArgumentError where a member is no module, or there is none of a name.
 * @example
 * import { nn, tensor } from 'quern';
 * const choices = new nn.ModuleDict({ relu: new nn.ReLU(), tanh: new nn.Tanh() });
 * choices.get('relu').forward(tensor([-1, 2])).toArray(); // => [0, 2]
 * choices.keys(); // => ['relu', 'tanh']
 */
export class ModuleDict<Item extends Module = Module> extends Dictionary<Item> {
  constructor(modules: Readonly<Record<string, Item>> = {}) {
    super();
    this.update(modules);
  }

  protected check(item: unknown): asserts item is Item {
    checkModule('ModuleDict', item);
  }
}

/**
 * Parameters in a list.
 *
 * @throws ArgumentError where a member is no parameter; IndexError where there is none.
 * @example
 * import { nn, ones } from 'quern';
 * const list = new nn.ParameterList([nn.Parameter(ones([2])), nn.Parameter(ones([3]))]);
 * list.namedParameters().map(([name]) => name); // => ['0', '1']
 */
export class ParameterList extends List<Tensor> {
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }

  protected check(item: unknown): asserts item is Tensor {
    checkParameter('ParameterList', item);
  }
}

/**
 * Parameters by name.
 *
 * @throws ArgumentError where a member is no parameter, or there is none of a name.
 * @example
 * import { nn, ones } from 'quern';
 * const scales = new nn.ParameterDict({ left: nn.Parameter(ones([2])) });
 * scales.get('left').toArray(); // => [1, 1]
 */
export class ParameterDict extends Dictionary<Tensor> {
  constructor(parameters: Readonly<Record<string, Tensor>> = {}) {
    super();
    this.update(parameters);
  }

  protected check(item: unknown): asserts item is Tensor {
    checkParameter('ParameterDict', item);
  }
}
