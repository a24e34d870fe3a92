import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import * as schema from '../../src/store/schema';
import { readMigrations } from '../../src/store/driver/migrations';

const folder = join(__dirname, '../../src/store/migrations');

describe('the migrations', () => {
  const migrations = readMigrations();

  it('are up to date with the schema: drizzle-kit finds nothing to add', async () => {
    const newest = String(migrations.length - 1).padStart(4, '0');
    const snapshot = JSON.parse(readFileSync(join(folder, `meta/${newest}_snapshot.json`), 'utf8')) as typeof declared;
    const declared = generateDrizzleJson(schema, snapshot.id);
    expect(await generateMigration(snapshot, declared)).toEqual([]);
  });

  it('are numbered without gaps', () => {
    expect(migrations.map(({ id }) => id)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('name no schema, so that a database with another search_path can be used', () => {
    for (const statement of migrations.flatMap(({ statements }) => statements)) expect(statement).not.toContain('public');
  });
});
