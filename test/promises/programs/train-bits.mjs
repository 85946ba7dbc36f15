// node train-bits.mjs threads steps: trains with and without scopes; prints the digests of what came out.
import { setNumThreads } from 'quern';
import { bitsOfTraining, convNet, wideNet } from './training.mjs';

const [threads, steps] = process.argv.slice(2).map(Number);
if (threads > 0) setNumThreads(threads);
const wide = () => wideNet(512, 256);
console.log(
  JSON.stringify({
    conv: bitsOfTraining(convNet, steps),
    convUnscoped: bitsOfTraining(convNet, steps, { scoped: false }),
    wide: bitsOfTraining(wide, 2 * steps),
    wideUnscoped: bitsOfTraining(wide, 2 * steps, { scoped: false }),
  }),
);
