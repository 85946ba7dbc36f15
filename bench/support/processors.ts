// What the machine's processors are worth together, by processes that share nothing. On a virtual machine two
// processors may be one core of the host for seconds; what several threads do in such a stretch says nothing about them.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('processor.mjs', import.meta.url));
const ALONE_MILLISECONDS = 30;
const TOGETHER_MILLISECONDS = 60;
// The part of all processors that must be there.
const ENOUGH = 0.9;
const PATIENCE_MILLISECONDS = 20_000;

interface Runner {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

async function answer({ lines }: Runner): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('a process that watches the processors ended');
  return value;
}

async function rate(runner: Runner, milliseconds: number): Promise<number> {
  runner.child.stdin!.write(`${milliseconds}\n`);
  return Number(await answer(runner));
}

export class Processors {
  readonly #runners: readonly Runner[];
  readonly #seen: number[] = [];

  private constructor(runners: readonly Runner[]) {
    this.#runners = runners;
  }

  /** A process for each; none where one thread is all that is measured. */
  static async start(count: number): Promise<Processors> {
    const runners = Array.from({ length: count > 1 ? count : 0 }, () => {
      const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    });
    await Promise.all(runners.map(answer));
    return new Processors(runners);
  }

  /** How many times more all of them do at once than one alone. */
  async #worth(): Promise<number> {
    let alone = 0;
    for (const runner of this.#runners) alone += await rate(runner, ALONE_MILLISECONDS);
    const rates = await Promise.all(this.#runners.map((runner) => rate(runner, TOGETHER_MILLISECONDS)));
    const worth = (rates.reduce((sum, one) => sum + one, 0) * this.#runners.length) / alone;
    this.#seen.push(worth);
    return worth;
  }

  async #areThere(): Promise<boolean> {
    const count = this.#runners.length;
    return count === 0 || (await this.#worth()) >= ENOUGH * count;
  }

  /**
   * What `body` answers in a stretch before and after which all processors were there. When patience ends it answers
   * the last one: a machine that never has them is measured as it is.
   */
  async during<T>(body: () => T | Promise<T>): Promise<T> {
    const end = performance.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      while (!(await this.#areThere()) && performance.now() < end) await pause(ALONE_MILLISECONDS);
      const result = await body();
      if ((await this.#areThere()) || performance.now() >= end) return result;
    }
  }

  /** A sentence about what was seen. */
  report(): string {
    const count = this.#runners.length;
    if (count === 0) return '';
    const missing = this.#seen.filter((worth) => worth < ENOUGH * count).length;
    return `Turns beside which ${count} processes that share nothing did less than ${(ENOUGH * count).toFixed(1)} times what one does were
repeated, for then the processors were one core of the host or busy with others: ${missing} of ${this.#seen.length} looks.`;
  }

  end(): void {
    for (const { child } of this.#runners) child.stdin!.end();
  }
}
