// The packed library installs and trains in an empty folder without a compiler, network or install script,
// and where no prebuilt addon fits, it says so once and goes on.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './install.js';

const XOR = `
import { backendName, manualSeed, nn, optim, tensor } from 'quern';

manualSeed(1);
const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const y = tensor([[0], [1], [1], [0]]);
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
let loss = Infinity;
for (let step = 0; step < 300; step++) {
  const error = nn.functional.mseLoss(model.forward(x), y);
  optimizer.zeroGrad();
  error.backward();
  optimizer.step();
  loss = error.item();
}
console.log(JSON.stringify({ backend: backendName(), loss }));
`;

let installation: Installation;

beforeAll(() => {
  installation = new Installation();
  installation.write('xor.js', XOR);
});

afterAll(() => installation?.remove());

function train(environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = installation.run('node', ['xor.js'], environment);
  expect(status, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as { backend: string; loss: number }), stderr };
}

describe('the tarball', () => {
  it('holds dist and the prebuilt addon, and nothing that would make npm build', () => {
    const { packed } = installation;
    expect(packed).toContain('dist/index.js');
    expect(packed).toContain('dist/index.d.ts');
    expect(packed.some((path) => path.startsWith('prebuilds/') && path.endsWith('.node'))).toBe(true);
    expect(packed.filter((path) => /\.gyp|^native\/|^lib\/|^test\//.test(path))).toEqual([]);
  });

  it('installs node-gyp-build and no other dependency', () => {
    const modules = join(installation.app, 'node_modules');
    expect(existsSync(join(modules, 'node-gyp-build'))).toBe(true);
    expect(existsSync(join(modules, 'cli-progress'))).toBe(false);
  });

  it('asks for no install script, so that npm runs none', () => {
    const lock = readFileSync(join(installation.app, 'node_modules', '.package-lock.json'), 'utf8');
    expect(lock).not.toContain('hasInstallScript');
    // Without this, npm publish would add an install script of its own for the binding.gyp it sees.
    const published = JSON.parse(readFileSync(join(installation.library, 'package.json'), 'utf8'));
    expect(published.gypfile).toBe(false);
    expect(existsSync(join(installation.library, 'build'))).toBe(false);
  });
});

describe('the installed library', () => {
  it('trains on the prebuilt addon, in silence', () => {
    const { backend, loss, stderr } = train();
    expect(backend).toBe('native');
    expect(loss).toBeLessThan(0.01);
    expect(stderr).toBe('');
  });

  it('can be required from CommonJS', () => {
    installation.write('app.cjs', "console.log(require('quern').tensor([1, 2]).sum().item());\n");
    const { stdout, status, stderr } = installation.run('node', ['app.cjs']);
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toBe('3');
  });

  it('has types that a strict TypeScript project compiles against', () => {
    const require = createRequire(import.meta.url);
    const types = dirname(dirname(require.resolve('@types/node/package.json')));
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
    installation.write('typed.ts', `${XOR}\nconst shape: readonly number[] = x.shape;\nvoid shape;\n`);
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
    const libraries = ['--lib', 'es2023,esnext.disposable', '--types', 'node', '--typeRoots', types];
    const { status, stdout } = installation.run('node', [tsc, ...options, ...libraries, 'typed.ts']);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  it('is silent about a missing addon where TypeScript was asked for', () => {
    const { backend, loss, stderr } = train({ QUERN_BACKEND: 'typescript' });
    expect(backend).toBe('typescript');
    expect(loss).toBeLessThan(0.01);
    expect(stderr).toBe('');
  });

  it('falls back to TypeScript without the addon, with one warning that says how to build it', () => {
    rmSync(join(installation.library, 'prebuilds'), { recursive: true });
    const { backend, loss, stderr } = train();
    expect(backend).toBe('typescript');
    expect(loss).toBeLessThan(0.01);
    expect(stderr.match(/^\(node:\d+\) \w*Warning/gm)).toHaveLength(1);
    expect(stderr).toMatch(/typescript backend/i);
    expect(stderr).toMatch(/npm run build/);
  });
});
