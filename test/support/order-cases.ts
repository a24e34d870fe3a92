/** One buyer's order as a provider tells it, and what it must come to: in time, twice, and in any order within seconds. */
import type { PriceRole } from '../../src/domain/fact';
import { presets } from '../../src/domain/policy';
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { Settings } from '../../src/domain/settings';
import { mapStore } from './map-store';
import { orders } from './effort';
import { SimulatedRelay } from './simulated-relay';

export interface ToldEvent {
  readonly atMs: number;
  readonly body: unknown;
}

export interface OrderCase {
  readonly events: readonly ToldEvent[];
  /** Money id → `<phase> <amount in minor units>` of what is sent, or the reason why it is not. */
  readonly right: Readonly<Record<string, string>>;
  readonly prices?: Readonly<Record<string, PriceRole>>;
  readonly settings?: Partial<Settings>;
  /** Only in time: what came first nobody could know otherwise. */
  readonly isInTime?: boolean;
}

/** All starts of trials with their regular price. */
export const percentOfTrials: Partial<Settings> = {
  policy: {
    ...presets.default.policy,
    free_trial: { ...presets.default.policy.free_trial, trial_start: { send: true, value: { mode: 'percent', percent: 100 } } },
    paid_trial: { ...presets.default.policy.paid_trial, trial_start: { send: true, value: { mode: 'percent', percent: 100 } } },
  },
};

const longestWaitMs = 120_000;
const anyAge: Partial<Settings> = { maxEventAgeHours: 87_600 };

/** A test of one order. In another order of arrival, payments may exchange their phases. */
export function itComesTo(psp: string, title: string, { events, right, isInTime = false, ...relay }: OrderCase): void {
  const play = async (
    told: readonly ToldEvent[],
    settings: Partial<Settings> = {},
  ): Promise<Readonly<Record<string, string>>> => {
    const played = new SimulatedRelay({
      store: mapStore(),
      startMs: told[0]!.atMs,
      prices: relay.prices ?? {},
      settings: { ...relay.settings, ...settings },
    });
    for (const { body, atMs } of told) await played.receives(psp, body, { atMs });
    await played.passes(longestWaitMs);
    const rows = Object.values(await played.records());
    expect(played.sent()).toHaveLength(rows.filter(({ state }) => state === 'sent').length);
    return Object.fromEntries(rows.map((record) => [record.moneyId, outcomeOf(record)]));
  };

  it(title, async () => {
    expect(await play(events)).toEqual(right);
    expect(await play(events.flatMap((event) => [event, event]))).toEqual(right);
    if (isInTime) return;
    const lastMs = Math.max(...events.map(({ atMs }) => atMs)) + 60_000;
    const all = events.length <= mostPermuted ? orders(events) : [[...events].reverse(), ...rotations(events)];
    for (const order of all) {
      const outcomes = await play(
        order.map((event, nth) => ({ ...event, atMs: lastMs + nth * 900 })),
        anyAge,
      );
      expect(withoutPhases(outcomes)).toEqual(withoutPhases(right));
      expect(phasesOf(outcomes)).toEqual(phasesOf(right));
    }
  });
}

const mostPermuted = 4;

function rotations<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.map((_, at) => [...items.slice(at), ...items.slice(0, at)]);
}

function outcomeOf({ phase, state, reason, value }: PurchaseRecord): string {
  return state === 'sent' ? `${String(phase)} ${value?.amountMinor ?? 'without value'}` : (reason ?? state);
}

function withoutPhases(outcomes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(outcomes).map(([moneyId, outcome]) => [moneyId, outcome.replace(/^\S+ (?=\d)/, '')]);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

function phasesOf(outcomes: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(outcomes)
    .flatMap((outcome) => /^(\S+) \d/.exec(outcome)?.[1] ?? [])
    .sort();
}
