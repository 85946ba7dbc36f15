// What x[…] picks, by definition: for each place of the result the place of x that it comes from.

import { broadcastAt, broadcastShape, indicesOf, type Plain } from '../plain.js';

export type SubscriptPart =
  | number
  | null
  | '...'
  | { readonly start?: number; readonly end?: number; readonly step?: number }
  | { readonly list: Plain }
  | { readonly mask: Plain };

export interface Picked {
  readonly shape: readonly number[];
  readonly from: (place: readonly number[]) => readonly number[];
}

/** Where a mask is true: a list for each of its dimensions. */
function listsOf(mask: Plain): { list: Plain }[] {
  const found: number[][] = [];
  let i = 0;
  for (const place of indicesOf(mask.shape)) if (mask.data[i++] !== 0) found.push([...place]);
  return mask.shape.map((_, axis) => ({
    list: { shape: [found.length], data: found.map((place) => place[axis]) },
  }));
}

const fromEnd = (i: number, size: number): number => (i < 0 ? i + size : i);

export function subscript(dims: readonly number[], parts: readonly SubscriptPart[]): Picked {
  const spelled = parts.flatMap((part) =>
    part !== null && typeof part === 'object' && 'mask' in part ? listsOf(part.mask) : [part],
  );
  const used = spelled.filter((part) => part !== null && part !== '...').length;
  const filler = new Array<SubscriptPart>(dims.length - used).fill({});
  const dots = spelled.indexOf('...');
  const all =
    dots < 0 ? [...spelled, ...filler] : [...spelled.slice(0, dots), ...filler, ...spelled.slice(dots + 1)];
  // Dimensions of the result in order; 'lists' stands once, for all dimensions of the index tensors together.
  const slots: { size: number; axis: number; start: number; step: number }[] = [];
  const lists: { axis: number; list: Plain; slot: number }[] = [];
  const fixed = new Map<number, number>();
  let axis = 0;
  let visible = 0;
  for (const part of all) {
    if (part === null) {
      slots.push({ size: 1, axis: -1, start: 0, step: 0 });
      visible++;
      continue;
    }
    if (typeof part === 'number') fixed.set(axis, fromEnd(part, dims[axis]));
    else if (typeof part === 'object' && 'list' in part) {
      lists.push({ axis, list: part.list, slot: visible });
      visible++;
    } else if (typeof part === 'object') {
      const {
        start = 0,
        end = dims[axis],
        step = 1,
      } = part as { start?: number; end?: number; step?: number };
      const bound = (i: number) => Math.min(dims[axis], Math.max(0, fromEnd(i, dims[axis])));
      const size = Math.max(0, Math.ceil((bound(end) - bound(start)) / step));
      slots.push({ size, axis, start: bound(start), step });
      visible++;
    }
    axis++;
  }
  const common = lists.length === 0 ? [] : broadcastShape(...lists.map(({ list }) => list.shape));
  const together = lists.every(({ slot }, i) => i === 0 || slot === lists[i - 1].slot + 1);
  const at = lists.length > 0 && together ? lists[0].slot : 0;
  const sizes = slots.map(({ size }) => size);
  return {
    shape: [...sizes.slice(0, at), ...common, ...sizes.slice(at)],
    from: (place) => {
      const inLists = place.slice(at, at + common.length);
      const inSlots = [...place.slice(0, at), ...place.slice(at + common.length)];
      const source = dims.map((_, i) => fixed.get(i) ?? 0);
      slots.forEach((slot, i) => {
        if (slot.axis >= 0) source[slot.axis] = slot.start + inSlots[i] * slot.step;
      });
      for (const { axis: i, list } of lists) source[i] = fromEnd(broadcastAt(list, inLists), dims[i]);
      return source;
    },
  };
}
