/** Part of `npm run build`: the SQL of the schema, where the compiled service reads it. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

const migrations = 'src/store/migrations';

cp(join(__dirname, '..', migrations), join(__dirname, '../dist', migrations), {
  recursive: true,
  filter: (file) => !file.endsWith('_snapshot.json'), // for drizzle-kit only
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
