// The form of a row of the op database, and its defaults.

import type { DType, Tensor } from 'quern';
import type { Plain } from '../support/plain.js';
import type { Domain } from '../support/values.js';

export const FAMILIES = [
  'Mathematical functions',
  'Activations',
  'Arithmetic',
  'Comparison and logic',
  'Choice',
  'Reductions',
  'Scans',
  'Order and counting',
  'Products and convolutions',
  'Recurrent layers',
  'Pooling',
  'Normalisation',
  'Losses',
  'Shapes',
  'Parts',
  'Indexing',
  'Joining and splitting',
  'In place',
  'Creation',
  'Random',
  'Dtypes and reading',
] as const;

export type Family = (typeof FAMILIES)[number];

export const FLOATS: readonly DType[] = ['float32', 'float64'];
export const INTEGERS: readonly DType[] = ['int32', 'uint8'];
export const NUMERIC: readonly DType[] = [...FLOATS, ...INTEGERS];
export const ALL: readonly DType[] = [...NUMERIC, 'bool'];

/** A tensor operand of a sample: of the dtype under test and random values, unless it says otherwise. */
export interface Input {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  readonly data?: readonly number[];
  readonly domain?: Domain;
}

/** A shape stands for a tensor of that shape; a number for itself. */
export type InputLike = Input | readonly number[] | number;

export interface Sample<Args extends readonly unknown[]> {
  readonly inputs: readonly InputLike[];
  readonly args?: Args;
  /** Whether its operands stand where the gradient has a kink, so that differences say nothing about it. */
  readonly kink?: boolean;
}

/** One tensor, a list, or an object of several; null for what was not asked for. */
export type Results = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor | null>>;

/** The dtype of a result: that of the inputs, the float nearest to it, bool, or what sums are kept in. */
export type ResultDType = 'same' | 'float' | 'bool' | 'sum' | ((dtype: DType, output: number) => DType);

/** How exact results are: equal; to a relative tolerance; or relative to the largest, where terms add up. */
export type Precision = 'exact' | 'relative' | 'summed';

/** What a random function promises: its distribution function, by the arguments of the sample. */
export interface Distribution<Args extends readonly unknown[]> {
  readonly cdf: (value: number, ...args: Args) => number;
  /** Whether values are whole, so that the distribution function has steps. */
  readonly whole: boolean;
  /** Whether something is computed from what was drawn that the backends round differently. */
  readonly rounded?: boolean;
  /** A large draw, for the comparison. */
  readonly sample: Sample<Args>;
}

export interface ErrorCase {
  readonly name: string;
  readonly act: () => unknown;
  readonly error: abstract new (...args: never[]) => Error;
}

export interface Spec<Args extends readonly unknown[]> {
  readonly family: Family;
  /** The public function. */
  readonly fn: unknown;
  readonly samples: readonly Sample<Args>[];
  /** Big enough to be split over threads. */
  readonly large?: Sample<Args>;
  /** In what order the function takes operands and arguments. Default: operands first. */
  readonly positional?: (
    operands: readonly (Tensor | number)[],
    args: readonly unknown[],
  ) => readonly unknown[];
  /** What it computes, in doubles. Absent for what is random or has no values. */
  readonly reference?: (inputs: readonly Plain[], ...args: Args) => Plain | readonly Plain[];
  /** Default: every dtype. */
  readonly dtypes?: readonly DType[];
  readonly result?: ResultDType;
  readonly precision?: Precision;
  /** Tolerances other than 1e-5 and 1e-10 for float32 and float64. */
  readonly tolerance?: { readonly float32: number; readonly float64: number };
  /** How often it can be differentiated: not, once, or at will. */
  readonly gradient?: 0 | 1 | 2;
  /** Where numbers are drawn from. */
  readonly domain?: Domain;
  /** The same for gradients: away from kinks and poles. Default: `domain`. */
  readonly smooth?: Domain;
  /** Whether its gradient has a kink where elements are equal, as those of expanded operands are. */
  readonly kinkAtTies?: boolean;
  /** Whether the reference also says what becomes of NaN, infinities and signed zeros, one by one. */
  readonly specials?: boolean;
  /** Whether it writes over its first operand. */
  readonly inPlace?: boolean;
  /** Whether the result is a view of a dense first operand. */
  readonly view?: boolean;
  /** Whether it takes { dtype } in trailing options and makes a tensor of it. */
  readonly dtypeOption?: boolean;
  readonly distribution?: Distribution<Args>;
  readonly errors?: readonly ErrorCase[];
  /** For what has no such samples: the test file that covers it. */
  readonly covered?: string;
}

/** A row as the tests use it: everything filled in, and the types of arguments forgotten. */
export type Row = Required<Omit<Spec<readonly never[]>, OptionalPart>> &
  Pick<Spec<readonly never[]>, OptionalPart>;

type OptionalPart = 'reference' | 'large' | 'distribution' | 'covered';

const DOMAIN: Domain = { low: -3, high: 3 };

export function row<Args extends readonly unknown[] = []>(spec: Spec<Args>): Row {
  const filled: Required<Omit<Spec<Args>, OptionalPart>> & Pick<Spec<Args>, OptionalPart> = {
    positional: (operands, args) => [...operands, ...args],
    dtypes: ALL,
    result: 'same',
    precision: 'relative',
    tolerance: { float32: 1e-5, float64: 1e-10 },
    gradient: 0,
    domain: DOMAIN,
    smooth: spec.domain ?? DOMAIN,
    kinkAtTies: false,
    specials: false,
    inPlace: false,
    view: false,
    dtypeOption: false,
    errors: [],
    ...spec,
  };
  return filled as unknown as Row;
}
