// Checks who may know whom, in lib/ and native/. The rules are the tables at the top of
// support/layers-lib.mjs and support/layers-native.mjs. An argument names another checkout to check.
import { checkLib } from './support/layers-lib.mjs';
import { checkNative } from './support/layers-native.mjs';
import { ROOT } from './support/run.mjs';

const root = process.argv[2] ?? ROOT;
const broken = [...checkLib(root), ...checkNative(root)];
for (const message of broken) console.error(message);
if (broken.length > 0) {
  console.error(`\n${broken.length} broken rule${broken.length === 1 ? '' : 's'} of who may know whom`);
  process.exitCode = 1;
}
