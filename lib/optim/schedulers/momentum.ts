// The momentum that cyclic schedules turn against the learning rate: an option of its own, or the first of the betas.

import { ArgumentError } from '../../core/errors.js';
import type { Schedulable, ScheduledGroup } from './scheduler.js';

/** Refuses optimizers that have no momentum. */
export function checkMomentum(op: string, optimizer: Schedulable): void {
  if (optimizer.paramGroups.every((group) => group.betas !== undefined || group.momentum !== undefined))
    return;
  throw new ArgumentError(
    op,
    'cycleMomentum',
    true,
    'the optimizer has neither momentum nor betas to cycle; give { cycleMomentum: false }',
  );
}

export function setMomentum(group: ScheduledGroup, momentum: number): void {
  if (group.betas === undefined) group.momentum = momentum;
  else group.betas = [momentum, group.betas[1]];
}
