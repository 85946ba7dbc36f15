// node wide-net.mjs batch width steps scoped|unscoped: trains a net with large activations in one synchronous loop;
// prints the most memory that the process took, and how many large buffers it made after the first steps.
import { memory, scope } from 'quern';
import { trainer, wideNet } from './training.mjs';

const WARM_UP = 5;
const [batch, width, steps] = process.argv.slice(2, 5).map(Number);
const step = trainer(wideNet(batch, width));
const once = process.argv[5] === 'scoped' ? () => scope(step) : step;
for (let i = 0; i < WARM_UP; i++) once();
const before = memory().largeAllocations;
for (let i = WARM_UP; i < steps; i++) once();
console.log(
  JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, made: memory().largeAllocations - before }),
);
