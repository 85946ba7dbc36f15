// Feeds the addon call records that no correct library would write, and expects nothing but statuses:
//   node --expose-gc --import tsx test/fuzz/fuzz.ts [--seed n] [--cases n] [--only case] [--journal file]
// Run by scripts/fuzz.mjs under the address sanitizer. The journal holds the number of the case that is running.
import './tap.js';
import assert from 'node:assert/strict';
import { openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { emptyCache, matmul, ones, setNumThreads } from 'quern';
import { KERNELS } from '../../lib/backend/kernels.js';
import { ATTRIBUTES, KERNEL, OPERANDS, record, STATUS } from '../../lib/backend/record.js';
import { stream } from '../support/values.js';
import { Chance, isEndless, mutate, type World } from './mutate.js';
import { type Memory, type Recorded, recordCalls } from './recorder.js';
import { runSamples } from './samples.js';
import { listWidth } from './signatures.js';
import { invoke, registerBuffer, stop } from './tap.js';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '100000' },
    only: { type: 'string' },
    journal: { type: 'string' },
  },
});
const seed = Number(options.seed);
const cases = Number(options.cases);

// Of native/core/call.h. These three come from drivers alone: all that decoding checks was in order.
const LAST_STATUS = 10;
const FROM_KERNELS = new Set([0, 5, 7]);
const LEAST_SHARE = 0.3;

/** Numbers of buffers that were collected. */
function makeDead(): number[] {
  const ids = Array.from({ length: 50 }, () => registerBuffer(new Uint8Array(new ArrayBuffer(4096)), false));
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  return ids;
}

function restore(call: Recorded): void {
  record.set(call.fields);
  for (const { bytes, before } of call.memory) bytes.set(before);
}

setNumThreads(4);
const calls = recordCalls(runSamples);
stop();
emptyCache();
const memory = calls.flatMap((call) => call.memory);
const byId = new Map(memory.map((one) => [one.id, one]));
const largest = memory.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);

// As recorded, each works: otherwise the mutations would start from nothing.
for (const call of calls) {
  restore(call);
  invoke();
  assert.equal(record[STATUS], 0, `${call.name} answers ${record[STATUS]} to its own recording`);
}
const names = new Set(calls.map((call) => call.name));
assert.deepEqual(
  KERNELS.filter((name) => !names.has(name)),
  [],
  'no sample calls these kernels',
);
console.log(`fuzz: ${calls.length} calls of ${names.size} kernels recorded; seed ${seed}, ${cases} cases`);

const dead = makeDead();
const living = memory.map(({ id }) => id);
const counts = new Array<number>(LAST_STATUS + 1).fill(0);
const journal = options.journal === undefined ? null : openSync(options.journal, 'w');

/** The memory that the record names, of whatever call it is. */
function named(call: Recorded): Memory[] {
  const numbers = new Set(record.subarray(OPERANDS, ATTRIBUTES));
  if (listWidth(call.fields[KERNEL]) > 0)
    for (const one of new Float64Array(call.memory[0].bytes.buffer)) numbers.add(one);
  return [...numbers].flatMap((number) => byId.get(number) ?? []);
}

function runCase(number: number, world: World): void {
  if (journal !== null) writeSync(journal, String(number).padEnd(12), 0);
  const chance = new Chance(stream(Math.imul(seed, 0x9e3779b1) + number));
  const call = chance.of(calls);
  do {
    restore(call);
    mutate(call, record, chance, world);
  } while (isEndless(record, largest));
  if (options.only !== undefined) console.log(`case ${number}: ${call.name}`, ...record.subarray(0, 64));
  const touched = named(call);
  invoke();
  // So that a case does not depend on those before it.
  for (const { bytes, before } of touched) bytes.set(before);
  const status = record[STATUS];
  assert.ok(
    Number.isInteger(status) && status >= 0 && status <= LAST_STATUS,
    `case ${number} answers status ${status}`,
  );
  counts[status]++;
}

if (options.only !== undefined) {
  runCase(Number(options.only), { living, dead });
} else {
  for (let number = 0; number < cases; number++) runCase(number, { living, dead });
  const reached = counts.reduce((sum, count, status) => (FROM_KERNELS.has(status) ? sum + count : sum), 0);
  console.log(`fuzz: statuses ${counts.map((count, status) => `${status}: ${count}`).join(', ')}`);
  console.log(`fuzz: ${((100 * reached) / cases).toFixed(1)} % reached a kernel`);
  assert.ok(reached >= LEAST_SHARE * cases, 'too few cases reached a kernel');
}
assert.deepEqual(matmul(ones([2, 3]), ones([3, 1])).toArray(), [[3], [3]], 'the addon works on');
