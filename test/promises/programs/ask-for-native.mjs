// Asks for the native backend where there is none.
import { useBackend } from 'quern';

try {
  useBackend('native');
} catch (caught) {
  const { name, message, cause } = /** @type {Error} */ (caught);
  console.log(JSON.stringify({ name, message, cause: /** @type {Error} */ (cause).message }));
}
