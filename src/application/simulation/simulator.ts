/**
 * What other settings would have made of the recorded payments of a period, summed up. The recorded buyers are read in small pieces, so that
 * webhooks are answered meanwhile, and counted elsewhere (`count.ts`, `thread.ts`); one simulation runs at a time in a process.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Order, orderKey } from '../../domain/first-purchase';
import type { SimulatedSettings, SimulationRules } from '../../domain/simulate';
import type { RecordedBuyerStore } from '../../store';
import type { ReadBuyers } from '../../store/recorded-buyers-json';
import type { SimulationCount } from './count';
import type { Simulation } from './summary';

export interface SimulationQuery {
  readonly integration: string;
  /** As they would be. */
  readonly settings: SimulatedSettings;
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
}

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

export interface SimulatorDeps {
  readonly buyers: RecordedBuyerStore;
  /** Begins to count the buyers of a simulation. */
  readonly count: (rules: SimulationRules) => SimulationCount;
}

/** Payments in a page, and orders that are read at once: a query that takes longer than 20 ms keeps webhooks waiting. */
const pageOfPayments = 2_000;
const ordersAtOnce = 100;
const mostWaiting = 5;

/** Simulations over the recorded buyers, one after the other. */
export function createSimulator(deps: SimulatorDeps): Simulator {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async simulate(query) {
      if (waiting > mostWaiting) throw new SimulationsBusy();
      waiting += 1;
      const turn = last.then(() => run(deps, query)).finally(() => (waiting -= 1));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function run({ buyers, count: start }: SimulatorDeps, query: SimulationQuery): Promise<Simulation> {
  const { integration, settings, fromMs, toMs, nowMs, signal } = query;
  signal.throwIfAborted();
  const count = start({ settings, recorded: await buyers.settingsVersions(integration), fromMs, toMs, nowMs });
  let counted = Promise.resolve();
  for await (const found of readAhead(ordersOf(buyers, query), (orders) => readBuyers(buyers, orders, query))) {
    await counted;
    counted = count.add(found);
    counted.catch(() => undefined); // reported where it is awaited
    await nextTurn();
    signal.throwIfAborted();
  }
  await counted;
  return count.result();
}

/** Clicks are asked for only where the settings ask for them: each takes a decryption. */
async function readBuyers(
  buyers: RecordedBuyerStore,
  orders: readonly Order[],
  { integration, settings, fromMs, toMs }: SimulationQuery,
): Promise<ReadBuyers> {
  const json = await buyers.buyersOf(integration, orders);
  const clicked = settings.attributedOnly ? await buyers.clicked(integration, orders, { fromMs, toMs }) : [];
  return { json, clicked };
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
    const found = page.orders.filter((order) => !seen.has(orderKey(order)) && seen.add(orderKey(order)));
    fresh = [...fresh, ...found];
    after = page.next;
    while (fresh.length >= ordersAtOnce || (after === null && fresh.length > 0)) {
      yield fresh.slice(0, ordersAtOnce);
      fresh = fresh.slice(ordersAtOnce);
    }
  } while (after !== null);
}
