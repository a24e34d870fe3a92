/** Lives at RevenueCat: one-offs, and subscriptions by the type of their first periods. */
import fc from 'fast-check';
import { revenuecatEvent } from '../../sandbox/revenuecat/webhooks';
import type { RevenuecatScenario } from '../../sandbox/revenuecat/webhooks';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  first: fc.constantFrom('NORMAL', 'TRIAL', 'INTRO', 'one-off'),
  introPeriods: fc.integer({ min: 1, max: 4 }),
  trialDays: fc.integer({ min: 1, max: 20 }),
  cycles,
  discounted: someCycle,
  /** Google's events may come without a price. */
  unpriced: someCycle,
  paidLate: someCycle,
  productChanged: someCycle,
  extendedBefore: someCycle,
  uncancelled: someCycle,
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const revenuecat: Provider<Plan> = { psp: 'revenuecat', plans, tell };

const month = 30 * dayMs;
const types: Readonly<Record<string, PurchaseType>> = {
  NORMAL: 'subscription',
  TRIAL: 'free_trial',
  INTRO: 'paid_trial',
  'one-off': 'lifetime',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const type = types[plan.first]!;
  const ledger = new Ledger(startMs, type);
  const scenario: RevenuecatScenario = { type, subscriptionId: `t${nth}`, customerId: 'c1', userId: 'u1', startMs };
  let transactions = 0;
  let untilMs = startMs;
  const says = (event: string, amount: number, more: Readonly<Record<string, unknown>>): string => {
    const body = revenuecatEvent(scenario, event, { index: transactions, atMs: ledger.nowMs, untilMs, amount, more });
    ledger.says(body);
    return body.event['transaction_id'] as string;
  };
  const pays = (period: string, phase: Phase, amount: number | null, lengthMs: number): void => {
    untilMs = Math.max(untilMs, ledger.nowMs) + lengthMs;
    const isFirst = transactions === 0;
    const priced = amount === null ? { price: null, price_in_purchased_currency: null, currency: null, store: 'PLAY_STORE' } : {};
    const conversion = !isFirst && phase === 'conversion' && plan.first === 'TRIAL' ? { is_trial_conversion: true } : {};
    const id = says(isFirst ? 'INITIAL_PURCHASE' : 'RENEWAL', amount ?? 0, { period_type: period, ...priced, ...conversion });
    ledger.counts(id, phase, amount);
    transactions += 1;
  };

  if (plan.first === 'one-off') {
    ledger.counts(says('NON_RENEWING_PURCHASE', 4900, { period_type: 'NORMAL', expiration_at_ms: null }), 'conversion', 4900);
    return ledger.told();
  }
  if (plan.first === 'TRIAL') pays('TRIAL', 'trial_start', 0, plan.trialDays * dayMs);
  for (let n = 0; plan.first === 'INTRO' && n < plan.introPeriods; n += 1) {
    ledger.reaches(untilMs);
    pays('INTRO', n === 0 ? 'trial_start' : 'renewal', 99, 7 * dayMs);
  }
  const paid = plan.first === 'NORMAL' ? Math.max(1, plan.cycles) : plan.cycles;
  for (let n = 0; n < paid; n += 1) period(n);
  ledger.passes(dayMs);
  transactions -= 1;
  says('CANCELLATION', 0, { period_type: 'NORMAL', cancel_reason: 'UNSUBSCRIBE', price: 0 });
  ledger.reaches(untilMs);
  says('EXPIRATION', 0, { period_type: 'NORMAL', expiration_reason: 'UNSUBSCRIBE', price: 0 });
  return ledger.told(plan.discounted === 0 && paid > 0);

  function period(n: number): void {
    if (n > 0 && plan.extendedBefore === n) {
      untilMs += 5 * dayMs;
      aside('SUBSCRIPTION_EXTENDED');
    }
    if (n > 0 && plan.uncancelled === n) {
      aside('CANCELLATION', { cancel_reason: 'UNSUBSCRIBE' });
      aside('UNCANCELLATION');
    }
    if (n > 0 && plan.productChanged === n) aside('PRODUCT_CHANGE', { new_product_id: 'com.example.other' });
    ledger.reaches(untilMs);
    if (n > 0 && plan.paidLate === n) {
      aside('BILLING_ISSUE');
      ledger.passes(3 * dayMs);
    }
    pays('NORMAL', phaseOfPeriod(n), plan.discounted === n ? 0 : plan.unpriced === n ? null : 999, month);
  }

  /** An event about the last transaction that is no payment. */
  function aside(event: string, more: Readonly<Record<string, unknown>> = {}): void {
    ledger.passes(3600_000);
    transactions -= 1;
    says(event, 0, { period_type: 'NORMAL', ...more });
    transactions += 1;
  }
}
