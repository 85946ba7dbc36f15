// Runs one case on one of Quern's backends: `quern.ts <backend> <case>`. Prints seconds per iteration.

import * as q from 'quern';
import { cases } from '../cases/index.js';
import { rivals } from '../cases/rivals.js';
import { measure } from './measure.mjs';

const [backend, name] = process.argv.slice(2);
const found = [...cases, ...rivals].find((one) => one.name === name);
if (found === undefined) throw new Error(`no case '${name}'`);
q.useBackend(backend as q.BackendName);
console.log(measure(found.prepare(q)));
