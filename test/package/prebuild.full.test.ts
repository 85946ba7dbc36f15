// prebuildify makes an addon that this Node loads, in the place where the package looks for it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../setup/addon-path.js';

// In a copy, so that the addon under test is not rebuilt while other tests use it.
const copy = mkdtempSync(join(tmpdir(), 'quern-prebuild-'));

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('npm run prebuilds', () => {
  it('leaves one stripped addon for this platform', { timeout: 900_000 }, () => {
    for (const name of ['package.json', 'binding.gyp', 'native', 'scripts']) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    execFileSync('npm', ['run', 'prebuilds'], { cwd: copy, stdio: 'pipe' });
    const folder = join(copy, 'prebuilds', `${process.platform}-${process.arch}`);
    const addons = readdirSync(folder);
    expect(addons).toHaveLength(1);
    const load = `console.log(Object.keys(require(${JSON.stringify(join(folder, addons[0]))})).includes('invoke'))`;
    expect(execFileSync(process.execPath, ['-e', load], { encoding: 'utf8' }).trim()).toBe('true');
  });
});
