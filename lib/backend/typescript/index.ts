// The plain TypeScript backend: every kernel of the native one, for machines without the addon and as its oracle.

import type { Kind } from '../../core/dtype.js';
import { BackendError, DisposedError } from '../../core/errors.js';
import { DISPOSED } from '../../core/slab.js';
import type { Backend, Operand, OperandList } from '../backend.js';
import { KERNELS, type KernelName } from '../kernels.js';
import { adaptiveAvgPool2d, adaptiveAvgPool2dGrad, adaptiveMaxPool2d } from './adaptivePool2d.js';
import { argReduceKernels } from './argReduce.js';
import { attention, attentionGrad } from './attention.js';
import { batchNorm, batchNormGrad, batchNormStatistics, batchNormSums } from './batchNorm.js';
import { binaryKernels } from './binary.js';
import { cast, fill } from './cast.js';
import { classLossKernels } from './classLoss.js';
import { convKernels } from './conv.js';
import { divisionKernels } from './division.js';
import { embedding, embeddingGrad } from './embedding.js';
import { flatIndex } from './flatIndex.js';
import { flip } from './flip.js';
import { functionKernels } from './functions.js';
import {
  gather,
  indexAdd,
  indexCopy,
  indexSelect,
  scatter,
  scatterAdd,
  scatterAmax,
  scatterAmin,
  scatterProd,
} from './indexing.js';
import type { Entry, Kernel1, Kernel2, Kernel3, Kernel4, KernelMany, ListKernel } from './kernel.js';
import { linear, linearBias } from './linear.js';
import { matmul } from './matmul.js';
import { optimizerKernels } from './optim.js';
import { pairLossKernels } from './pairLoss.js';
import { avgPool2d, avgPool2dGrad, maxPool2d, maxPool2dGrad, planeGather } from './pool2d.js';
import { bernoulli, dropout, normal, randint, uniform } from './random.js';
import { randomLawKernels } from './randomLaws.js';
import { rectifierKernels } from './rectifiers.js';
import { recurrentKernels } from './recurrent.js';
import { reduceKernels } from './reduce.js';
import { rowNormKernels } from './rowNorm.js';
import { rowKernels } from './rows.js';
import { scanKernels } from './scan.js';
import { searchsorted } from './search.js';
import { sortKernels } from './sort.js';
import { addcdiv, addcmul, lerp, where } from './ternary.js';
import { unaryKernels } from './unary.js';
import { weightedRows, weightedRowsGradTable, weightedRowsGradWeights } from './weightedRows.js';

// Without one of the kernels this doesn't compile.
const TABLE: Readonly<Record<KernelName, Entry>> = {
  ...unaryKernels,
  ...functionKernels,
  ...rectifierKernels,
  ...binaryKernels,
  ...divisionKernels,
  where: { 4: where },
  lerp: { 4: lerp },
  addcmul: { 4: addcmul },
  addcdiv: { 4: addcdiv },
  cast: { 2: cast },
  fill: { 1: fill },
  flip: { 2: flip },
  ...reduceKernels,
  ...argReduceKernels,
  ...scanKernels,
  ...sortKernels,
  searchsorted: { 3: searchsorted },
  ...rowKernels,
  ...rowNormKernels,
  batchNormStatistics: { many: batchNormStatistics },
  batchNorm: { many: batchNorm },
  batchNormSums: { many: batchNormSums },
  batchNormGrad: { many: batchNormGrad },
  ...pairLossKernels,
  ...classLossKernels,
  matmul: { 3: matmul },
  linear: { 3: linear, 4: linearBias },
  ...convKernels,
  attention: { many: attention },
  attentionGrad: { many: attentionGrad },
  ...recurrentKernels,
  maxPool2d: { 3: maxPool2d },
  maxPool2dGrad: { 3: maxPool2dGrad },
  planeGather: { 3: planeGather },
  avgPool2d: { 2: avgPool2d },
  avgPool2dGrad: { 2: avgPool2dGrad },
  adaptiveAvgPool2d: { 2: adaptiveAvgPool2d },
  adaptiveAvgPool2dGrad: { 2: adaptiveAvgPool2dGrad },
  adaptiveMaxPool2d: { 3: adaptiveMaxPool2d },
  gather: { 3: gather },
  scatterAdd: { 3: scatterAdd },
  indexSelect: { 3: indexSelect },
  indexAdd: { 3: indexAdd },
  scatter: { 3: scatter },
  scatterProd: { 3: scatterProd },
  scatterAmax: { 3: scatterAmax },
  scatterAmin: { 3: scatterAmin },
  indexCopy: { 3: indexCopy },
  flatIndex: { many: flatIndex },
  embedding: { 3: embedding },
  embeddingGrad: { 3: embeddingGrad },
  weightedRows: { 4: weightedRows },
  weightedRowsGradTable: { 4: weightedRowsGradTable },
  weightedRowsGradWeights: { 4: weightedRowsGradWeights },
  uniform: { 1: uniform },
  normal: { 1: normal },
  randint: { 1: randint },
  bernoulli: { 2: bernoulli },
  ...randomLawKernels,
  dropout: { 2: dropout },
  ...optimizerKernels,
};

