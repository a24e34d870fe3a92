/**
 * Weeks of checks on a simulated account: a third of the webhooks are lost, settlements are slow, the provider fails now and then. Real
 * readers and API clients against the providers' stand-ins, the real ingestion, a clock that is moved, a store in memory.
 */
import type { CheckAccountDeps } from '../../activities/check-account';
import { createCheckAccount } from '../../activities/check-account';
import { createIngestion } from '../../src/application/ingestion';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { PurchaseType } from '../../src/domain/fact';
import { isPayment } from '../../src/domain/fact';
import { defaultSettings } from '../../src/domain/settings';
import type { PspAdapter, PspApi, ReadFact } from '../../src/psp/adapter';
import { PspApiError } from '../../src/psp/adapter';
import { paddle } from '../../src/psp/paddle';
import { paypal } from '../../src/psp/paypal';
import { primer } from '../../src/psp/primer';
import { solidgate } from '../../src/psp/solidgate';
import { stripe } from '../../src/psp/stripe';
import { startPaddleApi } from '../../sandbox/paddle/api';
import { paddleEventsOf } from '../../sandbox/paddle/webhooks';
import { startPaypalApi } from '../../sandbox/paypal/api';
import { paypalEventsOf } from '../../sandbox/paypal/webhooks';
import { startPrimerApi } from '../../sandbox/primer/api';
import { primerEventsOf } from '../../sandbox/primer/webhooks';
import type { SaleScenario } from '../../sandbox/sale-scenario';
import { startSolidgateApi } from '../../sandbox/solidgate/api';
import { solidgateEventsOf } from '../../sandbox/solidgate/webhooks';
import { startStripeApi } from '../../sandbox/stripe/api';
import { stripeEventsOf } from '../../sandbox/stripe/webhooks';
import { checkMemory } from '../support/check-memory';
import { runs } from '../support/effort';
import { dice } from '../support/provider-stubs';
import { unshared } from '../support/unshared';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** At five times the usual effort all of it: 30 days, 1,000 subscriptions, a check every ten minutes. Else less of it, every 20 minutes. */
const isWhole = runs(10) >= 50;
const days = isWhole ? 30 : 12;
const subscriptions = isWhole ? 1_000 : runs(300);
const everyMs = isWhole ? 10 * minute : 20 * minute;
const beganMs = Date.UTC(2026, 9, 1);
const types: readonly PurchaseType[] = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];

/** Something that the provider tells, and when: its webhook comes then, unless it is lost. */
interface Told {
  readonly atMs: number;
  readonly happen: () => void;
  readonly facts: readonly ReadFact[];
}

interface Account {
  readonly api: () => PspApi;
  /** What the provider tells of one sale; `laterMs` is how much longer the payment takes to settle. */
  readonly tell: (sale: SaleScenario, laterMs: number) => readonly Told[];
  readonly asked: () => number;
  readonly failNext: () => void;
  readonly close: () => Promise<void>;
}

const context = { roleOf: () => undefined };

function factsOf(adapter: PspAdapter, event: unknown, headers = {}): readonly ReadFact[] {
  const reading = adapter.read(event, context, headers);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  return reading.kind === 'facts' ? reading.facts : [];
}

function opened(adapter: PspAdapter, key: string, baseUrl: string, nowMs: () => number): () => PspApi {
  const api = adapter.api!({ keys: [key], baseUrl, context, fetch, nowMs });
  return () => api;
}

