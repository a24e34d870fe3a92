/**
 * `npm run migrate`: brings the schema of the database up to date, as the role of DATABASE_URL, and ends. An upgrade runs it first; then web
 * and worker need no right to change tables. Safe while the former version runs: a step only adds.
 */
import { runProcess } from '../app/process';
import { migrateDatabase } from '../store';

void runProcess('migrate', async ({ config, logger }) => {
  const { database, dataDir } = config;
  const { done, newer } = await migrateDatabase({
    databaseUrl: database.kind === 'postgres' ? database.url : undefined,
    dataDir,
  });
  logger.info({ done, newer }, done.length === 0 ? 'the schema is up to date' : 'the schema is brought up to date');
  return { running: Promise.resolve() };
});
