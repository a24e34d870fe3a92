/** Counts what a simulation makes of buyers, as they come from the store. */
import { orderKey } from '../../domain/first-purchase';
import { simulateBuyer, type SimulationRules } from '../../domain/simulate';
import { buyersFrom, type ReadBuyers } from '../../store/recorded-buyers-json';
import { type Simulation, Summary } from './summary';

export interface SimulationCount {
  /** Takes up buyers that the store has read; resolves when it can take more. */
  add(buyers: ReadBuyers): Promise<void>;
  result(): Promise<Simulation>;
}

/** Counts in this thread. */
export function countHere(rules: SimulationRules): SimulationCount {
  const summary = new Summary();
  const done = new Set<string>();
  return {
    async add(buyers) {
      for (const buyer of buyersFrom(buyers)) {
        // A buyer comes with all of their orders, and again with each that a later page names.
        if (buyer.orders.some((order) => done.has(orderKey(order)))) continue;
        for (const order of buyer.orders) done.add(orderKey(order));
        for (const payment of simulateBuyer(buyer, rules)) summary.add(payment);
      }
    },
    async result() {
      return summary.result();
    },
  };
}
