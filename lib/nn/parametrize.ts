// Parametrizations: parameters that a module computes anew at each use from others, which are trained in their place.

import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import { checkInPlace, finishInPlace, noGrad } from '../core/graph.js';
import { sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { PARAMETER, Tensor } from '../core/tensor.js';
import { apart, checkTensor, copyValues } from '../ops/apply.js';
import { ModuleDict } from './layers/containers.js';
import { Module } from './module.js';
import { ownCopy } from './parameter.js';

/**
 * What a parameter is computed with: a module whose forward makes the tensor that is used from the one, or the several,
 * that are trained. `rightInverse` goes the other way, from a tensor to what forward makes it from; without it that is
 * the tensor itself.
 */
export interface Parametrization extends Module {
  forward(...originals: Tensor[]): Tensor;
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
}

/** The originals of one parameter, and the parametrizations that they pass one after the other. */
class ParametrizationList extends Module {
  /** What is trained. */
  readonly originals: Tensor[] = [];
  readonly items: Parametrization[] = [];
  /** Whether what is trained is one tensor, which goes by the name `original`. */
  readonly single: boolean;

  constructor(parameter: Tensor, first: Parametrization) {
    super();
    const found = originalsOf(first, parameter);
    this.single = found instanceof Tensor;
    for (const one of found instanceof Tensor ? [found] : found) {
      // The parameter itself stays what it is, so that an optimizer that knows it goes on.
      this.originals.push(
        one === parameter ? parameter : ownCopy(one, one.kind, PARAMETER, parameter.requiresGrad),
      );
    }
    this.items.push(first);
  }

  forward(): Tensor {
    const [first, ...others] = this.items;
    return others.reduce((value, item) => item.forward(value), first.forward(...this.originals));
  }

  /** Writes what makes a value over the originals. */
  assign(value: Tensor): void {
    noGrad(() => {
      const inner = this.items.slice(1).reduceRight<Tensor>((one, item) => single(item, one), value);
      const found = originalsOf(this.items[0], inner);
      const list = found instanceof Tensor ? [found] : found;
      this.#checkFits(list);
      for (const original of this.originals) checkInPlace('parametrize', original, false);
      this.originals.forEach((original, i) => {
        copyValues(original, apart(list[i], original));
        finishInPlace(original);
      });
    });
  }

  #checkFits(list: readonly Tensor[]): void {
    const { originals } = this;
    if (list.length === originals.length && list.every((one, i) => sameDims(one.layout, originals[i].layout)))
      return;
    const [got, wanted] = [list, originals].map((tensors) => tensors.map(({ shape }) => shape));
    throw new ShapeError(
      'parametrize',
      `rightInverse of ${this.items[0].constructor.name} made tensors of shapes ${got.map(showShape).join(', ')} where ` +
        `${wanted.map(showShape).join(', ')} are trained; it must make the same from each value`,
      [...got, ...wanted],
    );
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [i, one] of this.originals.entries()) yield [this.single ? 'original' : `original${i}`, one];
    for (const [i, item] of this.items.entries()) yield [String(i), item];
  }
}

/** What a parametrization makes a value from. */
function originalsOf(parametrization: Parametrization, value: Tensor): Tensor | readonly Tensor[] {
  if (parametrization.rightInverse === undefined) return value;
  const found = noGrad(() => parametrization.rightInverse?.(value));
  if (found instanceof Tensor) return found;
  if (Array.isArray(found) && found.length > 0 && found.every((one) => one instanceof Tensor)) return found;
  throw new ArgumentError(
    'parametrize',
    'rightInverse',
    found,
    `rightInverse of ${parametrization.constructor.name} must answer a tensor or a list of them; got ${describe(found)}`,
  );
}

function single(parametrization: Parametrization, value: Tensor): Tensor {
  const found = originalsOf(parametrization, value);
  if (found instanceof Tensor) return found;
  throw new ArgumentError(
    'registerParametrization',
    'parametrization',
    parametrization,
    `a parametrization of several tensors comes first; ${parametrization.constructor.name} follows another one`,
  );
}

