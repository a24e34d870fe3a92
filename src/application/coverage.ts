/**
 * How much of what providers charged is accounted for at TikTok: coverage = (sent + kept back on purpose) / charged. What is held is kept back
 * on purpose, for now. Payments come from the exact totals; webhooks and latency from tallies, which are by whole UTC days. Samples are in none of them.
 */
import { compact } from '../domain/compact';
import { latencyPercentile } from '../domain/latency';
import { decimalFromMinor } from '../domain/money';
import type { PurchaseState } from '../domain/purchase';
import { isFailedCharge } from '../domain/purchase';
import type { PurchaseTotal, Store, Tally, TallyFilter, TotalsPeriod } from '../store';
import { isHeldTotal } from '../store';
import { daysOf, eachDay, isoDay } from './utc-day';

export interface CoverageQuery {
  readonly integration: string;
  readonly psp?: string;
  /** From (included) and to (excluded), Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Covered {
  /** Charges that failed are no payments, and not among them. */
  readonly charged: { readonly count: number; readonly amounts: readonly Amount[] };
  readonly sent: number;
  /** By a rule: suppressed, or not a purchase. */
  readonly keptBack: number;
  /** Given up by an operator. */
  readonly skipped: number;
  /** Trial starts that wait on purpose for the end of their hold. */
  readonly held: number;
  /** What is held aside. */
  readonly pending: number;
  readonly needsAttention: number;
  /** (sent + kept back + skipped + held) / charged, 0 to 1; null where nothing was charged. */
  readonly coverage: number | null;
}

/** A decimal string in its currency. */
export interface Amount {
  readonly currency: string;
  readonly amount: string;
}

/** From the payment, by the provider's clock, to TikTok's acceptance, in seconds; null where nothing was accepted. */
export interface Latency {
  readonly p50Seconds: number | null;
  readonly p95Seconds: number | null;
}

export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

export interface Funnel {
  readonly webhooks: {
    readonly accepted: number;
    readonly ignored: number;
    readonly quarantined: number;
    readonly refused: number;
    readonly unavailable: number;
  };
  /** Also those that were found without a webhook. */
  readonly payments: number;
  /** Payments that are purchases: trial starts, conversions, renewals, one-offs. */
  readonly purchases: number;
  readonly keptBack: readonly ReasonCount[];
  readonly sent: number;
  readonly held: number;
  readonly waiting: number;
  readonly failed: number;
}

export interface CoverageReport extends Covered {
  /** Of what was kept back, most first. */
  readonly reasons: readonly ReasonCount[];
  readonly funnel: Funnel;
  readonly latency: Latency;
  /** Each UTC day of the period. */
  readonly days: readonly ({ readonly day: string } & Covered & Latency)[];
  /** Each provider with a payment in the period. */
  readonly psps: readonly ({ readonly psp: string } & Covered & Latency)[];
}

export interface CoverageDeps {
  readonly purchaseTotals: Pick<Store['purchaseTotals'], 'read'>;
  readonly tallies: Pick<Store['tallies'], 'read'>;
}

/** The coverage of a period. */
export async function coverage({ purchaseTotals, tallies }: CoverageDeps, query: CoverageQuery): Promise<CoverageReport> {
  const { integration, psp } = query;
  const [all, counted] = await Promise.all([
    purchaseTotals.read(compact<TotalsPeriod>({ ...query })),
    tallies.read(compact<TallyFilter>({ integration, psp, names: ['webhooks', 'latency'], ...daysOf(query) })),
  ]);
  const totals = all.filter((total) => !isFailedCharge(total));
  const latencies = counted.filter(({ name }) => name === 'latency');
  const reasons = reasonsOf(totals);
  return {
    ...covered(totals),
    reasons,
    funnel: funnelOf(totals, reasons, counted),
    latency: latencyOf(latencies),
    days: eachDay(query).map((day) => ({
      day: isoDay(day),
      ...covered(totals.filter((total) => total.day === day)),
      ...latencyOf(latencies.filter((tally) => tally.day === day)),
    })),
    psps: [...new Set(totals.map((total) => total.psp))].sort().map((name) => ({
      psp: name,
      ...covered(totals.filter((total) => total.psp === name)),
      ...latencyOf(latencies.filter((tally) => tally.psp === name)),
    })),
  };
}

/** The account of some totals, failed charges left out. */
export function covered(totals: readonly PurchaseTotal[]): Covered {
  const inState = (...states: readonly PurchaseState[]): number => sum(totals.filter(({ state }) => states.includes(state)));
  const charged = sum(totals);
  const sent = inState('sent');
  const keptBack = inState('suppressed', 'not_a_purchase');
  const skipped = inState('skipped');
  const held = sum(totals.filter(isHeldTotal));
  return {
    charged: { count: charged, amounts: amountsOf(totals) },
    ...{ sent, keptBack, skipped, held, pending: inState('pending') - held, needsAttention: inState('needs_attention') },
    coverage: charged === 0 ? null : (sent + keptBack + skipped + held) / charged,
  };
}

function amountsOf(totals: readonly PurchaseTotal[]): readonly Amount[] {
  const minor = new Map<string, bigint>();
  for (const { currency, chargedMinor } of totals) minor.set(currency, (minor.get(currency) ?? 0n) + chargedMinor);
  return [...minor]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sumMinor]) => ({ currency, amount: decimalFromMinor(sumMinor, currency) }));
}

function reasonsOf(totals: readonly PurchaseTotal[]): readonly ReasonCount[] {
  const counts = new Map<string, number>();
  for (const { state, reason, count } of totals) {
    if (state === 'suppressed' || state === 'not_a_purchase') counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

function funnelOf(totals: readonly PurchaseTotal[], keptBack: readonly ReasonCount[], counted: readonly Tally[]): Funnel {
  const webhooks = (label: string): number => sum(counted.filter((tally) => tally.name === 'webhooks' && tally.label === label));
  const { charged, sent, held, pending, needsAttention } = covered(totals);
  return {
    webhooks: {
      accepted: webhooks('accepted'),
      ignored: webhooks('ignored'),
      quarantined: webhooks('quarantined'),
      refused: webhooks('refused'),
      unavailable: webhooks('unavailable'),
    },
    payments: charged.count,
    purchases: sum(totals.filter(({ state }) => state !== 'not_a_purchase')),
    ...{ keptBack, sent, held, waiting: pending, failed: needsAttention },
  };
}

function latencyOf(latencies: readonly Tally[]): Latency {
  const counts = new Map<number, number>();
  for (const { label, count } of latencies) counts.set(Number(label), (counts.get(Number(label)) ?? 0) + count);
  return { p50Seconds: rounded(latencyPercentile(counts, 0.5)), p95Seconds: rounded(latencyPercentile(counts, 0.95)) };
}

/** Three digits: more would pretend to know. */
function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Number(seconds.toPrecision(3));
}

function sum(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
