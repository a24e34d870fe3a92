/** Finds, downloads or builds the Temporal CLI ahead of time, and prints its path. */
import { temporalCliConfig } from '../src/config/config';
import { findTemporalCli } from '../src/temporal/dev-server/cli';

findTemporalCli({ ...temporalCliConfig(process.env), progress: (line) => console.error(line) }).then(
  ({ path }) => console.log(path),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
