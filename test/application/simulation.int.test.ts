/**
 * Simulations of what the service has really recorded: webhooks through ingestion, `transition` and the report's activity into the real
 * store. The oracle is the service itself: what it records under other settings is what the simulation has to foretell.
 */
import { countHere, createSimulator, type Simulation } from '../../src/application/simulation';
import fc from 'fast-check';
import { dayMs, hourMs } from '../../src/domain/duration';
import { presets } from '../../src/domain/policy';
import { sampleId } from '../../src/domain/sample';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { runs } from '../support/effort';
import { holding } from '../support/held-orders';
import { defaultStartMs, type SimulatedRelay } from '../support/simulated-relay';
import { closeSharedStore, sharedStore, simulatedRelay } from '../support/stored-relay';

afterAll(closeSharedStore);

interface Sale {
  readonly atMs: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A shop's month: buyers from TikTok and others, with one to three orders of all kinds, some of which do not last, from a seed. */
function shop(seed: number, { refunds = false } = {}): readonly Sale[] {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const sales: Sale[] = [];
  const sell = (atMs: number, body: Sale['body']): void =>
    void sales.push({ atMs: atMs + 1_500, body: { ...body, occurred_at: new Date(atMs).toISOString() } });
  for (let buyer = 0; buyer < 5; buyer += 1) {
    const orders = 1 + random(3);
    const metadata = { user_id: `user-${seed}-${buyer}`, ...(random(2) === 0 ? { ttclid: `E.C.P.click-${seed}-${buyer}` } : {}) };
    for (let order = 0; order < orders; order += 1) {
      const type = (['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const)[random(4)] ?? 'subscription';
      const id = `${seed}_${buyer}_${order}`;
      const startMs = defaultStartMs + random(20 * 24) * 3_600_000 + random(3_600_000);
      const kinds =
        type === 'lifetime'
          ? ['one_off']
          : [...(type === 'subscription' ? [] : ['trial_start']), 'conversion', 'renewal', 'renewal'].slice(0, 1 + random(4));
      // Within a hold or after it; some buyers pay early.
      const early = type !== 'lifetime' && type !== 'subscription' ? random(3) : 2;
      for (const [index, kind] of kinds.entries()) {
        const amount = kind === 'trial_start' ? (type === 'free_trial' ? '0' : '1.00') : random(8) === 0 ? '0' : '19.99';
        sell(startMs + (index === 1 && early === 0 ? random(48 * 3_600_000) : index * 7 * dayMs), {
          ...{ kind, money_id: `pay_${id}_${index}`, purchase_type: type, amount, currency: 'USD', metadata },
          ...(kind === 'one_off' ? {} : { subscription_id: `sub_${id}` }),
        });
      }
      if (kinds[0] !== 'trial_start') continue;
      const what = (['nothing', 'nothing', 'cancelled', 'ended', 'payment_failed', 'refund'] as const)[random(6)] ?? 'nothing';
      const atMs = startMs + random(40 * 3_600_000);
      const of = what === 'refund' ? { money_id: `pay_${id}_0`, amount: random(2) === 0 ? '1.00' : '0.40', currency: 'USD' } : {};
      if (what !== 'nothing' && (what !== 'refund' || refunds)) sell(atMs, { kind: what, subscription_id: `sub_${id}`, ...of });
    }
  }
  return sales.sort((a, b) => a.atMs - b.atMs);
}

async function played(
  sales: readonly Sale[],
  settings: Partial<Settings>,
  boughtBefore: readonly string[] = [],
): Promise<SimulatedRelay> {
  const relay = await simulatedRelay({ settings });
  const { integration } = relay;
  const buyers = boughtBefore.map((id) => ({
    keys: [relay.keys.userId(integration, id)],
    firstPurchaseAtMs: defaultStartMs - 90 * dayMs,
  }));
  await (await sharedStore()).buyerImports.take(integration, buyers, defaultStartMs);
  // The versions that decide are in the store, as a service has them.
  await (await sharedStore()).settings.load(relay.integration, relay.settings);
  for (const { atMs, body } of sales) await relay.receives('generic', body, { atMs });
  await relay.passes(4 * dayMs);
  return relay;
}

const period = { fromMs: defaultStartMs, toMs: defaultStartMs + 90 * dayMs };

async function simulated(relay: SimulatedRelay, settings: Partial<Settings>, within = period): Promise<Simulation> {
  const { accessToken: _secret, ...now } = relay.settings;
  const simulator = createSimulator({ buyers: (await sharedStore()).recordedBuyers, count: countHere });
  const { integration, nowMs } = relay;
  return simulator.simulate({
    integration,
    settings: { ...now, ...settings },
    ...within,
    nowMs,
    signal: new AbortController().signal,
  });
}

const of = ({ state, reason, value, eventName }: Pick<PurchaseRecord, 'state' | 'reason' | 'value' | 'eventName'>) =>
  state === 'sent' ? { state, eventName, value } : { state, reason };

const variants = {
  'no limit': {},
  limit: { limitPurchaseEvents: true },
  'limit, free trials once': { limitPurchaseEvents: true, limitFreeTrials: 'first_order' },
  'no renewals': { policy: presets.renewals_off.policy },
  'names by phase, zero amounts too': { policy: presets.split.policy, sendZeroValue: true },
  'held for a day': { policy: presets.qualified_trials.policy },
  'held for three hours': { policy: holding(3) },
  'limit, held for three days': { limitPurchaseEvents: true, policy: holding(72) },
  'buyers from TikTok': { attributedOnly: true },
  'buyers from TikTok, limit, held for a day': {
    attributedOnly: true,
    limitPurchaseEvents: true,
    policy: presets.qualified_trials.policy,
  },
  'limit and no trial starts': {
    limitPurchaseEvents: true,
    policy: {
      ...presets.default.policy,
      paid_trial: { ...presets.default.policy.paid_trial, trial_start: { send: false } },
      free_trial: { ...presets.default.policy.free_trial, trial_start: { send: true, value: { mode: 'percent', percent: 30 } } },
    },
  },
} as const satisfies Readonly<Record<string, Partial<Settings>>>;

/** Variants that keep trial starts back otherwise than by a hold. */
const keepBackOtherwise = new Set<keyof typeof variants>([
  ...(['limit', 'limit, free trials once', 'limit and no trial starts', 'limit, held for three days'] as const),
  ...(['buyers from TikTok', 'buyers from TikTok, limit, held for a day'] as const),
]);

/** What a simulation with the settings `to` makes of a shop that was played under `from` is what the service records of it under `to`. */
async function foretells(
  seed: number,
  from: keyof typeof variants,
  to: keyof typeof variants,
  boughtBefore: readonly string[] = [],
): Promise<void> {
  // What was kept back and given back later stays as its record says.
  const sales = shop(seed, { refunds: [from, to].every((name) => !keepBackOtherwise.has(name)) });
  const relay = await played(sales, variants[from], boughtBefore);
  const other = await (await played(sales, variants[to], boughtBefore)).records();
  const { limitPurchaseEvents, limitFreeTrials, policy, sendZeroValue, attributedOnly } = defaultSettings;
  const { differences, cells, totals, payments } = await simulated(relay, {
    ...{ limitPurchaseEvents, limitFreeTrials, policy, sendZeroValue, attributedOnly },
    ...variants[to],
  });
  const after = new Map(differences.items.map(({ record, after }) => [record.moneyId, of(after)]));
  const foretold = Object.fromEntries(
    Object.entries(await relay.records()).map(([moneyId, record]) => [moneyId, after.get(moneyId) ?? of(record)]),
  );
  expect(foretold).toEqual(Object.fromEntries(Object.entries(other).map(([moneyId, record]) => [moneyId, of(record)])));
  const records = Object.values(other);
  expect(payments).toBe(records.length);
  expect(cells.reduce((sum, cell) => sum + cell.after.sent, 0)).toBe(records.filter(({ state }) => state === 'sent').length);
  for (const { state, reason, after } of totals)
    expect([state, reason, after]).toEqual([
      state,
      reason,
      records.filter((one) => one.state === state && (one.state === 'sent' || one.reason === reason)).length,
    ]);
}

describe('a simulation', () => {
  it.each(Object.entries(variants))('with the same settings changes nothing: %s', async (_name, settings) => {
    const relay = await played(shop(7), settings);
    const { differences, payments } = await simulated(relay, {});
    expect(differences).toEqual({ total: 0, items: [] });
    expect(payments).toBe(Object.keys(await relay.records()).length);
  });

  it.each([
    [1, 'no limit', 'limit'],
    [2, 'limit', 'no limit'],
    [3, 'no limit', 'limit, free trials once'],
    [4, 'no renewals', 'limit and no trial starts'],
    [5, 'limit', 'names by phase, zero amounts too'],
    [6, 'no limit', 'held for a day'],
    [8, 'held for a day', 'no limit'],
    [9, 'limit', 'limit, held for three days'],
    [10, 'limit, held for three days', 'held for three hours'],
    [11, 'no limit', 'buyers from TikTok'],
    [12, 'buyers from TikTok', 'limit'],
    [13, 'limit', 'buyers from TikTok, limit, held for a day'],
    [14, 'buyers from TikTok, limit, held for a day', 'no limit'],
  ] as const)('foretells what the service records: shop %i, %s → %s', (seed, from, to) => foretells(seed, from, to));

  it.each([
    [1, 'no limit', 'limit'],
    [2, 'limit', 'no limit'],
    [3, 'no limit', 'limit, free trials once'],
    [9, 'limit', 'limit, held for three days'],
  ] as const)('foretells it of a shop of whose buyers some bought before: shop %i, %s → %s', async (seed, from, to) =>
    foretells(seed, from, to, [`user-${seed}-0`, `user-${seed}-2`, `user-${seed}-3`]),
  );

  it('foretells it of any shop', async () => {
    const names = fc.constantFrom(...(Object.keys(variants) as (keyof typeof variants)[]));
    const any = fc.asyncProperty(fc.integer({ min: 100, max: 1_000_000 }), names, names, (seed, from, to) =>
      foretells(seed, from, to),
    );
    await fc.assert(any, { numRuns: runs(10), endOnFailure: true });
  });

  it('holds until now: what would not be over yet would still be held', async () => {
    const atMs = defaultStartMs + dayMs;
    const trial = {
      subscription_id: 'sub_1',
      purchase_type: 'paid_trial',
      amount: '1.00',
      currency: 'USD',
      metadata: { user_id: 'ada' },
    };
    const sold = { kind: 'trial_start', money_id: 'pay_1', occurred_at: new Date(atMs).toISOString(), ...trial };
    const relay = await played([{ atMs: atMs + 1_000, body: sold }], {});
    relay.nowMs = atMs + 23 * hourMs;
    const { differences, cells } = await simulated(relay, { policy: holding(24) });
    expect(differences.items.map(({ before, after }) => [before.state, after.state, after.reason])).toEqual([
      ['sent', 'pending', null],
    ]);
    expect(cells).toMatchObject([{ before: { payments: 1, sent: 1 }, after: { payments: 1, sent: 1 } }]);
    relay.nowMs = atMs + 24 * hourMs;
    expect((await simulated(relay, { policy: holding(24) })).differences.total).toBe(0);
  });

  it('says what holding trials would have kept back, and what then goes through the limit', async () => {
    const at = (hours: number): string => new Date(defaultStartMs + hours * hourMs).toISOString();
    const order = { subscription_id: 'sub_1', purchase_type: 'paid_trial', metadata: { user_id: 'ada' } };
    const told = [
      { kind: 'trial_start', money_id: 'pay_1', occurred_at: at(1), amount: '1.00', currency: 'USD', ...order },
      { kind: 'cancelled', occurred_at: at(4), ...order },
      { kind: 'conversion', money_id: 'pay_2', occurred_at: at(170), amount: '19.99', currency: 'USD', ...order },
    ];
    const relay = await played(
      told.map((body) => ({ atMs: Date.parse(body.occurred_at) + 1_000, body })),
      { limitPurchaseEvents: true },
    );
    const { differences, cells, totals } = await simulated(relay, { policy: holding(24) });
    expect(
      differences.items.map(({ record, before, after }) => [record.moneyId, before.reason, after.state, after.reason]),
    ).toEqual([
      ['pay_2', 'limited', 'sent', null],
      ['pay_1', null, 'suppressed', 'cancelled_in_hold'],
    ]);
    expect(cells.map(({ phase, before, after }) => [phase, before.sent, after.sent, after.valueMinor.get('USD')])).toEqual([
      ['trial_start', 1, 0, undefined],
      ['conversion', 0, 1, 1_999n],
    ]);
    expect(totals).toEqual([
      { state: 'sent', reason: null, before: 1, after: 1 },
      { state: 'suppressed', reason: 'limited', before: 1, after: 0 },
      { state: 'suppressed', reason: 'cancelled_in_hold', before: 0, after: 1 },
    ]);
  });

  it.each([
    ['its own click', { ttclid: 'E.C.P.own' }, true],
    ['no click', {}, false],
  ])('asks the kept identity of a buyer whom no delivery told of: with %s', async (_what, click, isSent) => {
    const metadata = { user_id: 'ada', email: 'ada@example.com', ...click };
    const sold = { kind: 'one_off', money_id: 'pay_1', purchase_type: 'lifetime', amount: '5.00', currency: 'USD', metadata };
    const body = { ...sold, occurred_at: new Date(defaultStartMs).toISOString() };
    const { policy } = defaultSettings;
    const relay = await played([{ atMs: defaultStartMs + 1_000, body }], {
      policy: { ...policy, lifetime: { conversion: { send: false } } },
    });
    const { totals } = await simulated(relay, { policy, attributedOnly: true });
    expect(totals.filter(({ after }) => after > 0)).toEqual([
      isSent
        ? { state: 'sent', reason: null, before: 0, after: 1 }
        : { state: 'suppressed', reason: 'not_attributed', before: 0, after: 1 },
    ]);
  });

  it('counts a first purchase from before its period, and decides payments of the period only', async () => {
    const sale = (moneyId: string, subscription: string, day: number): Sale => {
      const atMs = defaultStartMs + day * dayMs;
      return {
        atMs: atMs + 1_000,
        body: {
          ...{ kind: 'conversion', money_id: moneyId, subscription_id: subscription, purchase_type: 'subscription' },
          ...{ amount: '5.00', currency: 'EUR', occurred_at: new Date(atMs).toISOString(), metadata: { user_id: 'ada' } },
        },
      };
    };
    const relay = await played([sale('pay_old', 'sub_old', 0), sale('pay_new', 'sub_new', 10)], {});
    const within = { fromMs: defaultStartMs + 5 * dayMs, toMs: defaultStartMs + 20 * dayMs };
    const { cells, totals, differences } = await simulated(relay, { limitPurchaseEvents: true }, within);
    expect(differences.items.map(({ record, after }) => [record.moneyId, after.reason, after.heldBy?.moneyId])).toEqual([
      ['pay_new', 'limited', 'pay_old'],
    ]);
    expect(cells).toEqual([
      {
        ...{ purchaseType: 'subscription', phase: 'conversion' },
        before: { payments: 1, sent: 1, valueMinor: new Map([['EUR', 500n]]) },
        after: { payments: 1, sent: 0, valueMinor: new Map() },
      },
    ]);
    expect(totals).toEqual([
      { state: 'sent', reason: null, before: 1, after: 0 },
      { state: 'suppressed', reason: 'limited', before: 0, after: 1 },
    ]);
  });

  it('leaves out samples: nobody bought anything', async () => {
    const body = {
      ...{ kind: 'one_off', purchase_type: 'lifetime', amount: '19.99', currency: 'USD' },
      ...{ occurred_at: new Date(defaultStartMs + 1_000).toISOString(), metadata: { user_id: 'somebody' } },
    };
    const sample = { ...body, money_id: `${sampleId(defaultStartMs, '0a1b2c3d')}_1`, metadata: { user_id: 'nobody' } };
    const relay = await played(
      [
        { atMs: defaultStartMs + 2_000, body: { ...body, money_id: 'pay_real' } },
        { atMs: defaultStartMs + 3_000, body: sample },
      ],
      {},
    );
    const { payments, totals } = await simulated(relay, {});
    expect(payments).toBe(1);
    expect(totals).toEqual([{ state: 'sent', reason: null, before: 1, after: 1 }]);
  });

  it('stops when nobody waits for it any more', async () => {
    const relay = await played(shop(4), {});
    const simulator = createSimulator({ buyers: (await sharedStore()).recordedBuyers, count: countHere });
    const { accessToken: _secret, ...settings } = relay.settings;
    const gone = new AbortController();
    const running = simulator.simulate({
      ...{ integration: relay.integration, settings, ...period, nowMs: relay.nowMs },
      signal: gone.signal,
    });
    gone.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});
