/** Statements that come again are parsed once by the embedded database. */
import { sql } from 'drizzle-orm';
import type { Database } from '../../../src/store/driver/database';
import { blankDatabase } from '../../support/test-database';

let database: Database;
beforeAll(async () => {
  database = await blankDatabase();
  await database.queries.execute(sql`create table things (id integer primary key, name text)`);
});
afterAll(() => database.close());

interface Rows<Row> {
  readonly rows: readonly Row[];
}

/** The statements that the server has parsed by name. */
async function named(): Promise<readonly string[]> {
  const answer = await database.queries.execute(sql`select statement from pg_prepared_statements order by name`);
  return (answer as Rows<{ readonly statement: string }>).rows.map(({ statement }) => statement);
}

async function valueOf(text: string, ...values: readonly number[]): Promise<unknown> {
  const [first = '', ...rest] = text.split('?');
  const query = rest.reduce((sofar, part, at) => sql`${sofar}${values[at]}::integer${sql.raw(part)}`, sql.raw(first));
  const answer = await database.queries.execute(query);
  return (answer as Rows<{ readonly value: unknown }>).rows[0]?.value;
}

it('have a name from their second time on, and answer with each call’s own values', async () => {
  expect(await valueOf('select ? + 1 as value', 1)).toBe(2);
  expect(await named()).not.toContain('select $1::integer + 1 as value');
  for (const n of [2, 3, 4, 5, 6, 7, 8]) expect(await valueOf('select ? + 1 as value', n)).toBe(n + 1);
  expect(await named()).toContain('select $1::integer + 1 as value');
});

it('may come at once, and in a transaction', async () => {
  const values = await Promise.all([1, 2, 3, 4].map((n) => valueOf('select ? * 2 as value', n)));
  expect(values).toEqual([2, 4, 6, 8]);
  await database.transaction(async (tx) => {
    for (const n of [1, 2, 3]) await tx.execute(sql`insert into things (id, name) values (${n}, ${`thing ${n}`})`);
  });
  expect(await valueOf('select count(*)::integer + ? as value from things', 0)).toBe(3);
});

it('that fail under a name fail alone', async () => {
  const add = (id: number) => database.queries.execute(sql`insert into things (id) values (${id})`);
  await add(11);
  await add(12);
  await expect(add(12)).rejects.toThrow();
  const together = await Promise.allSettled([add(13), add(13), add(14)]);
  expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(
    database.transaction(async (tx) => {
      await tx.execute(sql`insert into things (id) values (${11})`);
    }),
  ).rejects.toThrow();
  await add(15);
});

it('without values stay without a name: they may be several', async () => {
  for (let time = 0; time < 3; time += 1) await database.queries.execute(sql.raw('select 1; select 2'));
  expect((await named()).join()).not.toContain('select 2');
});

it('have at most 500 names', async () => {
  for (let time = 0; time < 2; time += 1) for (let n = 0; n < 600; n += 1) await valueOf(`select ? + ${n} as value`, 1);
  expect(await named()).toHaveLength(500);
  expect(await valueOf('select ? + 599 as value', 1)).toBe(600);
});
