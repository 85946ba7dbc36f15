// The contenders: how each is started for one case, and whether it is there.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Contender {
  readonly name: string;
  /** The program and arguments that run a case. */
  command(caseName: string): readonly string[];
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const tsx = createRequire(import.meta.url).resolve('tsx');

function quern(backend: string): Contender {
  return {
    name: backend,
    command: (name) => [process.execPath, '--import', tsx, here('quern.ts'), backend, name],
  };
}

/** A contender that may be missing: asked for its version, it must answer. None is told of. */
function peer(name: string, program: readonly string[]): Contender[] {
  const [file, ...rest] = program;
  const answer = spawnSync(file, [...rest, '--version'], { encoding: 'utf8' });
  if (answer.status !== 0) {
    console.error(`${name} is left out: not installed`);
    return [];
  }
  return [{ name: `${name} ${answer.stdout.trim()}`, command: (caseName) => [...program, caseName] }];
}

/** Our own. */
export function backends(): Contender[] {
  return [quern('native'), quern('typescript')];
}

export function pytorch(): Contender[] {
  return peer('PyTorch', [process.env.QUERN_PEER_PYTHON ?? 'python3', here('pytorch.py')]);
}

/** `npm install --no-save @tensorflow/tfjs`, and for its second backend `@tensorflow/tfjs-backend-wasm`. */
export function tfjs(): Contender[] {
  return ['cpu', 'wasm'].flatMap((backend) =>
    peer(`tfjs-${backend}`, [process.execPath, here('tfjs.mjs'), backend]),
  );
}
