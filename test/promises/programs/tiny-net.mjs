// Trains a tiny net without scopes in one synchronous loop; prints how many bytes the process grew by from step 1000 on.
import { tinyNet, trainer } from './training.mjs';

const step = trainer(tinyNet());
for (let i = 0; i < 1000; i++) step();
const before = process.memoryUsage.rss();
for (let i = 1000; i < 20_000; i++) step();
console.log(JSON.stringify({ grown: process.memoryUsage.rss() - before }));
