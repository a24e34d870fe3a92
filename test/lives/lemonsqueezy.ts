/** Lives at Lemon Squeezy: one-offs, and subscriptions without a trial, with a free one, or with a set-up fee beside it. */
import fc from 'fast-check';
import {
  invoiceId,
  lemonsqueezyEvent,
  lemonsqueezyInvoice,
  lemonsqueezyOrder,
  lemonsqueezySubscription,
  orderId,
} from '../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyEventBody, LemonSqueezyScenario } from '../../sandbox/lemonsqueezy/webhooks';
import type { PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  type: fc.constantFrom<PurchaseType>('subscription', 'free_trial', 'paid_trial', 'lifetime'),
  /** A free trial may make an invoice of nothing. */
  hasTrialInvoice: fc.boolean(),
  isDeclared: fc.boolean(),
  cycles,
  discounted: someCycle,
  paidLate: someCycle,
  planChanged: someCycle,
  pausedBefore: someCycle,
  partlyRefunded: someCycle,
  /** The subscription is told before the order of its checkout. */
  orderLast: fc.boolean(),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const lemonsqueezy: Provider<Plan> = { psp: 'lemonsqueezy', plans, tell };

const month = 30 * dayMs;
const trialMs = 7 * dayMs;

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { type } = plan;
  const ledger = new Ledger(startMs, type);
  const subscriptionId = String(5 + nth);
  const scenario: LemonSqueezyScenario = { type, subscriptionId, customerId: '1', userId: 'u1', startMs, trialAmountMinor: 100 };
  const customData = { user_id: 'u1', ...(plan.isDeclared && { purchase_type: type }) };
  let invoices = 0;
  const says = (name: string, data: LemonSqueezyEventBody['data']): void => {
    ledger.passes(1000);
    ledger.says(lemonsqueezyEvent(scenario, name, data, customData), { 'x-event-name': name });
  };
  const subscription = (name: string, status: string, more: { readonly endsAtMs?: number } = {}): void =>
    says(name, lemonsqueezySubscription(scenario, { status, atMs: ledger.nowMs, ...more }));
  const invoice = (reason: string, more: object = {}, isTrial = false): LemonSqueezyEventBody['data'] => {
    const data = lemonsqueezyInvoice(scenario, { index: invoices, reason, atMs: ledger.nowMs, isTrial });
    return { ...data, attributes: { ...data.attributes, ...more } };
  };

  if (type === 'lifetime') {
    ledger.counts(`order_${orderId(scenario)}`, 'conversion', 1999);
    says('order_created', lemonsqueezyOrder(scenario));
    return ledger.told();
  }
  if (!plan.orderLast) says('order_created', lemonsqueezyOrder(scenario));
  const isTrial = type !== 'subscription';
  const firstStatus = isTrial ? 'on_trial' : 'active';
  subscription('subscription_created', firstStatus);
  subscription('subscription_updated', firstStatus);
  if (isTrial) startTrial();
  if (plan.orderLast) says('order_created', lemonsqueezyOrder(scenario));
  let dueMs = isTrial ? startMs + trialMs : startMs;
  const paid = isTrial ? plan.cycles : Math.max(1, plan.cycles);
  for (let n = 0; n < paid; n += 1) period(n);
  ledger.passes(dayMs);
  subscription('subscription_cancelled', 'cancelled', { endsAtMs: ledger.nowMs + dayMs });
  ledger.passes(dayMs);
  subscription('subscription_expired', 'expired', { endsAtMs: ledger.nowMs });
  return ledger.told(plan.discounted === 0 && paid > 0);

  function startTrial(): void {
    if (type === 'free_trial') ledger.counts(`${subscriptionId}:trial`, 'trial_start', 'any');
    else ledger.counts(`invoice_${invoiceId(scenario, invoices)}`, 'trial_start', 100);
    if (type === 'free_trial' && !plan.hasTrialInvoice) return;
    says('subscription_payment_success', invoice('initial', {}, true));
    invoices += 1;
  }

  function period(n: number): void {
    if (n > 0 && plan.pausedBefore === n) {
      subscription('subscription_paused', 'paused');
      dueMs += 40 * dayMs;
      ledger.reaches(dueMs - dayMs);
      subscription('subscription_unpaused', 'active');
    }
    ledger.reaches(dueMs);
    if (plan.paidLate === n && (n > 0 || isTrial)) {
      subscription('subscription_updated', 'past_due');
      says('subscription_payment_failed', invoice('renewal', { status: 'pending' }));
      ledger.passes(3 * dayMs);
    }
    const free = plan.discounted === n ? { subtotal: 1999, discount_total: 1999, total: 0 } : {};
    const paidInvoice = invoice(n === 0 && !isTrial ? 'initial' : 'renewal', free);
    ledger.counts(`invoice_${paidInvoice.id}`, phaseOfPeriod(n), plan.discounted === n ? 0 : 1999);
    says('subscription_payment_success', paidInvoice);
    subscription('subscription_updated', 'active');
    if (plan.partlyRefunded === n && plan.discounted !== n) {
      ledger.passes(2 * dayMs);
      const refunded = { refunded_amount: 500, status: 'partial_refund', refunded_at: new Date(ledger.nowMs).toISOString() };
      says('subscription_payment_refunded', { ...paidInvoice, attributes: { ...paidInvoice.attributes, ...refunded } });
    }
    invoices += 1;
    if (plan.planChanged === n) {
      ledger.passes(5 * dayMs);
      const change = invoice('updated', { subtotal: 700, total: 700 });
      ledger.counts(`invoice_${change.id}`, null, 700);
      says('subscription_payment_success', change);
      invoices += 1;
    }
    dueMs = Math.max(dueMs, ledger.nowMs - 10 * dayMs) + month;
  }
}
