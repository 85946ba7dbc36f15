// Serves one training step in Quern: `quern.mjs <step> <inputs> <threads> scoped|unscoped`; see worker.ts.

import { createInterface } from 'node:readline';
import * as q from 'quern';
import { LOSSES, peakBytes, rounds } from './serve.mjs';

const [name, inputs, threads, mode] = process.argv.slice(2);
const baseline = peakBytes();
const { models } = await import('./models.mjs');

/** @param {object} answer */
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** The model at the initial weights, and its batch. */
function start() {
  const { x, y, ...weights } = q.loadSafetensors(inputs);
  const { model, loss } = models[name]();
  const parameters = model.namedParameters();
  const missing = Object.keys(weights).filter((key) => !parameters.some(([own]) => own === key));
  if (missing.length > 0 || parameters.length !== Object.keys(weights).length)
    throw new Error(`the parameters of '${name}' are not those of the file; missing: ${missing.join(', ')}`);
  q.noGrad(() => {
    for (const [key, parameter] of parameters) parameter.copy_(weights[key]);
  });
  for (const weight of Object.values(weights)) weight.dispose();
  const optimizer = new q.optim.Adam(model.parameters(), { lr: 3e-4 });
  return () => {
    const value = loss(x, y);
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
    return value;
  };
}

if (!(name in models)) {
  say({ missing: `no model for '${name}'` });
} else {
  q.setNumThreads(Number(threads));
  const step = start();
  const iteration = mode === 'scoped' ? () => q.scope(() => step().item()) : () => step().item();
  const losses = Array.from({ length: LOSSES }, iteration);
  say({ ready: true, version: '', baseline, losses });
  for await (const line of createInterface({ input: process.stdin })) {
    const before = q.memory().largeAllocations;
    const round = rounds(iteration, Number(line));
    say({ ...round, large: (q.memory().largeAllocations - before) / round.count });
  }
  say({ peak: peakBytes() });
}