const accounts: Readonly<Record<string, (nowMs: () => number) => Promise<Account>>> = {
  async stripe(nowMs) {
    const server = await startStripeApi({ keys: ['rk_1'], nowMs });
    return {
      api: opened(stripe, 'rk_1', server.url, nowMs),
      tell: (sale, laterMs) =>
        stripeEventsOf(sale).map(({ event }) => {
          // The event is written when the invoice is paid.
          const isPaid = factsOf(stripe, event).some(({ fact }) => isPayment(fact));
          const later = { ...event, created: event.created + (isPaid ? laterMs / 1_000 : 0) };
          return { atMs: later.created * 1_000, happen: () => server.add([later]), facts: factsOf(stripe, later) };
        }),
      asked: () => server.requests.length,
      failNext: () => server.failNext(1, { kind: 'status', status: 500 }),
      close: () => server.close(),
    };
  },
  async paypal(nowMs) {
    const server = await startPaypalApi({ keys: ['id:secret'], nowMs });
    return {
      api: opened(paypal, 'id:secret', server.url, nowMs),
      tell: (sale, laterMs) =>
        paypalEventsOf({ ...sale, subscriptionId: `I-${sale.subscriptionId}` }).map(({ phase, event }) => {
          const atMs = Date.parse(event.create_time) + (phase === 'state' ? 0 : laterMs);
          const later = { ...event, create_time: new Date(atMs).toISOString() };
          return { atMs, happen: () => server.add(later), facts: factsOf(paypal, later) };
        }),
      asked: () => server.requests.length,
      failNext: () => server.failNext(1, { kind: 'status', status: 500 }),
      close: () => server.close(),
    };
  },
  async primer(nowMs) {
    const server = await startPrimerApi({ keys: ['key'], nowMs });
    return {
      api: opened(primer, 'key', server.url, nowMs),
      tell: (sale, laterMs) =>
        primerEventsOf(sale).map(({ phase, event }) => {
          const atMs = Date.parse(`${event.date}Z`) + (phase === 'state' ? 0 : laterMs);
          return { atMs, happen: () => server.add({ ...event }), facts: factsOf(primer, event) };
        }),
      asked: () => server.requests.length,
      failNext: () => server.failNext(1, { kind: 'status', status: 500 }),
      close: () => server.close(),
    };
  },
  async paddle(nowMs) {
    const server = await startPaddleApi({ keys: ['pdl_1'], nowMs });
    return {
      api: opened(paddle, 'pdl_1', server.url, nowMs),
      tell: (sale) =>
        paddleEventsOf(sale).map(({ event }) => ({
          atMs: Date.parse(event.occurred_at),
          happen: () => server.add(event),
          facts: factsOf(paddle, event),
        })),
      asked: () => server.requests.length,
      failNext: () => server.failNext(1, { kind: 'status', status: 500 }),
      close: () => server.close(),
    };
  },
  async solidgate(nowMs) {
    const server = await startSolidgateApi({ keys: ['pk:sk'] });
    return {
      api: opened(solidgate, 'pk:sk', server.url, nowMs),
      tell: (sale) =>
        solidgateEventsOf(sale).map((told) => ({
          atMs: Date.parse(told.headers['solidgate-event-created-at'] ?? ''),
          happen: () => server.add(told),
          facts: factsOf(solidgate, told.event, told.headers),
        })),
      asked: () => server.requests.length,
      failNext: () => server.failNext({ status: 500 }),
      close: () => server.close(),
    };
  },
};

/** Sales that begin before and during the simulated time. */
function salesOf(psp: string, roll: () => number): readonly SaleScenario[] {
  return Array.from({ length: subscriptions }, (_, index): SaleScenario => {
    const name = `${psp}${index}`;
    const startMs = beganMs + Math.floor((roll() * (days + 30) - 30) * (day / 1_000)) * 1_000;
    return {
      ...{ type: types[index % types.length]!, subscriptionId: `sub_${name}`, customerId: `cus_${name}`, userId: `u_${name}` },
      // Every tenth stops paying, and nobody says so.
      ...{ startMs, currency: 'USD', amountMinor: 1_999, renewals: index % 10 === 0 ? 0 : 2 },
    };
  });
}

/** Most settle at once, some in hours, a few in a week. */
function settlement(roll: () => number): number {
  const luck = roll();
  if (luck < 0.8) return 0;
  return Math.floor(luck < 0.95 ? roll() * 6 * 3_600 : roll() * 8 * 86_400) * 1_000;
}

interface Found {
  readonly atMs: number;
  readonly by: 'webhook' | 'check';
  /** As JSON: of one payment several events may tell, in different words. */
  readonly fact: string;
}

