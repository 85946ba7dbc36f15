// Before any test: says which addon they will use. Without one everything would pass on the TypeScript
// backend alone, which is no answer where the machine must have built it.
import { relative } from 'node:path';
import { addonPath, ROOT } from './addon-path.js';

export default function setup(): void {
  const path = addonPath();
  if (path) {
    console.log(`addon: ${relative(ROOT, path)}`);
  } else if (process.env.CI) {
    throw new Error('there is no addon: npm run build:native must have failed or not run');
  } else {
    console.warn('addon: none, so only the TypeScript backend is tested. npm run build:native builds it.');
  }
}
