/**
 * What other settings would have made of the recorded payments of a period, summed up. It works in small pieces, so that webhooks are
 * answered meanwhile; one runs at a time in a process.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Order } from '../domain/first-purchase';
import type { Phase, PurchaseType } from '../domain/fact';
import type { PurchaseRecord, PurchaseState } from '../domain/purchase';
import {
  isToBeSent,
  type Outcome,
  type SimulatedPayment,
  type SimulatedSettings,
  type SimulationRules,
  simulateBuyer,
} from '../domain/simulate';
import type { RecordedBuyerStore } from '../store';

export interface SimulationQuery {
  readonly integration: string;
  /** As they would be. */
  readonly settings: SimulatedSettings;
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
}

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

/** Too many wait for their turn. */
export class SimulationsBusy extends Error {
  override readonly name = 'SimulationsBusy';
  constructor() {
    super('other simulations are under way: try again in a few seconds');
  }
}

export interface Simulator {
  /** Waits for its turn. @throws SimulationsBusy when many wait; the signal's reason when it is aborted. */
  simulate(query: SimulationQuery): Promise<Simulation>;
}

/** Payments in a page, and orders that are read at once: a query that takes longer than 20 ms keeps webhooks waiting. */
const pageOfPayments = 500;
const ordersAtOnce = 100;
const mostWaiting = 5;

/** Simulations over the recorded buyers, one after the other. */
export function createSimulator({ buyers }: { readonly buyers: RecordedBuyerStore }): Simulator {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async simulate(query) {
      if (waiting > mostWaiting) throw new SimulationsBusy();
      waiting += 1;
      const turn = last.then(() => run(buyers, query)).finally(() => (waiting -= 1));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function run(buyers: RecordedBuyerStore, query: SimulationQuery): Promise<Simulation> {
  const { integration, settings, fromMs, toMs, signal } = query;
  signal.throwIfAborted();
  const rules: SimulationRules = { settings, recorded: await buyers.settingsVersions(integration), fromMs, toMs };
  const summary = new Summary();
  const done = new Set<string>();
  for await (const batch of readAhead(ordersOf(buyers, query), (orders) => buyers.buyersOf(integration, orders))) {
    for (const buyer of batch) {
      // A buyer comes with all of their orders, and again with each that a later page names.
      if (buyer.orders.some((order) => done.has(keyOf(order)))) continue;
      for (const order of buyer.orders) done.add(keyOf(order));
      for (const payment of simulateBuyer(buyer, rules)) summary.add(payment);
    }
    await nextTurn();
    signal.throwIfAborted();
  }
  return summary.result();
}

/** Reads what belongs to the next item while the caller works on this one, so that database and process work side by side. */
async function* readAhead<Item, Read>(items: AsyncIterable<Item>, read: (item: Item) => Promise<Read>): AsyncGenerator<Read> {
  let ahead: Promise<Read> | null = null;
  for await (const item of items) {
    const next = read(item);
    next.catch(() => undefined); // reported where it is awaited
    if (ahead) yield await ahead;
    ahead = next;
  }
  if (ahead) yield await ahead;
}

/** The orders with payments in the period, each once. */
async function* ordersOf(
  buyers: RecordedBuyerStore,
  { integration, fromMs, toMs, signal }: SimulationQuery,
): AsyncGenerator<readonly Order[]> {
  const seen = new Set<string>();
  let after: Awaited<ReturnType<RecordedBuyerStore['ordersPaid']>>['next'] = null;
  let fresh: readonly Order[] = [];
  do {
    const page = await buyers.ordersPaid({ integration, fromMs, toMs, after, limit: pageOfPayments });
    signal.throwIfAborted();
    const found = page.orders.filter((order) => !seen.has(keyOf(order)) && seen.add(keyOf(order)));
    fresh = [...fresh, ...found];
    after = page.next;
    while (fresh.length >= ordersAtOnce || (after === null && fresh.length > 0)) {
      yield fresh.slice(0, ordersAtOnce);
      fresh = fresh.slice(ordersAtOnce);
    }
  } while (after !== null);
}

function keyOf({ psp, subscription }: Order): string {
  return `${psp} ${subscription}`;
}

/** Counts as payments come, so that none of them has to be kept. */
class Summary {
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
