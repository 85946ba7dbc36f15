// Runs the programs of this folder, each in a process of its own; they import the built library, as users do.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../setup/addon-path.js';

export interface Outcome {
  /** The exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** A command that runs Node: taskset and the like. */
  readonly under?: readonly string[];
}

const LIMIT_MS = 250_000;

/** Runs one to its end. A process that hangs is killed, and its signal tells. */
export function runProgram(
  name: string,
  { args = [], env = {}, node = [], under = [] }: RunOptions = {},
): Promise<Outcome> {
  const path = join(ROOT, 'test', 'promises', 'programs', `${name}.mjs`);
  const [command, ...rest] = [...under, process.execPath, ...node, path, ...args];
  const child = spawn(command, rest, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs one that must succeed, and answers the JSON that it prints. */
export async function answerOf<T>(name: string, options?: RunOptions): Promise<T> {
  const { code, signal, stdout, stderr } = await runProgram(name, options);
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}
