/**
 * Simulations of what the service has really recorded: webhooks through ingestion, `transition` and the report's activity into the real
 * store. The oracle is the service itself: what it records under other settings is what the simulation has to foretell.
 */
import { countHere, createSimulator, type Simulation } from '../../src/application/simulation';
import { dayMs } from '../../src/domain/duration';
import { presets } from '../../src/domain/policy';
import { sampleId } from '../../src/domain/sample';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { defaultStartMs, type SimulatedRelay } from '../support/simulated-relay';
import { closeSharedStore, sharedStore, simulatedRelay } from '../support/stored-relay';

afterAll(closeSharedStore);

interface Sale {
  readonly atMs: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A shop's month: buyers with one to three orders of all kinds, from a seed. */
function shop(seed: number): readonly Sale[] {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const sales: Sale[] = [];
  for (let buyer = 0; buyer < 5; buyer += 1) {
    const orders = 1 + random(3);
    for (let order = 0; order < orders; order += 1) {
      const type = (['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const)[random(4)] ?? 'subscription';
      const id = `${seed}_${buyer}_${order}`;
      const startMs = defaultStartMs + random(20 * 24) * 3_600_000 + random(3_600_000);
      const kinds =
        type === 'lifetime'
          ? ['one_off']
          : [...(type === 'subscription' ? [] : ['trial_start']), 'conversion', 'renewal', 'renewal'].slice(0, 1 + random(4));
      for (const [index, kind] of kinds.entries()) {
        const atMs = startMs + index * 7 * dayMs;
        const amount = kind === 'trial_start' ? (type === 'free_trial' ? '0' : '1.00') : random(8) === 0 ? '0' : '19.99';
        const body = {
          ...{ kind, money_id: `pay_${id}_${index}`, purchase_type: type, amount, currency: 'USD' },
          ...(kind === 'one_off' ? {} : { subscription_id: `sub_${id}` }),
          occurred_at: new Date(atMs).toISOString(),
          metadata: { user_id: `user-${seed}-${buyer}` },
        };
        sales.push({ atMs: atMs + 1_500, body });
      }
    }
  }
  return sales.sort((a, b) => a.atMs - b.atMs);
}

async function played(sales: readonly Sale[], settings: Partial<Settings>): Promise<SimulatedRelay> {
  const relay = await simulatedRelay({ settings });
  for (const { atMs, body } of sales) await relay.receives('generic', body, { atMs });
  await relay.passes(dayMs);
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
  'limit and no trial starts': {
    limitPurchaseEvents: true,
    policy: {
      ...presets.default.policy,
      paid_trial: { ...presets.default.policy.paid_trial, trial_start: { send: false } },
      free_trial: { ...presets.default.policy.free_trial, trial_start: { send: true, value: { mode: 'percent', percent: 30 } } },
    },
  },
} as const satisfies Readonly<Record<string, Partial<Settings>>>;

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
  ] as const)('foretells what the service records: shop %i, %s → %s', async (seed, from, to) => {
    const sales = shop(seed);
    const relay = await played(sales, variants[from]);
    const other = await (await played(sales, variants[to])).records();
    const { limitPurchaseEvents, limitFreeTrials, policy, sendZeroValue } = defaultSettings;
    const { differences } = await simulated(relay, {
      limitPurchaseEvents,
      limitFreeTrials,
      policy,
      sendZeroValue,
      ...variants[to],
    });
    const after = new Map(differences.items.map(({ record, after }) => [record.moneyId, of(after)]));
    const foretold = Object.fromEntries(
      Object.entries(await relay.records()).map(([moneyId, record]) => [moneyId, after.get(moneyId) ?? of(record)]),
    );
    expect(foretold).toEqual(Object.fromEntries(Object.entries(other).map(([moneyId, record]) => [moneyId, of(record)])));
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
