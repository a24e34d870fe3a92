/** Retention: of every class of rows, what is too old goes, and what is not stays. */
import { createPurgeExpired } from '../../activities/purge-expired';
import { Keyring } from '../../src/crypto/keyring';
import { dayMs } from '../../src/domain/duration';
import { defaultRetention } from '../../src/domain/retention';
import type { Store, TableName } from '../../src/store';
import { storeOver } from '../../src/store';
import type { Database } from '../../src/store/driver/database';
import type { RetentionRule } from '../../src/store/retention';
import { retentionRules } from '../../src/store/retention';
import { getTableName, is, sql } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import * as schema from '../../src/store/schema';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyTables, emptyDatabase } from '../support/test-database';
import { key, noonMs, payment, record, registration, tried, waiting } from '../support/store-samples';

const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]);
let database: Database;
let store: Store;

beforeAll(async () => void (database = await emptyDatabase()));
beforeEach(async () => {
  await emptyTables(database);
  store = storeOver(database, keyring);
});
afterAll(() => store.close());

const noneSent = { sent: 0, test: 0, fromCheckouts: 0, attempts: 0 };
const purge = () => createPurgeExpired({ ...store, retentionDays: defaultRetention, nowMs: () => noonMs })();

const tables: readonly TableName[] = (Object.keys(schema) as TableName[]).filter((name) => is(schema[name], PgTable));

/** How a row of each class comes into being; `of` is its integration. */
const plants: Partial<Record<TableName, (of: string, atMs: number) => Promise<unknown>>> = {
  users: (of, atMs) => buyer(of, atMs),
  userOrders: (of, atMs) => buyer(of, atMs),
  visits: (integration, atMs) =>
    store.visitors.record({
      ...{ integration, keys: [], identity: { ttp: 'ttp' }, atMs },
      stated: { userId: key('user_id', 'anna'), email: null, checkout: null },
    }),
  async userJoins(of, atMs) {
    const [one, other] = [key('user_id', 'anna'), key('email', 'anna')];
    for (const keys of [[one], [other], [one, other]])
      await store.users.register(
        registration(payment('in_1', `sub_${keys.map(({ kind }) => kind).join('_')}`), keys, {
          integration: of,
          atMs,
          identity: { ip: '203.0.113.7' },
        }),
      );
  },
  unmatchedRefunds: (integration, atMs) =>
    store.payments.keepUnmatchedRefund({
      ...{ integration, psp: 'stripe', paymentId: 'ch_1', atMs },
      fact: { kind: 'refund', refundId: 're_1', paymentId: 'ch_1', amountMinor: 1, currency: 'USD', occurredAtMs: atMs } as never,
    }),
  async deliveryAttempts(of, atMs) {
    const ref = payment('in_1');
    await store.users.register(registration(ref, [], { integration: of }));
    await store.attempts.keep(of, tried(ref, { atMs, request: { event: 'CompletePayment' } }, { record: record(ref) }));
  },
  tallies: (integration, atMs) =>
    store.tallies.add([
      {
        integration,
        day: Math.floor(atMs / dayMs),
        name: 'webhooks',
        psp: 'stripe',
        label: 'accepted',
        count: 1,
        lastAtMs: atMs,
      },
    ]),
  tiktokCounts: (of, atMs) =>
    store.tiktokCounts.keep(of, Math.floor(atMs / dayMs), [
      {
        ...{ event: 'Purchase', countedAtMs: atMs, theirs: { total: 1, server: 1, browser: 0 }, notCompared: null },
        ours: { byPayment: noneSent, bySending: noneSent },
      },
    ]),
  async alerts(of, atMs) {
    await sqlOf(
      `insert into alerts (integration, kind, subject, message, opened_at_ms, closed_at_ms) values ('${of}', 'k', 's', 'm', ${atMs}, ${atMs})`,
    );
  },
  quarantine: (of, atMs) =>
    store.quarantine.keep(of, { psp: 'stripe', raw: Buffer.from('{}'), type: 'invoice.paid', reason: 'odd', atMs }),
  audit: (integration, atMs) =>
    store.audit.append({ integration, atMs, by: 'anna', action: 'purchase.skip', target: 'x', reason: null }),
  openPayments: (of, atMs) => store.openPayments.remember(of, 'stripe', ['pi_1'], atMs),
  signalledFacts: (of, atMs) => store.signalledFacts.mark(of, ['hash'], atMs),
  waitingFacts: (integration, atMs) =>
    store.routes.keep({ integration, psp: 'stripe', account: [integration] }, waiting('in_1', ['in_1']), atMs),
  declinedOrders: (integration, atMs) =>
    store.routes.decline({ integration, psp: 'stripe', account: [integration] }, 'sub_1', atMs),
  webhookLog: (of, receivedAtMs) =>
    store.webhookLog.append(of, { psp: 'stripe', receivedAtMs, type: 'invoice.paid', outcome: 'accepted', reason: null }),
};

/** What is counted of a table whose rows stay: what identifies a person in them. */
const emptied: Partial<Record<TableName, string>> = {
  users: 'identity is not null',
  userOrders: 'own_identity is not null',
  deliveryAttempts: 'request is not null',
};

