// What kernels.def says of each kernel's operands.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KERNELS } from '../../lib/backend/kernels.js';
import { ITEM_SIZE } from '../../lib/core/dtype.js';
import { ROOT } from '../setup/addon-path.js';

const rows = readFileSync(join(ROOT, 'native', 'kernels', 'kernels.def'), 'utf8');
const signatures = new Map(
  [...rows.matchAll(/^QUERN_KERNEL\((\w+), \w+, "([^"]+)"/gm)].map(([, name, signature]) => [
    name,
    signature.replace('|', ''),
  ]),
);

export function signatureOf(kernel: number): string {
  const signature = signatures.get(KERNELS[kernel]);
  if (signature === undefined) throw new Error(`kernels.def has no row for ${KERNELS[kernel]}`);
  return signature;
}

/** The arrays of a row of a list kernel; 0 for other kernels. */
export function listWidth(kernel: number): number {
  const signature = signatureOf(kernel);
  return signature.startsWith('*') ? Number(signature[1]) : 0;
}

/** Bytes of an element of one operand. `source` is the dtype that attribute 0 names. */
export function itemSize(kernel: number, operand: number, dtype: number, source: number): number {
  switch (signatureOf(kernel)[operand]) {
    case 'b':
      return 1;
    case 'i':
      return 4;
    case 'p':
      return 8;
    case 's':
      return ITEM_SIZE[source];
    default:
      return ITEM_SIZE[dtype];
  }
}

/** The operand that holds indices; -1 where none does. */
export function indexOperand(kernel: number): number {
  return signatureOf(kernel).indexOf('i', 1);
}
