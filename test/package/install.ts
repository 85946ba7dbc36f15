// Packs this checkout as it would be published and installs the tarball into an empty folder, with no
// network and no compiler, as a user's machine may be.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { addonPath, ROOT } from '../setup/addon-path.js';

// What npm packs or must leave out. The rest of the checkout has no say in the tarball.
const STAGED = ['package.json', 'binding.gyp', 'native', 'dist', 'README.md', 'FEATURES.md', 'LICENSE'];

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** An empty project somewhere in the system's temporary folder, with the packed library installed. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'quern-package-'));
  readonly app = join(this.folder, 'app');
  /** The paths inside the tarball. */
  readonly packed: string[];
  /** What npm install printed. */
  readonly log: string;

  constructor() {
    const quern = this.pack(this.stage());
    // The one dependency is packed from node_modules too: then npm needs neither network nor cache.
    const require = createRequire(import.meta.url);
    const dependency = this.pack(dirname(require.resolve('node-gyp-build/package.json')));
    this.packed = quern.files;
    mkdirSync(this.app);
    writeFileSync(join(this.app, 'package.json'), '{ "private": true, "type": "module" }\n');
    const { status, stdout, stderr } = this.run('npm', [
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      quern.tarball,
      dependency.tarball,
    ]);
    this.log = stdout + stderr;
    if (status !== 0) throw new Error(`npm install failed:\n${this.log}`);
  }

  /** The installed library's folder. */
  get library(): string {
    return join(this.app, 'node_modules', 'quern');
  }

  /** Runs a program in the project, with nothing but node, npm and a shell on PATH. */
  run(command: string, args: string[], environment: Record<string, string> = {}): Outcome {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd: this.app,
      encoding: 'utf8',
      env: {
        HOME: this.folder,
        PATH: this.barePath(),
        npm_config_cache: join(this.folder, 'cache'),
        ...environment,
      },
    });
    if (error) throw error;
    return { status, stdout, stderr };
  }

  /** Writes a file of the project. */
  write(name: string, source: string): void {
    writeFileSync(join(this.app, name), source);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A copy of what concerns npm, with the addon of this machine where prebuildify would put it. */
  private stage(): string {
    const stage = join(this.folder, 'stage');
    mkdirSync(stage);
    for (const name of STAGED) {
      const path = join(ROOT, name);
      if (existsSync(path)) cpSync(path, join(stage, name), { recursive: true });
    }
    const prebuilds = join(stage, 'prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(prebuilds, { recursive: true });
    const addon = addonPath();
    if (!addon) throw new Error('there is no addon to pack: npm run build:native builds it');
    cpSync(addon, join(prebuilds, 'quern.node'));
    return stage;
  }

  private pack(folder: string): { tarball: string; files: string[] } {
    const output = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder, folder],
      { cwd: this.folder, encoding: 'utf8' },
    );
    // An array in some versions of npm, an object by package name in others.
    const [result] = Object.values(JSON.parse(output)) as { filename: string; files: { path: string }[] }[];
    return { tarball: join(this.folder, result.filename), files: result.files.map(({ path }) => path) };
  }

  private barePath(): string {
    const bin = join(this.folder, 'bin');
    if (!existsSync(bin)) {
      mkdirSync(bin);
      symlinkSync(process.execPath, join(bin, 'node'));
      for (const name of ['npm', 'sh']) symlinkSync(realpathSync(findOnPath(name)), join(bin, name));
    }
    return bin;
  }
}

function findOnPath(name: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (existsSync(folder) && readdirSync(folder).includes(name)) return join(folder, name);
  }
  throw new Error(`${name} is not on PATH`);
}
