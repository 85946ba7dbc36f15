// The lint of who may know whom: a tree that keeps every rule passes, and each broken rule is reported.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLib } from '../../scripts/support/layers-lib.mjs';
import { checkNative } from '../../scripts/support/layers-native.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quern-layers-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const SOUND_LIB = {
  'lib/index.ts': "export { Tensor } from './core/tensor.js';\nexport * as nn from './nn/index.js';\n",
  'lib/core/dtype.ts': 'export type DType = string;\n',
  'lib/core/random.ts': 'export const seed = 1;\n',
  'lib/core/tensor.ts': "import type { Methods } from '../ops/methods.js';\nexport class Tensor {}\n",
  'lib/backend/native.ts': "import load from 'node-gyp-build';\nimport '../core/dtype.js';\n",
  'lib/ops/methods.ts': "import { Tensor } from '../core/tensor.js';\nexport interface Methods {}\n",
  'lib/nn/index.ts': "export { Linear } from './linear.js';\n",
  'lib/nn/linear.ts': "/**\n * import { nn } from 'quern';\n */\nimport {\n  add,\n} from '../ops/add.js';\n",
  'examples/xor.ts': "import { nn } from 'quern';\nimport { data } from './data.js';\n",
};

const BROKEN_LIB: [rule: string, file: string, source: string, message: RegExp][] = [
  [
    'a lower layer',
    'lib/ops/a.ts',
    "import { Linear } from '../nn/linear.js';\n",
    /a\.ts:1: .*ops may know only core/,
  ],
  [
    'over several lines',
    'lib/nn/a.ts',
    "\nimport {\n  A,\n} from '../optim/sgd.js';\n",
    /a\.ts:2: .*nn may know only/,
  ],
  ['a re-export', 'lib/core/a.ts', "export * from '../ops/methods.js';\n", /core may know no other folder/],
  ['a bare import', 'lib/data/a.ts', "import '../backend/native.js';\n", /data may know only core, ops/],
  [
    'a dynamic import',
    'lib/io/a.ts',
    "const x = await import('../train/fit.js');\n",
    /io may know only core, ops/,
  ],
  [
    'a type import',
    'lib/core/a.ts',
    "import type { A } from '../ops/methods.js';\n",
    /core may know no other/,
  ],
  [
    'a tensor that loads an op',
    'lib/core/tensor.ts',
    "import { A } from '../ops/methods.js';\n",
    /only by `import type`/,
  ],
  [
    'a tensor with an inline type',
    'lib/core/tensor.ts',
    "import { type A } from '../ops/a.js';\n",
    /only by `import type`/,
  ],
  [
    'a backend with tensors',
    'lib/backend/a.ts',
    "import type { T } from '../core/tensor.js';\n",
    /plain types only/,
  ],
  ['index.ts of lib', 'lib/train/a.ts', "import { nn } from '../index.js';\n", /nobody imports index\.ts/],
  [
    'index.ts of a folder',
    'lib/train/a.ts',
    "import { Linear } from '../nn/index.js';\n",
    /nobody imports index\.ts/,
  ],
  ['the package by name', 'lib/train/a.ts', "import { nn } from 'quern';\n", /not the package by name/],
  [
    'a second loader',
    'lib/ops/a.ts',
    "import load from 'node-gyp-build';\n",
    /only lib\/backend\/native\.ts loads/,
  ],
  [
    'a required addon',
    'lib/ops/a.ts',
    "const addon = require('./quern.node');\n",
    /only lib\/backend\/native\.ts loads/,
  ],
  ['outside lib', 'lib/ops/a.ts', "import { x } from '../../bench/x.js';\n", /knows nothing outside lib/],
  ['an unknown folder', 'lib/misc/a.ts', 'export {};\n', /lib\/misc is in no layer/],
  ['a stray file', 'lib/a.ts', 'export {};\n', /only index\.ts lies in lib/],
  [
    'an example that cheats',
    'examples/a.ts',
    "import { nn } from '../lib/index.js';\n",
    /examples import 'quern'/,
  ],
];

describe('layers of lib', () => {
  it('passes a sound tree', () => {
    write(SOUND_LIB);
    expect(checkLib(root)).toEqual([]);
  });

  it.each(BROKEN_LIB)('reports %s', (_rule, file, source, message) => {
    write({ ...SOUND_LIB, [file]: source });
    expect(checkLib(root)).toEqual([expect.stringMatching(message)]);
  });
});

const SOUND_NATIVE = {
  'native/addon.cc': '#include <node_api.h>\n#include "binding/exports.h"\n',
  'native/binding/exports.h': '#include <napi.h>\n#include "../ops/drivers.h"\n#include "core/dtype.h"\n',
  'native/ops/drivers.h': '#include <vector>\n#include "../kernels/table.h"\n',
  'native/kernels/table.h': '#include <stdint.h>\n#include "../core/dtype.h"\n',
  'native/kernels/dispatch.cc': '#include <atomic>\n#include "table.h"\n',
  'native/kernels/isa_scalar.cc': '#include "../simd/vec_scalar.h"\n#include "all.inl"\n',
  'native/kernels/all.inl': '// no std::vector here\n#include "table.h"\n',
  'native/simd/vec_scalar.h': '#include <math.h>\n',
  'native/core/dtype.h': '#include <stdint.h>\n',
  'native/core/pool.cc': '#include <thread>\n#include "dtype.h"\n',
};

const BROKEN_NATIVE: [rule: string, file: string, source: string, message: RegExp][] = [
  [
    'core that knows ops',
    'native/core/a.h',
    '#include "../ops/drivers.h"\n',
    /core may know no other folder/,
  ],
  [
    'simd that knows core',
    'native/simd/a.h',
    '\n#include "../core/dtype.h"\n',
    /a\.h:2: .*simd may know no other/,
  ],
  [
    'a path from native/',
    'native/kernels/a.h',
    '#include "ops/drivers.h"\n',
    /kernels may know only simd, core/,
  ],
  [
    'a binding with kernels',
    'native/binding/a.cc',
    '#include "../kernels/table.h"\n',
    /binding may know only ops, core/,
  ],
  ['an addon with ops', 'native/addon.cc', '#include "ops/drivers.h"\n', /addon\.cc may know only binding/],
  ['Node-API in ops', 'native/ops/a.cc', '#include <node_api.h>\n', /only native\/binding and addon\.cc/],
  ['Node-API in quotes', 'native/core/a.cc', '#include "napi.h"\n', /only native\/binding and addon\.cc/],
  ['STL in a kernel', 'native/kernels/all.inl', '#include <vector>\n', /kernels include no STL headers/],
  ['STL behind a header', 'native/core/dtype.h', '#include <string>\n', /dtype\.h:1: .*no STL headers/],
  ['threads in a kernel', 'native/simd/vec_scalar.h', '#include <pthread.h>\n', /compiled per ISA/],
  ['std:: in a kernel', 'native/kernels/all.inl', 'float x = std::fma(a, b, c);\n', /kernels use no STL/],
  ['an unknown folder', 'native/misc/a.h', '\n', /native\/misc is in no layer/],
];

describe('layers of native', () => {
  it('passes a sound tree', () => {
    write(SOUND_NATIVE);
    expect(checkNative(root)).toEqual([]);
  });

  it.each(BROKEN_NATIVE)('reports %s', (_rule, file, source, message) => {
    write({ ...SOUND_NATIVE, [file]: source });
    expect(checkNative(root)).toEqual([expect.stringMatching(message)]);
  });
});
