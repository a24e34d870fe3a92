/** How checks run: by their Schedules, against APIs that fail, over pages and restarts, for what is overdue, over the past. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScheduleDescription } from '@temporalio/client';
import { loadConfig } from '../../src/config/config';
import { openServices } from '../../src/app/services';
import { createLogger } from '../../src/telemetry/logger';
import { genericEventsOf } from '../../sandbox/generic/webhooks';
import { stripeEvent, stripeSubscription } from '../../sandbox/stripe/webhooks';
import { plainTarget } from '../../src/temporal/connection';
import {
  backfill,
  check,
  day,
  deliver,
  happen,
  hour,
  iso,
  minute,
  nowMs,
  records,
  relayWith,
  scheduleOf,
  started,
} from '../support/checking';
import type { FarEnd, Sale, ProviderEvent } from '../support/provider-stubs';
import { paddleEnd, solidgateEnd, stripeEnd } from '../support/provider-stubs';
import type { Relay } from '../support/relay';
import { eventually } from '../support/relay';

const log: string[] = [];
/** Every process of a deployment has them. */
const keys = {
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  USER_ID_PEPPER: 'a pepper that all processes share',
};
let relay: Relay;
let stripe: Awaited<ReturnType<typeof stripeEnd>>;
let ends: Readonly<Record<string, FarEnd>>;

beforeAll(async () => {
  stripe = await stripeEnd({ mostPerPage: 15 });
  ends = { stripe, paddle: await paddleEnd(), solidgate: await solidgateEnd() };
  relay = await relayWith('check-runs', Object.values(ends), { env: keys, log: { write: (line) => void log.push(line) } });
  for (const psp of Object.keys(ends)) await check(relay, psp);
});
afterAll(async () => {
  await relay?.stop();
  await Promise.all(Object.values(ends ?? {}).map((end) => end.close()));
});
beforeEach(() => {
  relay.tiktok.reset();
  log.length = 0;
});

function sale(name: string, type: Sale['type'], startMs: number, renewals = 0): Sale {
  return { name, type, startMs, renewals, currency: 'USD', amountMinor: 1999, trialAmountMinor: 100 };
}

async function patch(settings: object): Promise<void> {
  expect(await relay.api('PATCH', '/settings', settings)).toMatchObject({ status: 200 });
}

async function lastCheck(psp: string) {
  return (await relay.api('GET', `/checks/${psp}`)).body.last;
}

/** What the provider has of one order, and what its webhooks told until a time. */
async function orderTold(end: FarEnd, of: Sale, untilMs: number): Promise<readonly ProviderEvent[]> {
  const told = end.eventsOf(of).filter(({ atMs }) => atMs <= nowMs);
  happen(told);
  await deliver(
    relay,
    told.filter(({ atMs }) => atMs <= untilMs),
  );
  return told;
}

