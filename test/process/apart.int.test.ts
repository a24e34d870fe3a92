/** `npm run web` twice and `npm run worker`, on one PostgreSQL and one Temporal server: a real deployment in small. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, onPostgres } from '../support/deployment';
import { sendGeneric } from '../support/generic-webhook';
import { createDatabase, query } from '../support/postgres';
import { eventually } from '../support/relay';
import { freePort } from '../../src/temporal/dev-server/ports';
import { metricNames, metricsIn, monitoringExpressions } from '../support/metric-names';
import type { Service } from '../support/service';

let deployment: Deployment;
const services: Service[] = [];
let metricsPort: number;

beforeAll(async () => void (deployment = await Deployment.start('apart')));
afterAll(async () => deployment?.stop());

onPostgres('a toggle at one web process holds at the other within 5 seconds, and the worker sends what both take', async () => {
  const ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  metricsPort = await freePort('127.0.0.1');
  const [one, two] = await Promise.all([
    ...ports.map((port) => started('web', { PORT: String(port) })),
    started('worker', { METRICS_PORT: String(metricsPort) }),
  ]);

  expect((await pay(one, 'first', 'conversion')).status).toBe(200);
  await eventually(() => expect(deployment.counted()).toEqual(['generic:first']));
  expect((await pay(two!, 'second', 'renewal')).status).toBe(200);
  await eventually(() => expect(deployment.counted()).toEqual(['generic:first', 'generic:second']));

  const worker = `http://127.0.0.1:${metricsPort}`;
  expect((await fetch(`${worker}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${worker}/readyz`)).json()).toMatchObject({ checks: { database: 'ok', temporal: 'ok' } });
  const metrics = await (await fetch(`${worker}/metrics`)).text();
  expect(metrics).toContain('relay_deliveries_total{integration="default",outcome="accepted",code="0"} 2');
  expect(metrics).toMatch(/^temporal_\w+.*\{/m);

  const patched = await fetch(`${one.url}/api/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${deployment.env['OPERATOR_TOKEN']!}`, 'content-type': 'application/json' },
    body: '{"limitPurchaseEvents": true}',
  });
  expect(patched.status).toBe(200);
  // Each process reads settings again after 2 s; the rest is room for a loaded machine.
  await sleep(5_000);
  await pay(two!, 'third', 'renewal');
  await eventually(async () =>
    expect(await purchases(two!, 'q=third')).toMatchObject([{ state: 'suppressed', reason: 'limited', settingsVersion: 2 }]),
  );
  expect(deployment.counted()).toEqual(['generic:first', 'generic:second']);
});

onPostgres('every metric that the alerts and the dashboard ask for is there', async () => {
  const [web] = services;
  const texts = await Promise.all(
    [web!.url, `http://127.0.0.1:${metricsPort}`].map(async (url) => (await fetch(`${url}/metrics`, operator())).text()),
  );
  const there = texts.map(metricNames);
  const asked = new Set(monitoringExpressions().flatMap(metricsIn));
  expect(asked.size).toBeGreaterThan(12);
  expect([...asked].filter((name) => !there.some((names) => names.has(name)))).toEqual([]);
});

onPostgres('a purchases table that was lost is rebuilt from the workflows, and nothing is sent again', async () => {
  const [web] = services;
  const before = await purchases(web!);
  expect(before.map(({ moneyId, state }) => `${moneyId} ${state}`).sort()).toEqual([
    'first sent',
    'second sent',
    'third suppressed',
  ]);
  await query(deployment.env['DATABASE_URL']!, 'delete from purchases');
  expect(await purchases(web!)).toEqual([]);

  const reproject = deployment.run('reproject');
  expect([await reproject.exited, reproject.output]).toEqual([0, expect.stringContaining('the purchases table is rebuilt')]);
  // Where it went and what matched is the report's own trace, which no workflow holds.
  expect(await purchases(web!)).toEqual(before.map((record) => ({ ...record, destination: null, matchedBy: null })));
  expect(deployment.counted()).toEqual(['generic:first', 'generic:second']);
});

onPostgres('a database that was lost is said aloud until an operator confirms, and what workflows know comes back', async () => {
  for (const service of services.splice(0)) expect(await deployment.stopped(service)).toBe(0);
  const [port, other] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const lost = {
    DATABASE_URL: await createDatabase(deployment.postgres, 'lost'),
    PORT: String(port),
    METRICS_PORT: String(other),
  };
  const web = await started('web', lost);
  await started('worker', lost);
  const notes = async (): Promise<unknown> => ((await (await fetch(`${web.url}/readyz`)).json()) as { notes?: unknown }).notes;
  expect(web.output).toContain('the database was found empty while Temporal has 1 order');
  expect(await notes()).toEqual([expect.stringContaining('settings (such as the limit)')]);
  expect(await (await fetch(`${web.url}/metrics`, operator())).text()).toContain(
    'relay_alerts_open{integration="default",kind="database_lost"} 1',
  );

  const reproject = deployment.run('reproject', lost);
  expect([await reproject.exited, reproject.output]).toEqual([0, expect.stringContaining('NOT brought back')]);
  expect((await purchases(web)).map(({ moneyId, state }) => `${moneyId} ${state}`).sort()).toEqual([
    'first sent',
    'second sent',
    'third suppressed',
  ]);
  // The limit is on again, under the number that it had.
  const settings = (await (await fetch(`${web.url}/api/settings`, operator())).json()) as object;
  expect(settings).toMatchObject({ version: 2, limitPurchaseEvents: true });
  const rows = async (statement: string): Promise<unknown> => query(lost.DATABASE_URL, statement);
  expect(await rows('select psp, subscription, money_id from first_purchases')).toEqual([
    { psp: 'generic', subscription: 'sub_apart', money_id: 'first' },
  ]);
  expect(await rows('select money_id from payments order by money_id')).toEqual(
    ['first', 'second', 'third'].map((money_id) => ({ money_id })),
  );
  expect(await rows(`select kind from user_identifiers where kind <> 'order'`)).toEqual([{ kind: 'user_id' }]);
  expect(await rows('select count(*)::int as facts from order_facts')).toEqual([{ facts: 3 }]);
  // So the buyer's next order is known to be no first one.
  await sleep(5_000);
  await pay(web, 'fourth', 'conversion', 'sub_next');
  await eventually(async () =>
    expect(await purchases(web, 'q=fourth')).toMatchObject([{ state: 'suppressed', heldBy: { moneyId: 'first' } }]),
  );

  expect(await notes()).toHaveLength(1);
  const confirmation = deployment.run('reproject', lost, ['--confirm']);
  expect([await confirmation.exited, confirmation.output]).toEqual([0, expect.stringContaining('is confirmed')]);
  expect(await notes()).toBeUndefined();
});

onPostgres('each process ends on Ctrl-C', async () => {
  for (const service of services) expect(await deployment.stopped(service)).toBe(0);
});

async function started(entry: 'web' | 'worker', more: Readonly<Record<string, string>>): Promise<Service> {
  const service = await deployment.started(entry, more);
  services.push(service);
  return service;
}

async function purchases({ url }: Service, filter = ''): Promise<readonly Readonly<Record<'moneyId' | 'state', string>>[]> {
  const answer = await fetch(`${url}/api/purchases?${filter}`, {
    headers: { authorization: `Bearer ${deployment.env['OPERATOR_TOKEN']!}` },
  });
  return ((await answer.json()) as { items: [] }).items;
}

function operator(): RequestInit {
  return { headers: { authorization: `Bearer ${deployment.env['OPERATOR_TOKEN']!}` } };
}

function pay(
  { url }: Service,
  moneyId: string,
  kind: 'conversion' | 'renewal',
  subscription_id = 'sub_apart',
): Promise<Response> {
  const occurred_at = new Date(Date.now() - 60_000).toISOString();
  const payment = {
    kind,
    subscription_id,
    metadata: { user_id: 'ada' },
    money_id: moneyId,
    amount: '9.99',
    currency: 'EUR',
    occurred_at,
  };
  return sendGeneric(url, payment, `msg_${moneyId}`);
}