// The table by number, one array for each number of operands.
function column<Kernel>(count: 1 | 2 | 3 | 4 | 'many' | 'list'): readonly (Kernel | undefined)[] {
  return KERNELS.map((name) => (TABLE[name] as Partial<Record<typeof count, Kernel>>)[count]);
}

const KERNELS1 = column<Kernel1>(1);
const KERNELS2 = column<Kernel2>(2);
const KERNELS3 = column<Kernel3>(3);
const KERNELS4 = column<Kernel4>(4);
const KERNELS_MANY = column<KernelMany>('many');
const LIST_KERNELS = column<ListKernel>('list');

function refuse(kernel: number): never {
  const name = KERNELS[kernel];
  if (name === undefined) throw new BackendError('backend', `there is no kernel number ${kernel}`);
  throw new BackendError(name, 'was called with a wrong number of operands');
}

function disposed(kernel: number): never {
  throw new DisposedError(KERNELS[kernel] ?? 'backend');
}

export class TypeScriptBackend implements Backend {
  readonly name = 'typescript';

  run1(kernel: number, kind: Kind, out: Operand): void {
    if (out.slab === DISPOSED) disposed(kernel);
    const run = KERNELS1[kernel] ?? refuse(kernel);
    run(kind, out);
  }

  run2(kernel: number, kind: Kind, out: Operand, a: Operand): void {
    if (out.slab === DISPOSED || a.slab === DISPOSED) disposed(kernel);
    const run = KERNELS2[kernel] ?? refuse(kernel);
    run(kind, out, a);
  }

  run3(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand): void {
    if (out.slab === DISPOSED || a.slab === DISPOSED || b.slab === DISPOSED) disposed(kernel);
    const run = KERNELS3[kernel] ?? refuse(kernel);
    run(kind, out, a, b);
  }

  run4(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand, c: Operand): void {
    if (out.slab === DISPOSED || a.slab === DISPOSED || b.slab === DISPOSED || c.slab === DISPOSED) {
      disposed(kernel);
    }
    const run = KERNELS4[kernel] ?? refuse(kernel);
    run(kind, out, a, b, c);
  }

  runMany(kernel: number, kind: Kind, operands: readonly Operand[]): void {
    for (const operand of operands) if (operand.slab === DISPOSED) disposed(kernel);
    const run = KERNELS_MANY[kernel] ?? refuse(kernel);
    run(kind, operands);
  }

  runList(kernel: number, kind: Kind, list: OperandList): void {
    for (const row of list.rows) {
      for (const operand of row) if (operand.slab === DISPOSED) disposed(kernel);
    }
    const run = LIST_KERNELS[kernel] ?? refuse(kernel);
    run(kind, list);
  }
}
