// Tensors in arrays and objects, as functions take and answer them.

import { Tensor } from '../core/tensor.js';

/** What a class whose instances hold tensors maps them with, to another instance. */
export const MAP_TENSORS = Symbol('mapTensors');

interface Mappable {
  [MAP_TENSORS](replace: (tensor: Tensor) => unknown): unknown;
}

const isMappable = (value: unknown): value is Mappable =>
  typeof value === 'object' && value !== null && MAP_TENSORS in value;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A value with every tensor in it, in arrays, plain objects and packed sequences too, replaced; everything else stays. */
export function mapTensors(value: unknown, replace: (tensor: Tensor) => unknown): unknown {
  if (value instanceof Tensor) return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, replace));
  if (isMappable(value)) return value[MAP_TENSORS](replace);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTensors(item, replace)]));
}

/** The tensors in a value, in order. */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(value, (tensor) => found.push(tensor));
  return found;
}
