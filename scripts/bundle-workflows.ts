/** Part of `npm run build`: the workflows as one file, so that a worker starts without webpack. */
import { writeBundle } from '../src/temporal/workflow-bundle';

writeBundle().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
