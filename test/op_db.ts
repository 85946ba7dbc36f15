// The op database: one row for each public operation, from which its tests and FEATURES.md are generated.

import type * as quern from 'quern';
import { activationRows } from './op_db/activations.js';
import { aggregateRows } from './op_db/aggregate.js';
import { attentionRows } from './op_db/attention.js';
import { binaryRows } from './op_db/binary.js';
import { chanceRows } from './op_db/chance.js';
import { convolutionRows } from './op_db/convolution.js';
import { countingRows } from './op_db/counting.js';
import { createRows, randomRows } from './op_db/create.js';
import { diagonalRows } from './op_db/diagonals.js';
import { dropoutRows } from './op_db/dropouts.js';
import { einsumRows } from './op_db/einsum.js';
import { embeddingBagRows } from './op_db/embeddingBags.js';
import { functionalRows } from './op_db/functional.js';
import { functionRows } from './op_db/functions.js';
import { imageRows } from './op_db/images.js';
import { indexRows, joinRows } from './op_db/indexing.js';
import { lossRows } from './op_db/losses.js';
import { marginLossRows } from './op_db/marginLosses.js';
import { matrixRows } from './op_db/matrix.js';
import { maxPoolingRows } from './op_db/maxPooling.js';
import { normalisingRows } from './op_db/normalising.js';
import { orderRows, scanRows } from './op_db/order.js';
import { pairRows } from './op_db/pairs.js';
import { poolingRows } from './op_db/pooling.js';
import { positionRows } from './op_db/position.js';
import { productRows } from './op_db/products.js';
import { rearrangeRows } from './op_db/rearrange.js';
import { recurrentRows } from './op_db/recurrent.js';
import { reduceRows } from './op_db/reduce.js';
import type { Row } from './op_db/row.js';
import { samplingRows } from './op_db/sampling.js';
import { scatterRows } from './op_db/scatter.js';
import { shapeRows } from './op_db/shape.js';
import { similarityRows } from './op_db/similarity.js';
import { subscriptRows } from './op_db/subscript.js';
import { unaryRows } from './op_db/unary.js';
import { inPlaceRows, readingRows } from './op_db/writing.js';

/** Public functions that are no operations on tensors. */
export const NO_OPS = [
  // The backend and its threads
  'backendName',
  'getNumThreads',
  'setNumThreads',
  'useBackend',
  // Memory
  'emptyCache',
  'keep',
  'livingTensors',
  'memory',
  'openScope',
  'scope',
  'trackTensors',
  // Differentiation
  'autocast',
  'checkpoint',
  'checkpointSequential',
  'customFunction',
  'detectAnomaly',
  'enableGrad',
  'grad',
  'gradcheck',
  'gradgradcheck',
  'gradients',
  'hessian',
  'isAnomalyEnabled',
  'isAutocastEnabled',
  'isGradEnabled',
  'jacobian',
  'jvp',
  'noGrad',
  'setDetectAnomaly',
  'valueAndGrad',
  'vjp',
  'vmap',
  // The state of chance
  'getRandomState',
  'manualSeed',
  'setRandomState',
  // Data and files
  'loadMnist',
  'loadSafetensors',
  'normalize',
  'randomSplit',
  'readIdx',
  'saveSafetensors',
] as const;

/** The names of a module's functions, its classes apart. */
type FunctionName<Exports> = {
  [Name in keyof Exports]: Exports[Name] extends abstract new (
    ...args: never
  ) => unknown
    ? never
    : Exports[Name] extends (...args: never) => unknown
      ? Name
      : never;
}[keyof Exports];

export type OpName =
  | Exclude<FunctionName<typeof quern>, (typeof NO_OPS)[number]>
  | FunctionName<typeof quern.nn.functional>;

/** Without a row for each operation this does not compile. */
export const opDb: Readonly<Record<OpName, Row>> = {
  ...unaryRows,
  ...functionRows,
  ...activationRows,
  ...binaryRows,
  ...pairRows,
  ...reduceRows,
  ...aggregateRows,
  ...scanRows,
  ...orderRows,
  ...countingRows,
  ...productRows,
  ...matrixRows,
  ...einsumRows,
  ...convolutionRows,
  ...attentionRows,
  ...embeddingBagRows,
  ...positionRows,
  ...poolingRows,
  ...maxPoolingRows,
  ...recurrentRows,
  ...functionalRows,
  ...lossRows,
  ...marginLossRows,
  ...normalisingRows,
  ...similarityRows,
  ...imageRows,
  ...samplingRows,
  ...shapeRows,
  ...rearrangeRows,
  ...indexRows,
  ...scatterRows,
  ...subscriptRows,
  ...joinRows,
  ...inPlaceRows,
  ...createRows,
  ...randomRows,
  ...diagonalRows,
  ...chanceRows,
  ...dropoutRows,
  ...readingRows,
};

export const rows = Object.entries(opDb) as readonly [name: string, row: Row][];
