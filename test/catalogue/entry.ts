// The form of the catalogue, and short ways to write many entries.

/** What somebody who knows PyTorch looks for. */
export interface Entry {
  /** Its name in PyTorch; null for what PyTorch does not have. */
  readonly torch: string | null;
  /** Where Quern exports it: `abs`, `nn.functional.conv2d`, `Tensor.prototype.add_`; null where it is missing. */
  readonly quern: string | null;
  /** Why it is missing. */
  readonly reason?: string;
}

export interface Group {
  readonly title: string;
  readonly entries: readonly Entry[];
}

const words = (names: string): string[] => names.trim().split(/\s+/);

// Where words run together in PyTorch's name, and are told apart in Quern's.
const SPELLED: Readonly<Record<string, string>> = {
  allclose: 'allClose',
  atleast_1d: 'atLeast1d',
  atleast_2d: 'atLeast2d',
  atleast_3d: 'atLeast3d',
  isclose: 'isClose',
  isfinite: 'isFinite',
  isinf: 'isInf',
  isnan: 'isNaN',
  logsigmoid: 'logSigmoid',
};

/** Quern's spelling of a name: `log_softmax` is `logSoftmax`. */
export function camelCase(name: string): string {
  return SPELLED[name] ?? name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

/** Entries that have their name in both, but for its spelling. */
export function alike(torch: string, quern: string, names: string): Entry[] {
  return words(names).map((name) => ({
    torch: `${torch}.${name}`,
    quern: [...(quern === '' ? [] : [quern]), camelCase(name)].join('.'),
  }));
}

/** Entries that Quern has by another name, or as a part of something else. */
export function renamed(names: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(names).map(([torch, quern]) => ({ torch, quern }));
}

/** Entries that PyTorch does not have. */
export function ours(names: string): Entry[] {
  return words(names).map((quern) => ({ torch: null, quern }));
}

/** Entries that Quern does not have, and why. */
export function missing(reason: string, torch: string, names: string): Entry[] {
  return words(names).map((name) => ({ torch: `${torch}.${name}`, quern: null, reason }));
}
