/** What webhooks lost is found, once, by checks; and the account adds up. Only the far ends are stand-ins. */
import { decimalFromMinor, decimalNumber } from '../../src/domain/money';
import type { FarEnd, Paid, Sale, ProviderEvent } from '../support/provider-stubs';
import { dice, paddleEnd, paypalEnd, primerEnd, shuffled, solidgateEnd, stripeEnd } from '../support/provider-stubs';
import {
  backfill,
  check,
  day,
  dayBeganMs,
  deliver,
  iso,
  lookedUntil,
  minute,
  nowMs,
  records,
  relayWith,
  report,
} from '../support/checking';
import type { Relay } from '../support/relay';

/** Each buys in the day that is played; who bought before is at the next payment. */
const customers = [
  { type: 'subscription', sinceMs: 0, renewals: 0 },
  { type: 'subscription', sinceMs: 30 * day, renewals: 1 },
  { type: 'free_trial', sinceMs: 0, renewals: 0 },
  { type: 'free_trial', sinceMs: 7 * day, renewals: 0 },
  { type: 'paid_trial', sinceMs: 0, renewals: 0 },
  { type: 'paid_trial', sinceMs: 7 * day, renewals: 0 },
  { type: 'lifetime', sinceMs: 0, renewals: 0 },
] as const;

const currencies: Readonly<Record<string, readonly string[]>> = {
  stripe: ['USD', 'JPY', 'KWD'],
  paddle: ['USD', 'EUR', 'JPY'],
  solidgate: ['USD', 'EUR'],
  paypal: ['USD', 'JPY'],
  primer: ['EUR', 'KWD'],
};

/** A day of an account, a buyer of each kind, spread over it. */
function salesOf(psp: string): readonly Sale[] {
  return customers.map(({ type, sinceMs, renewals }, index): Sale => {
    const own = currencies[psp]!;
    const boughtMs = dayBeganMs + 30 * minute + Math.floor((index / customers.length) * 21 * 3_600) * 1_000;
    return {
      ...{ type, renewals, name: `${psp}${index}`, startMs: boughtMs - sinceMs, currency: own[index % own.length]! },
      // Stripe takes KWD in tens.
      amountMinor: 1_000 + index * 110,
      trialAmountMinor: 100 + index * 10,
    };
  });
}

/** What had happened until now, as it happened. */
function eventsOf(
  end: FarEnd,
  sales: readonly Sale[],
): { readonly before: readonly ProviderEvent[]; readonly inDay: readonly ProviderEvent[] } {
  const told = sales.flatMap((sale) => end.eventsOf(sale)).filter(({ atMs }) => atMs <= nowMs);
  const inOrder = [...told].sort((a, b) => a.atMs - b.atMs);
  return {
    before: inOrder.filter(({ atMs }) => atMs < dayBeganMs),
    inDay: inOrder.filter(({ atMs }) => atMs >= dayBeganMs),
  };
}

function paymentsIn(told: readonly ProviderEvent[]): readonly Paid[] {
  return told.flatMap(({ paid }) => (paid === null ? [] : [paid]));
}

/** What the providers' own books add up to, per provider and currency. */
function sumsOf(paid: readonly Paid[]): Record<string, { count: number; amount: string }> {
  const sums = new Map<string, { count: number; minor: number; currency: string }>();
  for (const { psp, currency, minor } of paid) {
    const key = `${psp} ${currency}`;
    const { count, minor: before } = sums.get(key) ?? { count: 0, minor: 0 };
    sums.set(key, { count: count + 1, minor: before + minor, currency });
  }
  return Object.fromEntries(
    [...sums].map(([key, { count, minor, currency }]) => [key, { count, amount: decimalFromMinor(minor, currency) }]),
  );
}

function chargedIn({ rows }: { rows: { psp: string; currency: string; charged: unknown }[] }): Record<string, unknown> {
  return Object.fromEntries(rows.map(({ psp, currency, charged }) => [`${psp} ${currency}`, charged]));
}

