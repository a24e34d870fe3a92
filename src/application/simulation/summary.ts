/** What a simulation comes to: totals by cell and by state, and the payments that would change. */
import type { Phase, PurchaseType } from '../../domain/fact';
import type { PurchaseRecord, PurchaseState } from '../../domain/purchase';
import { isToBeSent, type Outcome, type SimulatedPayment } from '../../domain/simulate';

export interface Simulation {
  /** The number of payments that were looked at. */
  readonly payments: number;
  readonly cells: readonly CellEffect[];
  readonly totals: readonly TotalEffect[];
  readonly differences: { readonly total: number; readonly items: readonly SimulatedPayment[] };
}

/** One cell of the policy table. */
export interface CellEffect {
  readonly purchaseType: PurchaseType;
  readonly phase: Phase;
  readonly before: CellTotal;
  readonly after: CellTotal;
}

export interface CellTotal {
  /** The payments of the cell. */
  readonly payments: number;
  /** Those that are sent, or wait to be. */
  readonly sent: number;
  /** What TikTok is told, in minor units by currency. */
  readonly valueMinor: ReadonlyMap<string, bigint>;
}

/** What became of the payments, with or without a phase. */
export interface TotalEffect {
  readonly state: PurchaseState;
  /** Of `suppressed` and `not_a_purchase`; null for the others. */
  readonly reason: string | null;
  readonly before: number;
  readonly after: number;
}

/** No more differences than these are listed, the newest ones. */
export const mostDifferences = 200;

/** Counts as payments come, so that none of them has to be kept. */
export class Summary {
  private payments = 0;
  private readonly cells = new Map<string, MutableCell>();
  private readonly totals = new Map<string, { state: PurchaseState; reason: string | null; before: number; after: number }>();
  private differences = 0;
  private newest: SimulatedPayment[] = [];

  add(payment: SimulatedPayment): void {
    const { record, before, after } = payment;
    this.payments += 1;
    this.count(before).before += 1;
    this.count(after).after += 1;
    const { phase } = record;
    if (phase !== null) {
      const cell = this.cellOf(record, phase);
      addTo(cell.before, before);
      addTo(cell.after, after);
    }
    if (before === after) return;
    this.differences += 1;
    this.newest.push(payment);
    if (this.newest.length > 10 * mostDifferences) this.newest = newestFirst(this.newest);
  }

  result(): Simulation {
    return {
      payments: this.payments,
      cells: [...this.cells.values()].sort((a, b) => cellRank(a) - cellRank(b)),
      totals: [...this.totals.values()].sort(
        (a, b) => states.indexOf(a.state) - states.indexOf(b.state) || b.before - a.before || b.after - a.after,
      ),
      differences: { total: this.differences, items: newestFirst(this.newest) },
    };
  }

  private count({ state, reason }: Outcome) {
    const why = state === 'suppressed' || state === 'not_a_purchase' ? reason : null;
    const key = `${state} ${why ?? ''}`;
    const known = this.totals.get(key) ?? { state, reason: why, before: 0, after: 0 };
    this.totals.set(key, known);
    return known;
  }

  private cellOf({ purchaseType }: PurchaseRecord, phase: Phase): MutableCell {
    const key = `${purchaseType} ${phase}`;
    const known = this.cells.get(key) ?? { purchaseType, phase, before: emptyTotal(), after: emptyTotal() };
    this.cells.set(key, known);
    return known;
  }
}

interface MutableTotal {
  payments: number;
  sent: number;
  readonly valueMinor: Map<string, bigint>;
}

interface MutableCell extends Pick<CellEffect, 'purchaseType' | 'phase'> {
  readonly before: MutableTotal;
  readonly after: MutableTotal;
}

function emptyTotal(): MutableTotal {
  return { payments: 0, sent: 0, valueMinor: new Map() };
}

function addTo(total: MutableTotal, outcome: Outcome): void {
  total.payments += 1;
  if (!isToBeSent(outcome)) return;
  total.sent += 1;
  const { value } = outcome;
  if (value) total.valueMinor.set(value.currency, (total.valueMinor.get(value.currency) ?? 0n) + BigInt(value.amountMinor));
}

function newestFirst(payments: readonly SimulatedPayment[]): SimulatedPayment[] {
  const sorted = [...payments].sort(
    ({ record: a }, { record: b }) => b.occurredAtMs - a.occurredAtMs || (a.moneyId < b.moneyId ? 1 : -1),
  );
  return sorted.slice(0, mostDifferences);
}

const types: readonly PurchaseType[] = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];
const phaseOrder: readonly Phase[] = ['trial_start', 'conversion', 'renewal'];
const states: readonly PurchaseState[] = ['sent', 'pending', 'needs_attention', 'suppressed', 'not_a_purchase', 'skipped'];

function cellRank({ purchaseType, phase }: Pick<CellEffect, 'purchaseType' | 'phase'>): number {
  return types.indexOf(purchaseType) * 10 + phaseOrder.indexOf(phase);
}
