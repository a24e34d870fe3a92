import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { codeOf, type Database, messageOf } from '../../../src/store/driver/database';
import { connectTo } from '../../../src/store/driver/one-connection';
import { openPglite } from '../../../src/store/driver/pglite';
import { EmbeddedDatabaseEnded, serveInThread } from '../../../src/store/driver/pglite-thread';

const run = promisify(execFile);
const root = join(__dirname, '../../..');

let dataDir = '';
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'relay-thread-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const rowsOf = async (query: PromiseLike<unknown>): Promise<unknown> => ((await query) as { rows: unknown }).rows;

/** What drizzle wraps. */
const causeOf = (query: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(query).then(
    () => null,
    (error: unknown) => (error as { cause?: unknown }).cause ?? error,
  );

const oneOver = (database: Database, divisor: number) => database.queries.execute(sql`select 6 / ${divisor}::int as n`);

describe('the embedded database in its thread', () => {
  it('answers many at once, each with its own rows or its own error, and leaves this thread free meanwhile', async () => {
    const database = await openPglite(dataDir);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const slow = database.queries.execute(sql`select count(*)::int as n from generate_series(1, 4000000)`);
    const [, ...answers] = await Promise.all([
      slow,
      ...[1, 0, 2, 3].map((divisor) => rowsOf(oneOver(database, divisor)).catch(codeOf)),
    ]);
    delay.disable();
    expect(answers).toEqual([[{ n: 6 }], '22012', [{ n: 3 }], [{ n: 2 }]]);
    expect(delay.max / 1e6).toBeLessThan(delay.count * 5); // it fired all along, not once at the end
    expect(delay.count).toBeGreaterThan(5);
    await database.close();
  });

  it('keeps transactions apart, takes back the failed ones, and says of an error what PostgreSQL said', async () => {
    const database = await openPglite(dataDir);
    await database.queries.execute(sql`create table counted (n integer constraint positive check (n > 0))`);
    await database.queries.execute(sql`insert into counted values (1)`);
    const increment = () =>
      database.transaction(async (tx) => {
        const [row] = (await rowsOf(tx.execute(sql`select n from counted`))) as { n: number }[];
        await tx.execute(sql`update counted set n = ${(row?.n ?? 0) + 1}`);
      });
    const fails = database.transaction(async (tx) => {
      await tx.execute(sql`update counted set n = 100`);
      await tx.execute(sql`update counted set n = -1`);
    });
    const [refused] = await Promise.all([causeOf(fails), ...Array.from({ length: 20 }, increment)]);
    expect(refused).toMatchObject({ code: '23514', constraint: 'positive', table: 'counted' });
    expect(await rowsOf(database.queries.execute(sql`select n from counted`))).toEqual([{ n: 21 }]);

    const swallows = database.transaction(async (tx) => {
      await tx.execute(sql`update counted set n = 100`);
      await causeOf(tx.execute(sql`select 1 / 0`));
    });
    expect(codeOf(await causeOf(swallows))).toBe('25P02');
    expect(await rowsOf(database.queries.execute(sql`select n from counted`))).toEqual([{ n: 21 }]);
    await database.close();
  });

  it('has on disk what it acknowledged, and answers what was asked before it closed', async () => {
    const database = await openPglite(dataDir);
    await database.queries.execute(sql`create table kept (bytes bytea)`);
    const long = Buffer.alloc(3_000_000, 7);
    const last = database.queries.execute(sql`insert into kept values (${long})`);
    await Promise.all([last, database.close(), database.close()]);
    expect(messageOf(await causeOf(database.queries.execute(sql`select 1`)))).toBe('the embedded database is closed');

    const again = await openPglite(dataDir);
    expect(await rowsOf(again.queries.execute(sql`select bytes from kept`))).toEqual([{ bytes: long }]);
    await again.close();
  });

  it('fails what waits and what comes later when the thread dies, and can still be closed', async () => {
    const server = serveInThread(join(dataDir, 'database'));
    const database = await connectTo(server);
    const endless = sql`with recursive r (n) as (select 1 union all select n + 1 from r where n < 2000000000) select max(n) from r`;
    const first = causeOf(database.queries.execute(endless));
    const wait = () => new Promise((resolve) => setTimeout(resolve, 200));
    await wait();
    const others = [oneOver(database, 1), database.transaction((tx) => tx.execute(sql`select 1`) as Promise<unknown>)];
    const waiting = [first, ...others.map(causeOf)];
    await wait();
    server.kill();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(EmbeddedDatabaseEnded);
    expect(await causeOf(oneOver(database, 1))).toBeInstanceOf(EmbeddedDatabaseEnded);
    expect(await causeOf(database.transaction(() => Promise.resolve()))).toBeInstanceOf(EmbeddedDatabaseEnded);
    await database.close();
  });

  it('does not open where there can be no database', async () => {
    await expect(connectTo(serveInThread('/dev/null/database'))).rejects.toThrow('the thread of the embedded database failed');
  });

  it.each([
    ['answers and is left open', '', 'answered\n'],
    [
      'answers while it closes',
      "await Promise.all([answer('last'), database.close()]); console.log('closed');",
      'answered\nlast\nclosed\n',
    ],
  ])('keeps a process alive only for that: it %s', async (_what, more, printed) => {
    const script = `
      const { openPglite } = require('./src/store/driver/pglite');
      const { sql } = require('drizzle-orm');
      void openPglite(${JSON.stringify(dataDir)}).then(async (database) => {
        const answer = async (word) => console.log((await database.queries.execute(sql\`select \${word}::text as word\`)).rows[0].word);
        await answer('answered');
        ${more}
      });`;
    const { stdout } = await run(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { cwd: root, timeout: 240_000 });
    expect(stdout).toBe(printed);
  });
});