describe('the Schedule of an account', () => {
  const open = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const dataDir = mkdtempSync(join(tmpdir(), 'relay-other-process-'));
    const { database } = relay.services.config;
    const config = loadConfig(
      {
        ...{ HOME: dataDir, DATA_DIR: dataDir, PORT: '0', OPERATOR_TOKEN: 'a-token-of-another-process' },
        ...{ TEMPORAL_ADDRESS: process.env['TEST_TEMPORAL_ADDRESS'] ?? '' },
        ...(database.kind === 'postgres' ? { DATABASE_URL: database.url } : {}),
        ...{ ...keys, ...env },
      },
      'all',
    );
    const target = plainTarget(process.env['TEST_TEMPORAL_ADDRESS'] ?? '', relay.namespace);
    const services = await openServices(config, target, createLogger({ level: 'silent' }));
    await services.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const allEnv = (): Record<string, string> =>
    Object.assign({}, ...Object.values(ends).map(({ env }) => env)) as Record<string, string>;
  const scheduleIds = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { scheduleId } of relay.services.client.schedule.list()) ids.push(scheduleId);
    return ids.sort();
  };
  const settingsOf = ({ spec, policies, action }: ScheduleDescription) => ({ spec: spec.intervals, policies, action });

  it('exists for each that has an API key, looks every ten minutes, one look at a time, and makes up for one hour', async () => {
    await eventually(async () =>
      expect(await scheduleIds()).toEqual([
        'alerts',
        'housekeeping',
        'renewal-check/default/paddle',
        'renewal-check/default/solidgate',
        'renewal-check/default/stripe',
      ]),
    );
    expect(settingsOf(await scheduleOf(relay, 'stripe').describe())).toMatchObject({
      spec: [{ every: 10 * minute }],
      policies: { overlap: 'SKIP', catchupWindow: hour },
      action: {
        workflowType: 'renewalCheck',
        workflowId: 'renewal-check/default/stripe',
        args: [{ integration: 'default', psp: 'stripe' }],
        taskQueue: 'tiktok-purchase-relay',
      },
    });
  });

  it('is brought up to date by a second start, not doubled, and stays paused', async () => {
    const handle = scheduleOf(relay, 'stripe');
    const before = await handle.describe();
    expect(before.state.paused).toBe(true);
    await handle.update(({ spec: _spec, ...rest }) => ({ ...rest, spec: { intervals: [{ every: '7 days' }] } }));
    await open(allEnv());
    const after = await handle.describe();
    expect(settingsOf(after)).toEqual(settingsOf(before));
    expect(after.state.paused).toBe(true);
    expect((await scheduleIds()).filter((id) => id.endsWith('/stripe'))).toHaveLength(1);
  });

  it('goes when the key is gone, and those of the other accounts stay', async () => {
    const { PADDLE_API_KEY: _gone, ...env } = allEnv();
    await open(env);
    await expect(scheduleOf(relay, 'paddle').describe()).rejects.toThrow(/not found/i);
    await expect(scheduleOf(relay, 'stripe').describe()).resolves.toBeDefined();
    await open(allEnv());
    await scheduleOf(relay, 'paddle').pause();
  });

  it('goes when its integration is gone', async () => {
    const { client } = relay.services;
    const orphan = { integration: 'sold-shop', psp: 'stripe' };
    const { action, spec } = await scheduleOf(relay, 'stripe').describe();
    await client.schedule.create({
      scheduleId: 'renewal-check/sold-shop/stripe',
      spec: { intervals: spec.intervals ?? [] },
      action: { ...action, workflowId: 'renewal-check/sold-shop/stripe', args: [orphan] },
      state: { paused: true },
    });
    await eventually(async () => expect(await scheduleIds()).toContain('renewal-check/sold-shop/stripe'));
    await open(allEnv());
    await expect(client.schedule.getHandle('renewal-check/sold-shop/stripe').describe()).rejects.toThrow(/not found/i);
  });

  it('runs the check', async () => {
    const told = stripe.eventsOf(sale('triggered', 'lifetime', nowMs - hour));
    happen(told);
    const { finishedAt } = await lastCheck('stripe');
    await scheduleOf(relay, 'stripe').trigger();
    await eventually(async () => expect((await lastCheck('stripe')).finishedAt).not.toBe(finishedAt));
    expect(await lastCheck('stripe')).toMatchObject({ found: 1, error: null });
    await records(relay);
    expect(relay.counted()).toEqual(['stripe:pi_triggered_0']);
  });
});

describe('an API that fails', () => {
  const psps = ['stripe', 'paddle', 'solidgate'] as const;

  it.each(psps)('for a moment delays a check of %s, and no more', async (psp) => {
    happen(ends[psp]!.eventsOf(sale(`late-${psp}`, 'lifetime', nowMs - hour)));
    ends[psp]!.failNext(2, { status: 500 });
    expect(await check(relay, psp)).toMatchObject({ found: 1, isRead: true });
    expect(await lastCheck(psp)).toMatchObject({ found: 1, error: null });
    expect(log.filter((line) => line.includes('check.finished'))).toEqual([]);
  });

  it.each(psps)('by its rate limit is asked again when %s says so, not before', async (psp) => {
    happen(ends[psp]!.eventsOf(sale(`limited-${psp}`, 'lifetime', nowMs - hour)));
    const before = ends[psp]!.asked();
    ends[psp]!.failNext(1, { status: 429, retryAfter: '5' });
    const startedAt = performance.now();
    const handle = await started(relay, psp);
    await eventually(() => expect(ends[psp]!.asked()).toBe(before + 1));
    await eventually(() => expect(ends[psp]!.asked()).toBeGreaterThan(before + 1));
    // Without being told it would be two seconds.
    expect(performance.now() - startedAt).toBeGreaterThan(4_500);
    expect(await handle.result()).toMatchObject({ found: 1 });
  });

  it.each(psps)(
    'by refusing the key of %s fails the check, which says why; the next one begins where this one did',
    async (psp) => {
      happen(ends[psp]!.eventsOf(sale(`refused-${psp}`, 'lifetime', nowMs - hour)));
      const { upTo } = await lastCheck(psp);
      const before = ends[psp]!.asked();
      ends[psp]!.failNext(1, { status: 401 });
      const handle = await started(relay, psp);
      await expect(handle.result()).rejects.toThrow();
      // Asking again would not help.
      expect(ends[psp]!.asked()).toBe(before + 1);
      const failed = await lastCheck(psp);
      expect(failed).toMatchObject({ upTo, found: 0, error: expect.stringMatching(/^PspUnauthorized: .*401/) });
      const [line, ...more] = log.filter((one) => one.includes('check.finished')).map((one) => JSON.parse(one) as object);
      expect(line).toMatchObject({ level: 'error', msg: 'check.finished', integration: 'default', psp, error: failed.error });
      expect(more).toEqual([]);

      const { window, found } = await check(relay, psp);
      expect({ fromMs: window.fromMs, found }).toEqual({ fromMs: Date.parse(upTo) - 2 * hour, found: 1 });
      expect(await lastCheck(psp)).toMatchObject({ upTo: iso(window.toMs), error: null });
      await records(relay);
      expect(relay.counted()).toHaveLength(1);
    },
  );
});

