/** Bundles the workflows for the process that forked this one, and ends. */
import type { BundlingAnswer } from './workflow-bundle';
import { bundleWorkflows } from './workflow-bundle';

const answer = (said: BundlingAnswer): unknown => process.send?.(said, () => process.exit());

// Nobody waits for the bundle any more.
process.once('disconnect', () => process.exit());

bundleWorkflows().then(
  (code) => answer({ code }),
  (error: Error) => answer({ error: error.message }),
);
