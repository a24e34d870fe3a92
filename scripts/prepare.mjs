/**
 * Runs at the end of `npm ci`: what the first `npm start` would otherwise wait for. It does that itself where this has failed, or where packages
 * were installed without scripts.
 */
import { createRequire } from 'node:module';
import { translated } from './translate.mjs';

const require = createRequire(import.meta.url);
try {
  const { workflowBundle } = require(await translated('src', 'temporal', 'workflow-bundle.js'));
  const { keepNewDatabase } = require(await translated('src', 'store', 'driver', 'new-database.js'));
  await Promise.all([workflowBundle(), keepNewDatabase()]);
} catch (error) {
  console.error(`nothing is prepared for the first start: ${error instanceof Error ? error.message : String(error)}`);
}