describe('a subscription whose payment is overdue', () => {
  const monthAgo = nowMs - 30 * day - 12 * hour;
  const asMonthly = (name: string, renewals = 0): Sale => sale(name, 'subscription', monthAgo, renewals);
  const askedLongAgo = (psp: string, order: string): Promise<void> =>
    relay.services.store.orders.markPolled(
      { integration: 'default', psp, subscription: order },
      { atMs: nowMs - 7 * hour, paidDueAtMs: null },
    );

  it.each(['stripe', 'paddle', 'solidgate'])(
    'is asked for at %s, and its payment found though no list has it any more',
    async (psp) => {
      const end = ends[psp]!;
      const told = await orderTold(end, asMonthly(`due-${psp}`, 1), monthAgo + day);
      const [renewal] = told.flatMap(({ paid }) => (paid?.phase === 'renewal' ? [paid] : []));
      expect(await check(relay, psp)).toMatchObject({ polled: 1, found: 1 });
      expect(await relay.settled(psp, renewal!.order, renewal!.moneyId)).toMatchObject({ state: 'sent', phase: 'renewal' });
      expect(relay.counted()).toEqual([`${psp}:${renewal!.moneyId}`]);
      // The next one is due in a month.
      expect(await check(relay, psp)).toMatchObject({ polled: 0, found: 0 });
    },
  );

  it('is asked for again when six hours have passed, not before; and not at all once it has ended', async () => {
    const monthly = asMonthly('dunned');
    await orderTold(stripe, monthly, nowMs);
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 1, found: 0 });
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 0 });
    await askedLongAgo('stripe', 'sub_dunned');
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 1, found: 0 });
    await askedLongAgo('stripe', 'sub_dunned');
    await relay.post('/webhooks/stripe', ...ending('dunned', nowMs - minute));
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 0 });
  });

  it('turns out to have ended, and so its workflow says', async () => {
    await orderTold(stripe, asMonthly('ended'), nowMs);
    const endedMs = nowMs - 5 * hour;
    stripe.api.add([endingEvent('ended', endedMs)]);
    expect((await relay.api('GET', '/subscriptions/stripe/sub_ended')).body.status).not.toBe('ended');
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 1, found: 0 });
    await eventually(async () => expect((await relay.api('GET', '/subscriptions/stripe/sub_ended')).body.status).toBe('ended'));
    await askedLongAgo('stripe', 'sub_ended');
    expect(await check(relay, 'stripe')).toMatchObject({ polled: 0 });
  });

  function endingEvent(name: string, atMs: number) {
    const life = { type: 'subscription', subscriptionId: `sub_${name}`, customerId: `cus_${name}`, startMs: monthAgo } as const;
    const at = Math.floor(atMs / 1000);
    const object = { ...stripeSubscription(life, 'canceled'), ended_at: at, canceled_at: at };
    return stripeEvent('customer.subscription.deleted', object, { created: at, id: `evt_end_${name}` });
  }

  function ending(name: string, atMs: number): [string, Record<string, string>] {
    return stripe.signed(endingEvent(name, atMs));
  }
});

