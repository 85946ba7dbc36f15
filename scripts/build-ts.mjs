// Compiles lib/ to dist/ from nothing, so that no output of a file that is gone gets packed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runTool } from './support/run.mjs';

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
process.exitCode = runTool('tsc', ['-p', 'tsconfig.json']);