/** What TikTok is to have counted of payments, each once. */
function eventsFor(paid: readonly Paid[]): object[] {
  return paid
    .map(({ psp, moneyId, minor, currency }) => ({
      ...{ eventId: `${psp}:${moneyId}`, value: decimalNumber(minor, currency), currency, fate: 'counted' },
    }))
    .sort(byEventId);
}

function eventsAt({ tiktok }: Relay): object[] {
  return tiktok
    .events()
    .map(({ eventId, value, currency, fate }) => ({ eventId: eventId ?? '', value, currency, fate }))
    .sort(byEventId);
}

function byEventId(a: { eventId: string }, b: { eventId: string }): number {
  return a.eventId < b.eventId ? -1 : 1;
}

interface Stage {
  readonly relay: Relay;
  readonly ends: readonly FarEnd[];
  /** Lines of the relay's log. */
  readonly log: string[];
}

/** A relay and all providers that have an API, from before its tests to after them; looked at until the day began. */
function stage(name: string): Stage {
  const on = { ends: [], log: [] as string[] } as unknown as { relay: Relay; ends: readonly FarEnd[]; log: string[] }; // filled before the first test
  beforeAll(async () => {
    on.ends = await Promise.all([stripeEnd(), paddleEnd(), solidgateEnd(), paypalEnd(), primerEnd()]);
    on.relay = await relayWith(name, on.ends, { env: { LOG_LEVEL: 'info' }, log: { write: (line) => void on.log.push(line) } });
    for (const { psp } of on.ends) await lookedUntil(on.relay, psp, dayBeganMs);
  });
  afterAll(async () => {
    await on.relay?.stop();
    await Promise.all(on.ends.map((end) => end.close()));
  });
  return on;
}

/** The day's sales happen at the provider. What came before that day is known; the webhooks of that day are answered. */
async function play(relay: Relay, end: FarEnd): Promise<readonly ProviderEvent[]> {
  const { before, inDay } = eventsOf(end, salesOf(end.psp));
  for (const one of [...before, ...inDay]) one.happen();
  await deliver(relay, before);
  return inDay;
}

describe('a day without webhooks', () => {
  const on = stage('lost-day');
  const days = new Map<string, readonly ProviderEvent[]>();
  const missed = (): readonly Paid[] => [...days.values()].flatMap(paymentsIn);

  beforeAll(async () => {
    for (const end of on.ends) days.set(end.psp, await play(on.relay, end));
    await records(on.relay);
  });

  it('is made up for by one check: every purchase of all four types, once, as the provider has it', async () => {
    const { relay, ends } = on;
    // All phases of every provider are among them.
    expect(new Set(missed().map(({ psp, phase }) => `${psp} ${phase}`)).size).toBe(3 * ends.length);
    for (const { psp } of ends) {
      const lost = missed().filter((paid) => paid.psp === psp);
      expect({ psp, ...(await check(relay, psp)) }).toMatchObject({ psp, found: lost.length, unreadable: 0, isRead: true });
    }
    const known = await records(relay);
    expect(eventsAt(relay)).toEqual(eventsFor(missed()));
    const phaseOf = new Map(known.map(({ psp, moneyId, phase }) => [`${psp}:${moneyId}`, phase]));
    for (const { psp, moneyId, phase } of missed())
      expect({ moneyId, phase: phaseOf.get(`${psp}:${moneyId}`) }).toEqual({ moneyId, phase });
  });

  it('and the webhooks that come late after all change nothing, nor does another look at that day', async () => {
    const { relay, ends } = on;
    const before = await records(relay);
    for (const end of ends) {
      await deliver(relay, days.get(end.psp)!);
      const { facts, found } = await backfill(relay, end.psp, { from: iso(dayBeganMs), to: iso(nowMs) });
      expect({ psp: end.psp, found }).toEqual({ psp: end.psp, found: 0 });
      expect(facts).toBeGreaterThanOrEqual(customers.length);
    }
    expect(await records(relay)).toEqual(before);
    expect(eventsAt(relay)).toEqual(eventsFor(missed()));
  });
});

