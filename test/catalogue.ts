// What a PyTorch user looks for, and where Quern has it: PyTorch 2.13's names, each with its export or the reason why
// it is missing. The modules of torch.nn, torch.optim and their like are complete; of the several hundred functions of
// torch itself it holds those that programs call for training, and all that Quern has.

import type { Group } from './catalogue/entry.js';
import { functional } from './catalogue/functional.js';
import { inPlace } from './catalogue/inPlace.js';
import { modules } from './catalogue/modules.js';
import { operations } from './catalogue/operations.js';
import { training } from './catalogue/training.js';

export const catalogue: readonly Group[] = [...operations, inPlace, ...functional, ...modules, ...training];
