// Prints how many threads the library uses unless told otherwise.
import { getNumThreads } from 'quern';

console.log(JSON.stringify(getNumThreads()));
