/**
 * A new pepper as docs/operations.md says, under load: two web processes and a worker get the layer one after the other, then the command draws it over
 * all that is there, while webhooks and calls of pages go on. No call fails, and whoever has bought before is known again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, Client } from '@temporalio/client';
import { freePort } from '../../src/temporal/dev-server/ports';
import { Deployment, onPostgres } from '../support/deployment';
import { query as queryAt } from '../support/postgres';
import { eventually, temporalAddress } from '../support/relay';
import { Balancer, Load } from '../support/rolling-load';
import type { Service } from '../support/service';
import { searchAttributes } from '../../workflows/contract';

const layers = '2:a second pepper of the tests and long enough';

let deployment: Deployment;
let load: Load | null = null;
/** Seven starts of a process one after the other: minutes on a busy machine. */
const timeoutMs = 1_200_000;

beforeAll(async () => {
  const more = { ALLOWED_ORIGINS: 'https://shop.example', METRICS_PORT: '0', LOG_LEVEL: 'info' };
  deployment = await Deployment.start('pepper', more);
});
afterAll(async () => {
  await load?.stop();
  await deployment?.stop();
});

onPostgres(
  'a pepper is replaced while webhooks and pages call: none fails, and every buyer is known again',
  async () => {
    const ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    const balancer = new Balancer();
    const webs = await Promise.all(ports.map((port) => started('web', {}, port)));
    let worker = await started('worker', {});
    for (const web of webs) balancer.add(web.url);
    expect(await api(webs[0]!, 'PATCH', '/settings', { limitPurchaseEvents: true })).toMatchObject({ limitPurchaseEvents: true });
    await sleep(3_000); // the other processes read it again

    // Each buyer buys again and again, and others come for the first time all along: each is counted once.
    load = new Load(balancer, (n) => {
      const buyer = n % 5 === 4 ? 100 + Math.floor(n / 25) : n % 5;
      return { buyer, order: `sub_${buyer}_${Math.floor(n / 15)}`, kind: 'conversion' };
    });
    await sleep(5_000);
    for (const [n, port] of ports.entries()) {
      await balancer.takeOut(webs[n]!.url);
      expect(await deployment.stopped(webs[n]!)).toBe(0);
      webs[n] = await started('web', { USER_ID_PEPPER_LAYERS: layers }, port);
      balancer.add(webs[n].url);
      await sleep(500); // both versions side by side
    }
    expect(await deployment.stopped(worker)).toBe(0);
    worker = await started('worker', { USER_ID_PEPPER_LAYERS: layers });

    expect(await older()).not.toEqual({});
    expect(await resealed(1)).toContain('reseal.pepper.done');
    await sleep(5_000);
    const { calls, failures, payments } = await load.stop();
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(50);

    // While no worker ran two orders of a buyer may have waited: either of them may be the first.
    const buyers = [...new Set([...payments.values()].map(({ buyer }) => buyer))].sort();
    await eventually(async () => {
      expect(await undecided()).toBe(0);
      expect(
        deployment
          .counted()
          .map((event) => payments.get(event)?.buyer)
          .sort(),
      ).toEqual(buyers);
    });
    expect(await older()).toEqual({});
    await eventually(async () => expect(await usersOfOpenOrders()).not.toContainEqual(expect.not.stringMatching(/^2\./)));

    // All orders of a buyer from before are found by the id, and forgotten.
    const orders = new Set([...payments.values()].flatMap(({ buyer, order }) => (buyer === 0 ? [order] : [])));
    const named = (found: unknown) =>
      (found as { orders: { subscription: string }[] }).orders.map(({ subscription }) => subscription);
    expect(named(await api(webs[0]!, 'POST', '/users/export', { userId: 'user-0' })).sort()).toEqual([...orders].sort());
    expect(named(await api(webs[1]!, 'POST', '/users/erase', { userId: 'user-0' })).sort()).toEqual([...orders].sort());
    expect(worker.output).not.toContain('"level":50');
  },
  timeoutMs,
);

onPostgres('a process without a layer that is needed says which one', async () => {
  const web = deployment.run('web', { PORT: '0' });
  expect(await web.exited).toBe(1);
  expect(web.output).toContain('generation 2 of the pepper, and USER_ID_PEPPER_LAYERS is not set: put layer 2 back');
});

function started(entry: 'web' | 'worker', more: Readonly<Record<string, string>>, port = 0): Promise<Service> {
  return deployment.started(entry, { ...more, PORT: String(port) });
}

/** The output of the command. A workflow with a delivery under way renews its history afterwards: then it is run again. */
async function resealed(attempt: number): Promise<string> {
  const reseal = deployment.run('reseal', { USER_ID_PEPPER_LAYERS: layers }, ['--pepper']);
  const code = await reseal.exited;
  if (code !== 0 && attempt < 5) return resealed(attempt + 1);
  expect([code, reseal.output]).toEqual([0, expect.any(String)]);
  return reseal.output;
}

function query(statement: string): Promise<readonly Record<string, unknown>[]> {
  return queryAt(deployment.env['DATABASE_URL']!, statement);
}

/** How many HMACs of identifiers have no layer over them, by column. */
async function older(): Promise<Record<string, number>> {
  const columns = [
    ...['user_identifiers.hmac', 'visits.hmac', 'visits.user_id_hmac', 'visits.email_hmac', 'visits.caller', 'checkouts.hmac'],
    ...['browser_purchases.hmac', 'browser_purchases.caller', 'user_orders.checkout_hmac'],
  ].map((column) => column.split('.') as [string, string]);
  const found: Record<string, number> = {};
  for (const [table, column] of columns) {
    const [row] = await query(`select count(*)::int as older from ${table} where ${column} not like '2.%'`);
    if (row?.['older'] !== 0) found[`${table}.${column}`] = Number(row?.['older']);
  }
  return found;
}

async function undecided(): Promise<number> {
  const [row] = await query(`select count(*)::int as open from purchases where state = 'pending'`);
  return Number(row?.['open']);
}

/** The search attribute of every open order. */
async function usersOfOpenOrders(): Promise<readonly string[]> {
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    const client = new Client({ connection, namespace: deployment.env['TEMPORAL_NAMESPACE'] ?? '' });
    const users: string[] = [];
    for await (const { typedSearchAttributes } of client.workflow.list({
      query: `WorkflowType = 'subscription' AND ExecutionStatus = 'Running'`,
    })) {
      const user = typedSearchAttributes.getAll().find(({ key }) => key.name === searchAttributes.user);
      users.push(String(user?.value));
    }
    expect(users.length).toBeGreaterThan(5);
    return users;
  } finally {
    await connection.close();
  }
}

async function api({ url }: Service, method: string, path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${deployment.env['OPERATOR_TOKEN']!}`, 'content-type': 'application/json' };
  return (await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) })).json();
}
