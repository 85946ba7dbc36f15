// What the graph saved must still be what it was when backward reads it.

import { DisposedError, GradientError } from './errors.js';
import { A, B, C, type Node, OUT, type Rule } from './graph.js';
import { DISPOSED } from './slab.js';
import type { Tensor } from './tensor.js';

const CHANGED = 'was changed in place after the graph saved it; change a clone, or after backward';

/** Refuses to go on with values that were changed or given back since the graph saved them. */
export function checkSaved(node: Node, rule: Rule): void {
  const { a, b, c, out } = node;
  const reads =
    rule.readsThrough |
    (a?.tracked ? rule.readsA : 0) |
    (b?.tracked ? rule.readsB : 0) |
    (c?.tracked ? rule.readsC : 0);
  if (
    ((reads & A) !== 0 && a !== null && a.root.version !== node.versionA) ||
    ((reads & B) !== 0 && b !== null && b.root.version !== node.versionB) ||
    ((reads & C) !== 0 && c !== null && c.root.version !== node.versionC) ||
    (rule.view && a !== null && a.root.rebased !== node.rebasedA)
  ) {
    throw new GradientError(rule.name, `an operand of ${rule.name} ${CHANGED}`);
  }
  if ((reads & OUT) !== 0 && out !== null && out.root.version !== node.versionOut) {
    throw new GradientError(rule.name, `the result of ${rule.name} ${CHANGED}`);
  }
  if (node.versions !== null) checkSavedList(node, node.versions, rule);
  if (
    ((reads & A) !== 0 && a?.slab === DISPOSED) ||
    ((reads & B) !== 0 && b?.slab === DISPOSED) ||
    ((reads & C) !== 0 && c?.slab === DISPOSED) ||
    ((reads & OUT) !== 0 && out?.slab === DISPOSED)
  ) {
    throw new DisposedError(rule.name);
  }
}

/** The same for the operands of a list and for the result, all of which a rule may read. */
function checkSavedList(node: Node, versions: readonly number[], rule: Rule): void {
  const list = node.list as readonly Tensor[];
  if (list.some((tensor, i) => tensor.root.version !== versions[i])) {
    throw new GradientError(rule.name, `an operand of ${rule.name} ${CHANGED}`);
  }
  const out = node.out as Tensor;
  if (out.root.version !== node.versionOut) {
    throw new GradientError(rule.name, `the result of ${rule.name} ${CHANGED}`);
  }
  if (out.slab === DISPOSED || list.some((tensor) => tensor.slab === DISPOSED)) {
    throw new DisposedError(rule.name);
  }
}
