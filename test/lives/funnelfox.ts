/** Lives at FunnelFox Billing: one-offs, and subscriptions by the kind of their intro. An order is the money, a subscription's event its kind. */
import fc from 'fast-check';
import { funnelfoxOrder, funnelfoxRefund, funnelfoxSubscription } from '../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenario } from '../../sandbox/funnelfox/webhooks';
import type { PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  intro: fc.constantFrom('no_intro', 'free_trial', 'paid_trial', 'one-off'),
  trialDays: fc.integer({ min: 1, max: 20 }),
  /** A free trial may make an order of nothing. */
  hasZeroOrder: fc.boolean(),
  cycles,
  discounted: someCycle,
  paidLate: someCycle,
  dearerFrom: someCycle,
  partlyRefunded: someCycle,
  /** The subscription's event is told before its order. */
  kindFirst: fc.boolean(),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const funnelfox: Provider<Plan> = { psp: 'funnelfox', plans, tell };

const second = 1000;
const hour = 3_600_000;
const month = 30 * dayMs;
const types: Readonly<Record<string, PurchaseType>> = {
  no_intro: 'subscription',
  free_trial: 'free_trial',
  paid_trial: 'paid_trial',
  'one-off': 'lifetime',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { intro } = plan;
  const type = types[intro]!;
  const ledger = new Ledger(startMs, type);
  const subscriptionId = intro === 'one-off' ? `once-${nth}` : `sub-${nth}`;
  const scenario: FunnelfoxScenario = {
    type,
    subscriptionId,
    customerId: 'u1',
    userId: 'u1',
    startMs,
    livemode: true,
    trialAmountMinor: 100,
  };
  let orders = 0;
  const order = (amount: number, subtype: 'settled' | 'declined' = 'settled'): string => {
    const orderId = subtype === 'declined' ? `declined-${nth}-${orders}` : `order-${subscriptionId}-${orders}`;
    ledger.says(funnelfoxOrder(scenario, subtype, { index: orders, atMs: ledger.nowMs, amount, orderId }));
    return orderId;
  };

  if (intro === 'one-off') {
    ledger.says(funnelfoxOrder(scenario, 'settled', { index: 0, atMs: ledger.nowMs, amount: 4900 }));
    ledger.counts(subscriptionId, 'conversion', 4900);
    return ledger.told();
  }
  let nextMs = startMs;
  let iteration = 0;
  /** An order and the subscription's event, in either order, seconds apart. */
  const pays = (subtype: string, amount: number | null, endMs: number): string | null => {
    iteration += 1;
    const of = { startMs: nextMs, endMs, iteration, atMs: ledger.nowMs };
    const kind = (): void => ledger.says(funnelfoxSubscription(scenario, subtype, of));
    if (plan.kindFirst || amount === null) kind();
    ledger.passes(second);
    const id = amount === null ? null : order(amount);
    ledger.passes(second);
    if (!plan.kindFirst && amount !== null) kind();
    orders += 1;
    return id;
  };

  if (intro !== 'no_intro') {
    const endMs = startMs + plan.trialDays * dayMs;
    const isFree = intro === 'free_trial';
    const id = pays('starting_trial', isFree ? (plan.hasZeroOrder ? 0 : null) : 100, endMs);
    if (isFree) ledger.counts(`${subscriptionId}:trial`, 'trial_start', 0);
    if (id !== null) ledger.counts(id, isFree ? null : 'trial_start', isFree ? 0 : 100);
    nextMs = endMs;
  }
  const paid = intro === 'no_intro' ? Math.max(1, plan.cycles) : plan.cycles;
  for (let n = 0; n < paid; n += 1) period(n);
  ledger.passes(dayMs);
  const over = { startMs: nextMs - month, endMs: nextMs, iteration, atMs: ledger.nowMs };
  ledger.says(funnelfoxSubscription(scenario, 'unsubscription', over));
  ledger.says(funnelfoxSubscription(scenario, 'expiration', over));
  return ledger.told(plan.discounted === 0 && paid > 0);

  function period(n: number): void {
    const isStart = nextMs === startMs;
    // A period is charged two hours before the one before it ends.
    ledger.reaches(isStart ? startMs : nextMs - 2 * hour);
    if (plan.paidLate === n && !isStart) {
      ledger.counts(order(1999, 'declined'), null, 1999);
      ledger.says(
        funnelfoxSubscription(scenario, 'start_grace', { startMs: nextMs, endMs: nextMs + month, iteration, atMs: ledger.nowMs }),
      );
      ledger.passes(3 * dayMs);
    }
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const amount = plan.discounted === n ? 0 : isDearer ? 2999 : 1999;
    const id = pays(n === 0 ? 'convertion' : 'renewing', amount, nextMs + month)!;
    ledger.counts(id, phaseOfPeriod(n), amount);
    if (plan.partlyRefunded === n && amount > 0) {
      ledger.passes(2 * dayMs);
      ledger.says(funnelfoxRefund(scenario, { index: orders - 1, atMs: ledger.nowMs, amount: 500 }));
    }
    nextMs += month;
  }
}
