// The command line that the examples share.
import { parseArgs } from 'node:util';
import { type BackendName, manualSeed, QuernError, useBackend } from 'quern';

export interface Options {
  epochs: number;
  seed: number;
  /** Whether the last line printed is a JSON object. */
  json: boolean;
  /** Train and test on the first so many samples only. */
  limit: number;
  /** Where to save the model. */
  save: string | undefined;
  /** Where the data is. */
  data: string | undefined;
  /** How many characters to write after training. */
  sample: number;
}

export interface Defaults {
  epochs: number;
  save?: string;
  sample?: number;
}

const USAGE: Record<string, string> = {
  backend: '--backend native|typescript  what computes',
  epochs: '--epochs N  how often to go through the training data',
  seed: '--seed N  another seed, another run; the same one, the same bits',
  limit: '--limit N  train and test on the first N samples only',
  save: '--save PATH  where to save the model',
  data: '--data PATH  where the data is',
  sample: '--sample N  how many characters to write after training',
  json: '--json  print a JSON object as the last line',
  help: '--help  print this',
};

/**
 * Reads the options that an example has, chooses the backend and seeds chance; ends the process if they are wrong.
 * `explained` has an example's own words for what an option means.
 */
export function readOptions(
  names: readonly string[],
  defaults: Defaults,
  explained: Record<string, string> = {},
): Options {
  const known = ['backend', 'epochs', 'seed', ...names, 'json', 'help'];
  const usage = ['Options:', ...known.map((name) => explained[name] ?? USAGE[name])].join('\n  ');
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(
        known.map((name) => [
          name,
          { type: name === 'json' || name === 'help' ? 'boolean' : 'string' } as const,
        ]),
      ),
    });
    const text = values as Record<string, string | undefined>;
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    if (text.backend !== undefined) useBackend(text.backend as BackendName);
    const seed = wholeNumber('seed', text.seed, 0, 0);
    manualSeed(seed);
    return {
      epochs: wholeNumber('epochs', text.epochs, 1, defaults.epochs),
      seed,
      json: values.json === true,
      limit: wholeNumber('limit', text.limit, 1, Number.POSITIVE_INFINITY),
      save: text.save ?? defaults.save,
      data: text.data,
      sample: wholeNumber('sample', text.sample, 0, defaults.sample ?? 0),
    };
  } catch (error) {
    const mistaken = error instanceof QuernError || error instanceof RangeError || error instanceof TypeError;
    if (!mistaken) throw error;
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Ends the process: what was asked for cannot be done, for a reason that is not the program's. */
export function giveUp(message: string): never {
  console.error(message);
  process.exit(1);
}

function wholeNumber(name: string, text: string | undefined, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is a whole number from ${least}; got "${text}"`);
}