interface Parametrized {
  parametrizations?: unknown;
}

function listsOf(module: Module): ModuleDict<ParametrizationList> | null {
  const { parametrizations } = module as Parametrized;
  return parametrizations instanceof ModuleDict
    ? (parametrizations as ModuleDict<ParametrizationList>)
    : null;
}

function checkModule(op: string, module: unknown): asserts module is Module {
  if (module instanceof Module) return;
  throw new ArgumentError(op, 'module', module, `a module is needed; got ${describe(module)}`);
}

function demandList(op: string, module: Module, name: string): ParametrizationList {
  const lists = listsOf(module);
  if (lists?.has(name)) return lists.get(name);
  throw new ArgumentError(
    op,
    'name',
    name,
    `'${String(name)}' of ${module.constructor.name} has no parametrization; those that have are ${lists?.keys().join(', ') || 'none'}`,
  );
}

/** The parameter in a field of a module's own. @internal */
export function demandParameter(op: string, module: Module, name: string): Tensor {
  const value: unknown = Object.hasOwn(module, name) ? Reflect.get(module, name) : undefined;
  if (value instanceof Tensor && value.role === PARAMETER) return value;
  const fields = Object.entries(module).flatMap(([field, one]) =>
    one instanceof Tensor && one.role === PARAMETER ? [field] : [],
  );
  throw new ArgumentError(
    op,
    'name',
    name,
    `${module.constructor.name} has no parameter in a field '${String(name)}'; it has ${fields.join(', ') || 'none'}`,
  );
}

/** Refuses a value that cannot stand in the place of a parameter. */
function checkLike(op: string, parametrization: Parametrization, value: unknown, parameter: Tensor): void {
  checkTensor(op, value);
  if (!sameDims(value.layout, parameter.layout)) {
    throw new ShapeError(
      op,
      `${parametrization.constructor.name} makes a tensor of shape ${showShape(value.shape)} from a parameter of shape ` +
        `${showShape(parameter.shape)}; it must keep the shape`,
      [value.shape, parameter.shape],
    );
  }
  if (value.kind !== parameter.kind) {
    throw new DTypeError(
      op,
      `${parametrization.constructor.name} makes a ${value.dtype} tensor from a ${parameter.dtype} parameter; it must keep the dtype`,
      [value.dtype, parameter.dtype],
    );
  }
}

// On `this`, so that copies of the module compute from what is theirs.
function accessor(name: string): PropertyDescriptor & ThisType<Module> {
  return {
    configurable: true,
    enumerable: false,
    get(): Tensor {
      return demandList('parametrize', this, name).forward();
    },
    set(value: Tensor): void {
      checkTensor('parametrize', value);
      const list = demandList('parametrize', this, name);
      checkLike(
        'parametrize',
        list.items[0],
        value,
        noGrad(() => list.forward()),
      );
      list.assign(value);
    },
  };
}

/**
 * Has a module compute a parameter, in its field `name`, with a parametrization at each use. What the parametrization
 * computes it from is trained in its place, as `parametrizations.<name>.original` (`original0`, `original1`, … where
 * `rightInverse` answers several), so make the optimizer afterwards. A second one is applied to what the first made.
 * Assigning to the field goes through `rightInverse`. What the field answers is computed anew each time: writing into it,
 * as `resetParameters()` and the functions of `nn.init` do, changes nothing. Answers the module.
 *
 * @throws ArgumentError where the module has no such parameter; ShapeError or DTypeError where the parametrization makes
 * a tensor that is not like it. Then nothing has changed.
 * @example
 * import { nn, ones } from 'quern';
 * class Symmetric extends nn.Module {
 *   forward(x) {
 *     return x.triu().add(x.triu({ diagonal: 1 }).t());
 *   }
 * }
 * const layer = nn.utils.parametrize.registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
 * const { weight } = layer;
 * weight.equal(weight.t()); // => true
 * Object.keys(layer.stateDict()); // => ['bias', 'parametrizations.weight.original']
 */
