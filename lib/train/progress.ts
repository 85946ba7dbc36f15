// How training shows its progress: a bar in a terminal, a line an epoch elsewhere.

/** Where progress is written; process.stdout is one. */
export interface ProgressStream extends NodeJS.WritableStream {
  isTTY?: boolean;
}

/** What the trainer tells as it goes. */
export interface Progress {
  /** `batches` is unknown where a loader has no length. */
  begin(epoch: number, epochs: number, batches: number | undefined): void;
  step(batch: number, loss: number): void;
  /** The epoch is over; `summary` says how it went. */
  end(summary: string): void;
  /** Nothing more will come, whatever the reason. */
  close(): void;
}

const loadBars = async () => (await import('cli-progress')).default;

/** A bar where the stream is a terminal and the optional package cli-progress is installed, else lines. */
export async function openProgress(stream: ProgressStream, load = loadBars): Promise<Progress> {
  if (stream.isTTY !== true) return new Lines(stream);
  try {
    return new Bar(stream, await load());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return new Lines(stream);
  }
}

class Lines implements Progress {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  begin(): void {}

  step(): void {}

  end(summary: string): void {
    this.#stream.write(`${summary}\n`);
  }

  close(): void {}
}

class Bar implements Progress {
  readonly #stream: ProgressStream;
  readonly #bar: import('cli-progress').SingleBar;
  #shown = false;

  constructor(stream: ProgressStream, bars: typeof import('cli-progress')) {
    this.#stream = stream;
    this.#bar = new bars.SingleBar(
      {
        format: 'epoch {epoch}/{epochs} {bar} {value}/{total} batches, loss {loss}, {eta_formatted} left',
        stream,
        clearOnComplete: true,
        // Both would reach beyond training: a cursor lost when the process is killed, and listeners on its signals.
        hideCursor: false,
        gracefulExit: false,
      },
      bars.Presets.shades_classic,
    );
  }

  begin(epoch: number, epochs: number, batches: number | undefined): void {
    if (batches === undefined) return;
    this.#bar.start(batches, 0, { epoch, epochs, loss: '…' });
    this.#shown = true;
  }

  step(batch: number, loss: number): void {
    if (this.#shown) this.#bar.update(batch, { loss: loss.toFixed(4) });
  }

  end(summary: string): void {
    this.close();
    this.#stream.write(`${summary}\n`);
  }

  close(): void {
    if (this.#shown) this.#bar.stop();
    this.#shown = false;
  }
}