const bounded = tables.flatMap((name) => {
  const rule: RetentionRule = retentionRules[name];
  return rule.kept === 'days' || rule.kept === 'emptied' ? [{ name, rule }] : [];
});

it('every table of the schema has a rule, and stands in docs/privacy.md', () => {
  expect(Object.keys(retentionRules).sort()).toEqual([...tables].sort());
  const page = readFileSync(join(__dirname, '../../docs/privacy.md'), 'utf8');
  for (const name of tables) expect(page).toContain(`\`${getTableName(schema[name])}\``);
});

it.each(bounded)('$name: what is older than its days goes, and what is younger stays', async ({ name, rule }) => {
  const plant = plants[name];
  if (!plant) throw new Error(`nothing plants a row of ${name}: add one, so that its rule is tried`);
  const kept = defaultRetention[rule.days] * dayMs;
  await plant('old', noonMs - kept - dayMs);
  await plant('young', noonMs - kept + dayMs);
  expect([await count(name, 'old'), await count(name, 'young')]).toEqual([1, 1]);
  await purge();
  expect([await count(name, 'old'), await count(name, 'young')]).toEqual([0, 1]);
  await purge();
  expect(await count(name, 'young')).toBe(1);
});

describe('a buyer', () => {
  const longAgo = noonMs - 500 * dayMs;

  it('is kept while an order runs: its next payment is due, or its end is young', async () => {
    await buyer('due', longAgo, { dueAtMs: noonMs + dayMs });
    await buyer('overdue', longAgo, { dueAtMs: noonMs - 399 * dayMs });
    await buyer('ended', longAgo, { endedAtMs: noonMs - 399 * dayMs });
    await buyer('over', longAgo, { endedAtMs: longAgo });
    await buyer('lost', longAgo, { dueAtMs: longAgo });
    await purge();
    const left = Object.fromEntries(
      await Promise.all(['due', 'overdue', 'ended', 'over', 'lost'].map(async (of) => [of, await count('users', of)] as const)),
    );
    expect(left).toEqual({ due: 1, overdue: 1, ended: 1, over: 0, lost: 0 });
  });

  it('is recognised afterwards: a first purchase and a refusal of consent are not forgotten', async () => {
    const ref = payment('in_1');
    const keys = [key('user_id', 'anna'), key('order', 'stripe/sub_of_in_1')];
    await buyer('old', longAgo);
    await store.firstPurchases.claim({ integration: 'old', keys, payment: ref, mode: 'this_payment', atMs: longAgo });
    await purge();
    expect(await store.users.identity('old', keys, ref)).toEqual({ consent: 'denied' });
    expect(await store.users.find('old', key('user_id', 'anna'))).toMatchObject({
      identifiers: ['user_id', 'order'],
      firstPurchase: ref,
    });
  });

  it('is forgotten with what pages said, but for a refusal', async () => {
    const anna = key('user_id', 'anna');
    const said = {
      identity: { ttp: 'ttp', consent: 'denied' },
      atMs: longAgo,
      stated: { userId: anna, email: null, checkout: null },
    } as const;
    await store.visitors.record({ integration: 'old', keys: [], ...said });
    await store.users.register(
      registration(payment('in_1'), [anna], { integration: 'old', atMs: longAgo, identity: { ip: '203.0.113.7' } }),
    );
    expect(await store.users.identity('old', [anna])).toMatchObject({ ttp: 'ttp', ip: '203.0.113.7' });
    await purge();
    expect(await store.users.identity('old', [anna])).toEqual({ consent: 'denied', isRefusedByPage: true });
  });

  it('is forgotten in batches, all of them', async () => {
    const text = keyring.sealJson({ ip: '203.0.113.7' });
    await sqlOf(`insert into users (integration, identity, created_at_ms, updated_at_ms)
      select 'many', '${text}', ${longAgo}, ${longAgo} from generate_series(1, 1200)`);
    await sqlOf(`insert into user_orders (integration, psp, subscription, user_id)
      select 'many', 'stripe', 'sub_' || id, id from users where integration = 'many'`);
    await purge();
    expect(await count('users', 'many')).toBe(0);
  });
});

async function buyer(of: string, atMs: number, more: { dueAtMs?: number; endedAtMs?: number } = {}): Promise<void> {
  const identity = { emailSha256: 'a'.repeat(64), ip: '203.0.113.7', consent: 'denied' as const };
  await store.users.register(
    registration(payment('in_1'), [key('user_id', 'anna')], { integration: of, atMs, identity, ...more }),
  );
}

async function count(name: TableName, of: string): Promise<number> {
  const where = emptied[name] ?? 'true';
  const [row] = await sqlOf(`select count(*) as n from ${getTableName(schema[name])} where integration = '${of}' and ${where}`);
  return Number(row?.['n']);
}

async function sqlOf(statement: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await database.queries.execute(sql.raw(statement));
  return (answer as { rows: Record<string, unknown>[] }).rows;
}