export function registerParametrization<M extends Module>(
  module: M,
  name: string,
  parametrization: Parametrization,
): M {
  const op = 'registerParametrization';
  checkModule(op, module);
  if (!(parametrization instanceof Module)) {
    throw new ArgumentError(
      op,
      'parametrization',
      parametrization,
      `a parametrization is a module; got ${describe(parametrization)}`,
    );
  }
  const lists = listsOf(module);
  parametrization.train(module.training);
  if (lists?.has(name)) {
    const list = lists.get(name);
    noGrad(() => {
      const before = list.forward();
      checkLike(op, parametrization, parametrization.forward(single(parametrization, before)), before);
    });
    list.items.push(parametrization);
    return module;
  }
  const parameter = demandParameter(op, module, name);
  const list = new ParametrizationList(parameter, parametrization).train(module.training);
  checkLike(
    op,
    parametrization,
    noGrad(() => list.forward()),
    parameter,
  );
  const all = lists ?? new ModuleDict<ParametrizationList>().train(module.training);
  if (lists === null) {
    (module as Parametrized).parametrizations = all;
    if (!module.children().includes(all)) {
      delete (module as Parametrized).parametrizations;
      throw new ArgumentError(
        op,
        'module',
        module,
        `${module.constructor.name} lists its members itself; have its members() yield super.members() too`,
      );
    }
  }
  all.set(name, list);
  Object.defineProperty(module, name, accessor(name));
  return module;
}

/**
 * Whether a module computes a parameter with a parametrization: one of a name, or any.
 *
 * @example
 * import { nn } from 'quern';
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
 * const { isParametrized } = nn.utils.parametrize;
 * [isParametrized(layer), isParametrized(layer, 'bias')]; // => [true, false]
 */
export function isParametrized(module: Module, name?: string): boolean {
  checkModule('isParametrized', module);
  const lists = listsOf(module);
  return lists !== null && (name === undefined ? lists.size > 0 : lists.has(name));
}

export interface RemoveParametrizationsOptions {
  /** Whether the parameter keeps the values that were computed, not those of its original. Default true. */
  leaveParametrized?: boolean;
}

const REMOVE_OPTIONS = optionNames<RemoveParametrizationsOptions>({ leaveParametrized: true });

/**
 * Makes a parameter with parametrizations a plain one again, with the values that were computed last or, for
 * `leaveParametrized` false, those of its original. Make the optimizer anew afterwards. Answers the module.
 *
 * @throws ArgumentError where there is no such parametrization, or no original alone to go back to.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 1));
 * const before = layer.forward(ones([1, 2])).item();
 * nn.utils.parametrize.removeParametrizations(layer, 'weight');
 * layer.forward(ones([1, 2])).item() === before; // => true
 * Object.keys(layer.stateDict()); // => ['weight', 'bias']
 */
export function removeParametrizations<M extends Module>(
  module: M,
  name: string,
  options: RemoveParametrizationsOptions = NO_OPTIONS,
): M {
  const op = 'removeParametrizations';
  checkModule(op, module);
  checkOptions(op, options, REMOVE_OPTIONS);
  const list = demandList(op, module, name);
  const [original] = list.originals;
  let value: Tensor;
  if (options.leaveParametrized ?? true) {
    const computed = noGrad(() => list.forward());
    if (list.single && sameDims(original.layout, computed.layout) && original.kind === computed.kind) {
      noGrad(() => {
        copyValues(original, apart(computed, original));
        finishInPlace(original);
      });
      value = original;
    } else {
      value = ownCopy(computed, computed.kind, PARAMETER, original.requiresGrad);
    }
  } else {
    if (!list.single) {
      throw new ArgumentError(
        op,
        'leaveParametrized',
        false,
        `'${name}' is computed from ${list.originals.length} tensors, none of which can take its place; leave it parametrized`,
      );
    }
    value = original;
  }
  Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true });
  const lists = listsOf(module) as ModuleDict<ParametrizationList>;
  lists.pop(name);
  if (lists.size === 0) delete (module as Parametrized).parametrizations;
  return module;
}
