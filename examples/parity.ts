// Trains the nets of three examples beside PyTorch, from the same weights on the same batches, and compares the losses.
// QUERN_PEER_PYTHON names a Python that has PyTorch; otherwise it is python3. --write keeps PyTorch's losses for the tests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveSafetensors } from 'quern';
import { NAMES, startOf } from './support/parity.js';

/** Losses by precision. */
type Losses = Record<'float32' | 'float64', number[]>;

const here = (file: string): string => join(import.meta.dirname, file);
const folder = mkdtempSync(join(tmpdir(), 'quern-parity-'));
const golden: Record<string, Losses> = {};
try {
  for (const name of NAMES) {
    const { tensors, losses } = startOf(name);
    const path = join(folder, `${name}.safetensors`);
    saveSafetensors(path, tensors);
    const python = process.env.QUERN_PEER_PYTHON ?? 'python3';
    golden[name] = JSON.parse(execFileSync(python, [here(`${name}.py`), path], { encoding: 'utf8' }));
    for (const dtype of ['float64', 'float32'] as const) {
      const theirs = golden[name][dtype];
      const apart = losses(dtype).map((ours, i) => Math.abs(ours - theirs[i]) / Math.abs(theirs[i]));
      const worst = Math.max(...apart.slice(0, 3)).toExponential(1);
      const all = Math.max(...apart).toExponential(1);
      const course = `${theirs[0].toFixed(4)} to ${theirs.at(-1)?.toFixed(4)}`;
      console.log(
        `${name}, ${dtype}: loss ${course}; apart by ${worst} in the first 3 steps, ${all} in all ${apart.length}`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (process.argv.includes('--write'))
  writeFileSync(here('../test/golden/parity.json'), `${JSON.stringify(golden)}\n`);
