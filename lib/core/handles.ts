// What ends a hook.

/** What ends a hook. */
export interface RemovableHandle {
  /** Ends the hook; again it does nothing. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** Puts an entry into a list of hooks, at the end or before all others; the handle takes it out again. */
export function enlist<Entry>(
  list: Entry[],
  entry: Entry,
  prepend: boolean,
  removed: () => void = () => undefined,
): RemovableHandle {
  if (prepend) list.unshift(entry);
  else list.push(entry);
  const remove = (): void => {
    const place = list.indexOf(entry);
    if (place < 0) return;
    list.splice(place, 1);
    removed();
  };
  return { remove, [Symbol.dispose]: remove };
}
