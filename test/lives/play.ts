/** Plays a life through the simulated relay, in time or in a burst, and says what it came to. */
import fc from 'fast-check';
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { Settings } from '../../src/domain/settings';
import { adapterOf } from '../../src/psp';
import { mapStore } from '../support/map-store';
import { SimulatedRelay } from '../support/simulated-relay';
import type { Life, Purchase, Webhook } from './life';

/** A life's webhooks in another order, within seconds, some of them more than once. */
export interface Burst {
  readonly life: Life;
  readonly webhooks: readonly Webhook[];
}

/** Longer than any wait for another event. */
const longestWaitMs = 120_000;

export async function played(
  life: Life,
  webhooks: readonly Webhook[],
  settings: Partial<Settings> = {},
): Promise<SimulatedRelay> {
  const startMs = webhooks[0]?.atMs ?? 0;
  const relay = new SimulatedRelay({ store: mapStore(), startMs, settings, prices: life.prices });
  for (const { body, headers = {}, atMs } of webhooks) {
    const { outcome, reason } = await relay.receives(life.psp, body, { atMs, headers });
    if (outcome === 'quarantined' || outcome === 'failed') throw new Error(`${outcome}: ${String(reason)}`);
  }
  await relay.passes(longestWaitMs);
  return relay;
}

/** Any order of the lives' webhooks, after the last event has happened. */
export function bursts(lives: fc.Arbitrary<Life>): fc.Arbitrary<Burst> {
  return lives.chain((life) => {
    const { webhooks } = life;
    const lastMs = webhooks.at(-1)!.atMs + 60_000;
    const ranks = fc.array(fc.nat({ max: 1_000_000 }), { minLength: webhooks.length, maxLength: webhooks.length });
    const repeated = fc.array(fc.nat({ max: webhooks.length - 1 }), { maxLength: 4 });
    // Closer together than TikTok's answer comes, or each after the answer to the one before.
    const pauseMs = fc.constantFrom(20, 150);
    return fc.record({ ranks, repeated, pauseMs }).map((drawn): Burst => {
      const ranked = webhooks.map((webhook, at) => ({ webhook, rank: drawn.ranks[at]! })).sort((a, b) => a.rank - b.rank);
      const told = [...ranked.map(({ webhook }) => webhook), ...drawn.repeated.map((at) => webhooks[at]!)];
      const burst = { life, webhooks: told.map((webhook, at) => ({ ...webhook, atMs: lastMs + at * drawn.pauseMs })) };
      const report = (): string => `${JSON.stringify(life.story)}, every ${drawn.pauseMs} ms:\n${listOf(life.psp, told)}`;
      return Object.defineProperty(burst, fc.toStringMethod, { value: report });
    });
  });
}

function listOf(psp: string, webhooks: readonly Webhook[]): string {
  const line = ({ body, headers, atMs }: Webhook): string =>
    `  ${new Date(atMs).toISOString()} ${adapterOf(psp)?.typeOf(body, headers) ?? psp}`;
  return webhooks.map(line).join('\n');
}

export type Account = Readonly<Record<string, string>>;

/** Money id → `<type> <phase> sent <amount>`, or what else became of it. Of what is not a purchase, the phase does not matter. */
export async function accountOf(relay: SimulatedRelay, { purchases }: Pick<Life, 'purchases'>): Promise<Account> {
  const valueless = new Set(purchases.flatMap(({ moneyId, amountMinor }) => (amountMinor === 'any' ? moneyId : [])));
  const fateOf = (record: PurchaseRecord): string => {
    const fate = fateIn(record);
    return valueless.has(record.moneyId) ? fate.replace(/^sent (0|without value)$/, 'sent any') : fate;
  };
  const rows = Object.values(await relay.records()).map((record) => {
    const isSent = record.state === 'sent';
    return [record.moneyId, isSent ? `${record.purchaseType} ${String(record.phase)} ${fateOf(record)}` : fateOf(record)];
  });
  return Object.fromEntries(rows) as Account;
}

export function rightAccount(purchases: readonly Purchase[]): Account {
  return Object.fromEntries(
    purchases.map(({ moneyId, type, phase, amountMinor }) => [
      moneyId,
      phase === null ? 'not_a_purchase' : `${type} ${phase} sent ${amountMinor ?? 'without value'}`,
    ]),
  );
}

function fateIn({ state, reason, value }: PurchaseRecord): string {
  if (state === 'sent') return `sent ${value?.amountMinor ?? 'without value'}`;
  return state === 'not_a_purchase' ? state : `${state}(${String(reason)})`;
}

/** The account less type and phase: what is the same in any order. */
export function fatesOf(account: Account): Account {
  return Object.fromEntries(Object.entries(account).map(([moneyId, row]) => [moneyId, row.replace(/^\S+ \S+ sent/, 'sent')]));
}

/** The phases of what was sent. */
export function phasesOf(account: Account): readonly string[] {
  return Object.values(account)
    .flatMap((row) => (/^\S+ \S+ sent/.test(row) ? row.split(' ')[1]! : []))
    .sort();
}

/** The money ids that TikTok has, by the event ids. */
export function sentIds(relay: SimulatedRelay): readonly string[] {
  return relay
    .sent()
    .map(({ eventId }) => eventId.slice(eventId.indexOf(':') + 1))
    .sort();
}