describe('a backfill', () => {
  const range = { from: iso(nowMs - 25 * day), to: iso(nowMs - 12 * hour) };
  const oldMs = nowMs - 20 * day;
  beforeAll(() => patch({ limitPurchaseEvents: true }));
  afterAll(() => patch({ limitPurchaseEvents: false }));

  const buysAgain = async (userId: string, name: string): Promise<void> => {
    const [again] = genericEventsOf({ type: 'lifetime', subscriptionId: name, userId, startMs: nowMs - minute });
    expect(await relay.generic(again!.event, `msg_${name}`)).toMatchObject({ status: 200 });
  };

  it('records what is too old without sending it, and sends what is not; who bought then may still buy', async () => {
    happen(stripe.eventsOf(sale('old', 'lifetime', oldMs)));
    happen(stripe.eventsOf(sale('recent', 'lifetime', nowMs - 2 * day)));
    const { found, isRead } = await backfill(relay, 'stripe', range);
    expect({ found, isRead }).toEqual({ found: 2, isRead: true });
    expect(await relay.settled('stripe', 'pi_old_0', 'pi_old_0')).toMatchObject({
      ...{ state: 'suppressed', reason: 'too_old', attempts: 0, amount: '19.99' },
    });
    expect(await relay.settled('stripe', 'pi_recent_0', 'pi_recent_0')).toMatchObject({ state: 'sent' });
    expect(relay.counted()).toEqual(['stripe:pi_recent_0']);
    await buysAgain('u_old', 'old-again');
    expect(await relay.settled('generic', 'pay_old-again_0', 'pay_old-again_0')).toMatchObject({ state: 'sent' });
  });

  it('remembers them as first purchases when it is told to, so that the limit knows the buyers of before', async () => {
    happen(stripe.eventsOf(sale('known', 'lifetime', oldMs)));
    expect(await backfill(relay, 'stripe', { ...range, rememberFirstPurchases: true })).toMatchObject({ found: 1 });
    expect(await relay.settled('stripe', 'pi_known_0', 'pi_known_0')).toMatchObject({ state: 'suppressed', reason: 'too_old' });
    await buysAgain('u_known', 'known-again');
    expect(await relay.settled('generic', 'pay_known-again_0', 'pay_known-again_0')).toMatchObject({
      ...{ state: 'suppressed', reason: 'limited', heldBy: { psp: 'stripe', moneyId: 'pi_known_0' } },
    });
    expect(relay.tiktok.events()).toEqual([]);
    const { body } = await relay.api('GET', '/users/u_known');
    expect(body.firstPurchase).toMatchObject({ psp: 'stripe', moneyId: 'pi_known_0', state: 'suppressed' });
  });

  it('may be told so later: the same dates once more remember, and change nothing else', async () => {
    happen(stripe.eventsOf(sale('later', 'lifetime', oldMs)));
    await backfill(relay, 'stripe', range);
    const before = await records(relay);
    expect(await backfill(relay, 'stripe', { ...range, rememberFirstPurchases: true })).toMatchObject({ found: 0 });
    expect(await records(relay)).toEqual(before);
    await buysAgain('u_later', 'later-again');
    expect(await relay.settled('generic', 'pay_later-again_0', 'pay_later-again_0')).toMatchObject({ reason: 'limited' });
  });

  it('shows how far it has come', async () => {
    happen(stripe.eventsOf(sale('shown', 'lifetime', nowMs - 2 * day)));
    stripe.failNext(1, { status: 429, retryAfter: '3' });
    const { status, body } = await relay.api('POST', '/backfill/stripe', range);
    expect(status).toBe(202);
    const handle = relay.services.client.workflow.getHandle(body.workflowId as string);
    expect(await handle.query('progress')).toMatchObject({ isRead: false, found: 0 });
    await handle.result();
    expect(await handle.query('progress')).toMatchObject({ isRead: true, found: 1, page: null, unreadable: 0 });
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toMatch(/\(read\)/);
    expect(currentDetails).toMatch(/\| \d+ \| 1 \| 0 \| 0 \|/);
    const described = await handle.describe();
    expect(described.raw.executionConfig?.userMetadata?.summary).toBeTruthy();
  });
});

describe('what is long', () => {
  it('is read over pages, and a worker that is stopped in the middle and started again finishes it without doubling', async () => {
    const count = 40;
    const told = Array.from({ length: count }, (_, index) =>
      stripe.eventsOf(sale(`many${index}`, 'lifetime', nowMs - 100 * minute + index * 30_000)),
    ).flat();
    happen(told);
    const asked = stripe.requests.length;
    const handle = await started(relay, 'stripe');
    await eventually(() => expect(relay.counted().length).toBeGreaterThan(10));
    await relay.stopWorker();
    const { status } = await handle.describe();
    expect(status.name).toBe('RUNNING');
    const soFar = relay.counted().length;
    expect(soFar).toBeLessThan(count);
    await relay.startWorker();
    expect(await handle.result()).toMatchObject({ found: count, isRead: true });
    await records(relay);
    expect(stripe.requests.slice(asked).filter((request) => request.includes('starting_after')).length).toBeGreaterThanOrEqual(2);
    expect(relay.tiktok.events().map(({ fate }) => fate)).toEqual(Array.from({ length: count }, () => 'counted'));
    expect(new Set(relay.counted()).size).toBe(count);
    expect(await check(relay, 'stripe')).toMatchObject({ found: 0 });
    expect(relay.tiktok.events()).toHaveLength(count);
  });
});
