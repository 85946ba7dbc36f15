// Who takes part in the steps, and how each is started.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Contender {
  readonly name: string;
  readonly own: boolean;
  command(step: string, inputs: string, threads: number): readonly string[];
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

function quern(name: string, mode: 'scoped' | 'unscoped'): Contender {
  const program = [process.execPath, here('quern.mjs')];
  return {
    name,
    own: true,
    command: (step, inputs, threads) => [...program, step, inputs, `${threads}`, mode],
  };
}

function peer(name: string, modules: readonly string[], file: string): Contender | null {
  const python = process.env.QUERN_PEER_PYTHON ?? 'python3';
  const found = modules.map((module) => `importlib.util.find_spec('${module}') is None`).join(' or ');
  const answer = spawnSync(python, ['-c', `import importlib.util, sys; sys.exit(${found})`], {
    stdio: 'ignore',
  });
  if (answer.status !== 0) {
    console.error(
      `${name} is left out: ${python} has no ${modules.join(', ')} (QUERN_PEER_PYTHON names another)`,
    );
    return null;
  }
  const program = [python, here(`peers/${file}`)];
  return { name, own: false, command: (step, inputs, threads) => [...program, step, inputs, `${threads}`] };
}

/** Quern with and without a scope around each step, and the peers that are installed. */
export function contenders(): Contender[] {
  const peers = [
    peer('PyTorch', ['torch', 'numpy'], 'pytorch_steps.py'),
    peer('JAX', ['jax', 'optax', 'numpy'], 'jax_steps.py'),
    peer('Keras', ['keras', 'tensorflow', 'numpy'], 'keras_steps.py'),
  ];
  return [quern('Quern', 'scoped'), quern('unscoped', 'unscoped'), ...peers.filter((one) => one !== null)];
}
