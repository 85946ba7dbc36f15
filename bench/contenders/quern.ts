// Runs one case on one of Quern's backends: `quern.ts <backend> <case>`. Prints seconds per iteration.

import * as q from 'quern';
import { cases } from '../cases/index.js';
import { measure } from './measure.mjs';

const [backend, name] = process.argv.slice(2);
const found = cases.find((one) => one.name === name);
if (found === undefined) throw new Error(`no case '${name}'`);
q.useBackend(backend as q.BackendName);
console.log(measure(found.prepare(q)));
