/** All steps, in order. SQL in TypeScript, so that the compiled service finds it without copying files. */
import { firstTables } from './0001-first-tables';
import { renewalChecks } from './0002-renewal-checks';
import { visitors } from './0003-visitors';
import type { Migration } from './migration';

export type { Migration } from './migration';

export const migrations: readonly Migration[] = [firstTables, renewalChecks, visitors];
