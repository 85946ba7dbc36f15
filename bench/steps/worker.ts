// A process that serves one step: it says when it is ready, with its first losses, then times a round for each line
// that it is sent (a number of seconds), and at the end says how much memory it held.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ready {
  readonly version: string;
  /** The most memory that the process held after its imports, in bytes. */
  readonly baseline: number;
  /** Of the first steps, from the common weights and batch. */
  readonly losses: readonly number[];
}

export interface Round {
  /** Seconds of a step, each the mean over a sample. */
  readonly samples: readonly number[];
  readonly count: number;
  /** Page faults of a step that no disk was read for. */
  readonly faults: number;
  /** Large buffers allocated in a step, where that is known. */
  readonly large?: number;
}

type Answer = Partial<Ready & Round> & { ready?: boolean; missing?: string; peak?: number };

const STDERR_KEPT = 2000;

export class Worker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  private constructor(command: readonly string[]) {
    const [file, ...rest] = command;
    this.#child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => {
      this.#stderr += error.message;
    });
    this.#child.stderr!.on('data', (data) => {
      this.#stderr = (this.#stderr + data).slice(-STDERR_KEPT);
    });
    // A process that ended early is noticed by its missing answer.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts the process and waits until it is ready; or answers why it will not be. */
  static async start(command: readonly string[]): Promise<{ worker: Worker; ready: Ready } | string> {
    const worker = new Worker(command);
    try {
      const answer = await worker.#answer();
      return answer.missing ?? { worker, ready: answer as Ready };
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`it ended: ${this.#stderr.trim().split('\n').at(-1) ?? ''}`);
    return JSON.parse(value) as Answer;
  }

  async round(seconds: number): Promise<Round> {
    this.#child.stdin!.write(`${seconds}\n`);
    return (await this.#answer()) as Round;
  }

  /** Ends the process; answers the most memory that it held, in bytes. */
  async end(): Promise<number> {
    this.#child.stdin!.end();
    return (await this.#answer()).peak!;
  }
}
