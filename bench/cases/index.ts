// All cases, by name.

import type { Case } from './case.js';
import { ops } from './ops.js';
import { steps } from './steps.js';

export const cases: readonly Case[] = [...ops, ...steps];