describe('a day of webhooks', () => {
  const on = stage('webhook-day');

  it('leaves nothing for a check to find: no payment, no event at TikTok, no changed record, nothing to tell', async () => {
    const { relay, ends } = on;
    const paid: Paid[] = [];
    for (const end of ends) {
      const told = await play(relay, end);
      paid.push(...paymentsIn(told));
      await deliver(relay, told);
    }
    const before = await records(relay);
    expect(eventsAt(relay)).toEqual(eventsFor(paid));
    const signals = (): string[] => on.log.filter((line) => line.includes('fact.signalled'));
    expect(signals().length).toBeGreaterThanOrEqual(paid.length);
    on.log.length = 0;
    for (const { psp, asked } of ends) {
      const before = asked();
      const progress = await check(relay, psp);
      expect({ psp, ...progress }).toMatchObject({ psp, found: 0, unreadable: 0, isRead: true });
      // It did look. Primer's list is of summaries: what is known is not asked for whole.
      if (psp === 'primer') expect(asked() - before).toBeLessThanOrEqual(4);
      else expect(progress.facts).toBeGreaterThanOrEqual(customers.length);
      expect(asked()).toBeGreaterThan(before);
    }
    // And no workflow is told again what it knows: that would be an Action and four events of history for each.
    expect(signals()).toEqual([]);
    expect(await records(relay)).toEqual(before);
    expect(eventsAt(relay)).toEqual(eventsFor(paid));
    // The generic webhook has no API to ask.
    expect(await report(relay)).toMatchObject({ missing: [], unchecked: [{ psp: 'generic' }] });
  });
});

describe('a day of which half of the webhooks are lost, and the rest come twice and shuffled', () => {
  const on = stage('half-day');

  it('adds up to the cent once checks have looked; until then the account names exactly what is lost', async () => {
    const { relay, ends } = on;
    const roll = dice(20_261_122);
    const accepted = new Set<string>();
    const paid: Paid[] = [];
    for (const end of ends) {
      const told = await play(relay, end);
      paid.push(...paymentsIn(told));
      const arrived = told.filter(() => roll() < 0.5);
      for (const moneyId of await deliver(relay, shuffled([...arrived, ...arrived], roll))) accepted.add(`${end.psp}:${moneyId}`);
    }
    await records(relay);
    const lost = paid.filter(({ psp, moneyId }) => !accepted.has(`${psp}:${moneyId}`));
    const lostAt = (name: string): number => lost.filter(({ psp }) => psp === name).length;
    for (const { psp } of ends) {
      expect(lostAt(psp)).toBeGreaterThan(0);
      expect(lostAt(psp)).toBeLessThan(customers.length);
    }
    const unchecked = await report(relay);
    expect(named(unchecked.missing)).toEqual(named(lost));
    expect(chargedIn(unchecked)).toEqual(sumsOf(paid.filter((one) => !lost.includes(one))));

    for (const { psp } of ends) expect({ psp, ...(await check(relay, psp)) }).toMatchObject({ psp, found: lostAt(psp) });
    await records(relay);
    const checked = await report(relay);
    expect(checked.missing).toEqual([]);
    expect(chargedIn(checked)).toEqual(sumsOf(paid));
    for (const { sent, charged } of checked.rows) expect(sent).toEqual(charged);
    expect(eventsAt(relay)).toEqual(eventsFor(paid));
  });
});

function named(payments: readonly { readonly psp: string; readonly moneyId: string }[]): string[] {
  return payments.map(({ psp, moneyId }) => `${psp}:${moneyId}`).sort();
}
