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

/** A contender that may be missing: asked for its version, it must answer. */
function peer(name: string, program: readonly string[]): Contender | null {
  const [file, ...rest] = program;
  const answer = spawnSync(file, [...rest, '--version'], { encoding: 'utf8' });
  if (answer.status !== 0) return null;
  return { name: `${name} ${answer.stdout.trim()}`, command: (caseName) => [...program, caseName] };
}

/** The contenders that are there; others than our own only when asked for. */
export function contenders(peers: boolean): Contender[] {
  const own = [quern('native'), quern('typescript')];
  if (!peers) return own;
  const python = process.env.QUERN_PEER_PYTHON ?? 'python3';
  const others = [
    peer('PyTorch', [python, here('pytorch.py')]),
    peer('tfjs-cpu', [process.execPath, here('tfjs.mjs')]),
  ];
  return [...own, ...others.filter((one) => one !== null)];
}