/** The simulated account: the clock, what is told to whom, and the checks. */
async function simulate(psp: string) {
  const roll = dice(20_261_128);
  const clock = { nowMs: beganMs };
  const nowMs = (): number => clock.nowMs;
  const account = await accounts[psp]!(nowMs);
  const { store, paid } = checkMemory();
  const visible = new Map<string, number>();
  const signals = new Map<string, Found[]>();
  let by: Found['by'] = 'webhook';
  const ingestion = createIngestion({
    ...store,
    settings: async () => defaultSettings,
    keys: createUserKeys('pepper'),
    telemetry: { factSignalled: () => undefined, usersJoined: () => undefined },
    note: (integration, hashes) => void store.signalledFacts.mark(integration, hashes, 0),
    nowMs,
    async signal(_order, { fact }) {
      if (!isPayment(fact)) return;
      signals.set(fact.moneyId, [...(signals.get(fact.moneyId) ?? []), { atMs: clock.nowMs, by, fact: JSON.stringify(fact) }]);
    },
  });
  const ref = { integration: 'default', psp };
  let failed = 0;
  const deps: CheckAccountDeps = {
    ...store,
    api: async () => account.api(),
    ...{ ingestion, shared: unshared(ingestion), otherReaders: async () => [] },
    telemetry: { checkFinished: ({ error }) => void (failed += error === null ? 0 : 1) },
    heartbeat: () => undefined,
    maxEventAgeHours: async () => 168,
    lastHeartbeat: () => undefined,
    nowMs,
  };
  const { planCheck, checkPage, pollOverdue, finishCheck } = createCheckAccount(deps);

  async function check(): Promise<void> {
    const window = await planCheck(ref);
    const progress = { window, page: null, facts: 0, found: 0, polled: 0, unreadable: 0 };
    const how = { rememberFirstPurchases: false, signalsAgain: false };
    try {
      let read = await checkPage({ ...ref, window, page: null, ...how });
      while (!(read.isLast ?? false))
        read = await checkPage({ ...ref, window, page: read.nextPage, reading: read.reading, ...how });
      for (let hasMore = true; hasMore;) ({ hasMore } = await pollOverdue({ ...ref, nowMs: clock.nowMs }));
      await finishCheck({ ...ref, progress: { ...progress, isRead: true }, error: null });
    } catch (error) {
      if (!(error instanceof Error) || error instanceof PspApiError) throw error;
      await finishCheck({ ...ref, progress: { ...progress, isRead: false }, error: error.message });
    }
  }

  const told = salesOf(psp, roll)
    .flatMap((sale) => {
      // The lists show a thing some minutes after its webhook, things in their order.
      const lagMs = Math.floor(roll() * 15 * 60) * 1_000;
      return account.tell(sale, settlement(roll)).map((one) => ({ ...one, lagMs }));
    })
    .filter(({ atMs }) => atMs < beganMs + days * day)
    .flatMap(({ lagMs, ...one }) => [
      { ...one, isListed: false },
      { ...one, atMs: one.atMs + lagMs, isListed: true },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  // What was before is the provider's history: nobody told us, and no check looks for it.
  const history = new Set<string>();
  for (let next = told[0]; next && next.atMs < beganMs; next = told[0]) {
    told.shift();
    next.happen();
    for (const { fact } of next.facts) if (isPayment(fact)) history.add(fact.moneyId);
  }
  const lost = new Set<Told['happen']>();
  const perDay: number[] = [];
  let before = 0;
  for (let checks = 0; clock.nowMs < beganMs + days * day + hour; checks += 1) {
    for (let next = told[0]; next && next.atMs <= clock.nowMs; next = told[0]) {
      told.shift();
      if (next.isListed) {
        next.happen();
        for (const { fact } of next.facts)
          if (isPayment(fact) && !history.has(fact.moneyId))
            visible.set(fact.moneyId, Math.min(visible.get(fact.moneyId) ?? Infinity, next.atMs));
      } else if (roll() < 0.3) lost.add(next.happen);
      else await ingestion.accept('default', psp, next.facts);
    }
    by = 'check';
    if (roll() < 0.02) account.failNext();
    await check();
    by = 'webhook';
    clock.nowMs += everyMs;
    if (clock.nowMs % day === 0) perDay.push(account.asked() - before);
    if (clock.nowMs % day === 0) before = account.asked();
  }
  await account.close();
  return { visible, signals, paid, perDay, failed, lost: lost.size, history };
}

/**
 * The most requests that a day of checks may make of each provider: so many for each check (its lists), and so many for each payment and
 * each overdue subscription (asked every six hours). Stripe allows 100 a second, Paddle 240 a minute; PayPal, Primer and Solidgate name
 * no limit.
 */
const most: Readonly<Record<string, { readonly perCheck: number; readonly perPayment: number }>> = {
  stripe: { perCheck: 1.5, perPayment: 3 },
  paypal: { perCheck: 1.5, perPayment: 3 },
  primer: { perCheck: 2.5, perPayment: 2 },
  paddle: { perCheck: 3.5, perPayment: 3 },
  solidgate: { perCheck: 3.5, perPayment: 3 },
};

/** A whole month of checks takes some minutes per provider. */
jest.setTimeout(1_800_000);

it.each(Object.keys(accounts))('weeks of %s: all is found within the hour, nothing twice, with few requests', async (psp) => {
  const { visible, signals, paid, perDay, failed, lost, history } = await simulate(psp);
  expect(visible.size).toBeGreaterThan(subscriptions / 10);
  expect(lost).toBeGreaterThan(0);
  expect(failed).toBeGreaterThan(0);

  const late = [...visible].flatMap(([moneyId, atMs]) => {
    const first = signals.get(moneyId)?.[0];
    return first && first.atMs - atMs <= hour ? [] : [{ moneyId, visible: atMs, first }];
  });
  expect(late).toEqual([]);
  expect([...paid].filter((id) => !visible.has(id) && !history.has(id))).toEqual([]);
  // A check tells of a payment only what no webhook has told, and that once.
  const twice = [...signals].filter(([, found]) => {
    const told = found.filter(({ by }) => by === 'check').map(({ fact }) => fact);
    return new Set(told).size < told.length;
  });
  expect(twice).toEqual([]);

  const checksPerDay = day / everyMs;
  const paymentsPerDay = visible.size / days;
  const { perCheck, perPayment } = most[psp]!;
  const mean = perDay.reduce((sum, one) => sum + one, 0) / perDay.length;
  process.stdout.write(
    `${psp}: ${visible.size} payments, ${lost} webhooks lost, ${failed} checks failed; ${Math.round(mean)} requests a day (at most ${Math.max(...perDay)}) with ${checksPerDay} checks and ${Math.round(paymentsPerDay)} payments a day\n`,
  );
  expect(mean).toBeLessThan(checksPerDay * perCheck + paymentsPerDay * perPayment + 10);
});
