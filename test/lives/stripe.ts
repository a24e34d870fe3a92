/** Lives at Stripe: one-offs, and subscriptions without a trial, with a free one, a fee beside it, or a Trial Offer. */
import fc from 'fast-check';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import type { Provider, Purchase, Told, Webhook } from './life';
import { byTime, cycles, phaseOfPeriod, someCycle } from './life';
import type { Line, StripeOrder, SubscriptionState } from './stripe-bodies';
import * as bodies from './stripe-bodies';

const plans = fc.record({
  version: fc.constantFrom('acacia' as const, 'endive' as const),
  trial: fc.constantFrom('none', 'free', 'fee', 'offer', 'one-off'),
  trialDays: fc.integer({ min: 1, max: 20 }),
  /** Periods of a Trial Offer. */
  iterations: fc.integer({ min: 1, max: 3 }),
  trialEnd: fc.constantFrom('on time', 'extended', 'early', 'early with another price', 'paused'),
  cycles,
  discounted: someCycle,
  /** The first charge fails, and the invoice is paid three days later. */
  paidLate: someCycle,
  proration: someCycle,
  dearerFrom: someCycle,
  /** No invoice for 45 days before this period. */
  pausedBefore: someCycle,
  partlyRefunded: someCycle,
  /** The PaymentIntents carry a description of the merchant's, not Stripe's. */
  ownWords: fc.boolean(),
  /** Metadata on the Checkout Session only, as many merchants have it. */
  onSessionOnly: fc.boolean(),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const stripe: Provider<Plan> = { psp: 'stripe', plans, tell };

const day = 86_400;
const month = 30 * day;
const types: Readonly<Record<string, PurchaseType>> = {
  none: 'subscription',
  free: 'free_trial',
  fee: 'paid_trial',
  offer: 'paid_trial',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { trial } = plan;
  const startedAt = Math.floor(startMs / 1000);
  const metadata = plan.onSessionOnly ? {} : { user_id: 'u1' };
  // Trial Offers came with endive.
  const version = trial === 'offer' ? 'endive' : plan.version;
  const order: StripeOrder = { version, subscription: `sub_${nth}`, customer: 'cus_1', metadata, startedAt };
  const words = plan.ownWords ? { description: 'Acme Pro' } : {};
  const webhooks: Webhook[] = [];
  const purchases: Purchase[] = [];
  let now = startedAt;
  let state: SubscriptionState = {
    status: 'active',
    price: 'price_premium',
    unitAmount: 1999,
    periodStart: startedAt,
    periodEnd: startedAt + month,
  };

  const says = (type: string, object: Readonly<Record<string, unknown>>, previous?: Readonly<Record<string, unknown>>): void => {
    webhooks.push({ atMs: now * 1000, body: bodies.stripeEvent(order, type, now, object, previous) });
  };
  const becomes = (type: string, next: Partial<SubscriptionState>, previous?: Readonly<Record<string, unknown>>): void => {
    state = { ...state, ...next };
    says(`customer.subscription.${type}`, bodies.subscriptionObject(order, state), previous);
  };
  /** An invoice and its other events. What is not a purchase has the phase null. */
  const pays = (reason: string, lines: readonly Line[], phase: Phase | null, isLate = false): string => {
    const id = `in_${nth}_${purchases.length}`;
    const bill = { id, reason, lines };
    if (isLate) {
      says('invoice.payment_failed', bodies.invoiceObject(order, { ...bill, at: now, status: 'open' }));
      now += 3 * day;
    }
    const amountMinor = lines.reduce((sum, { amount, discount = 0 }) => sum + amount - discount, 0);
    if (amountMinor > 0)
      says('payment_intent.succeeded', { ...bodies.intentObject(order, bodies.intentOf(id), amountMinor, id), ...words });
    now += 1;
    const invoice = bodies.invoiceObject(order, { ...bill, at: now });
    for (const type of ['invoice.paid', 'invoice.payment_succeeded']) says(type, invoice);
    if (amountMinor > 0 && version === 'endive') says('invoice_payment.paid', bodies.invoicePaymentObject(id, amountMinor));
    const isPurchase = phase !== null && (amountMinor > 0 || phase === 'trial_start');
    purchases.push({ moneyId: id, atMs: now * 1000, type: types[trial]!, phase: isPurchase ? phase : null, amountMinor });
    return id;
  };
  const session = (more: Readonly<Record<string, unknown>>): void => {
    now += 2;
    says('checkout.session.completed', bodies.sessionObject(order, { metadata: { user_id: 'u1' }, ...more }));
  };
  const sessionOfSubscription = (): void => session({ mode: 'subscription', subscription: order.subscription });

  if (trial === 'one-off') {
    const id = `pi_${nth}`;
    const reference = version === 'endive' ? { payment_details: { order_reference: `cs_${order.subscription}` } } : {};
    says('payment_intent.succeeded', { ...bodies.intentObject(order, id, 4900, null), ...reference });
    purchases.push({ moneyId: id, atMs: now * 1000, type: 'lifetime', phase: 'conversion', amountMinor: 4900 });
    session({ mode: 'payment', payment_intent: id, amount_total: 4900 });
    return { webhooks, purchases };
  }

  let periodStart = startedAt;
  let firstReason = 'subscription_create';
  let extraLines: readonly Line[] = [];
  if (trial === 'none') becomes('created', {});
  else if (trial === 'offer') offer();
  else trialing();

  for (let n = 0; n < plan.cycles; n += 1) {
    if (n > 0 && plan.pausedBefore === n) pause();
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const amount = isDearer ? 2999 : 1999;
    const line = { amount, price: isDearer ? 'price_dearer' : state.price, start: periodStart, end: periodStart + month };
    const reason = n === 0 ? firstReason : 'subscription_cycle';
    now = Math.max(now, periodStart) + (reason === 'subscription_cycle' ? 3600 : 0);
    const discount = plan.discounted === n ? amount : 0;
    const lines = [{ ...line, discount, description: '1 × Premium (at $19.99 / month)' }, ...(n === 0 ? extraLines : [])];
    const invoice = pays(reason, lines, phaseOfPeriod(n), plan.paidLate === n);
    if (n === 0 && trial === 'none') sessionOfSubscription();
    if (plan.partlyRefunded === n && discount === 0) refundPartOf(invoice);
    if (plan.proration === n) prorate(line.end);
    periodStart = line.end;
  }
  if (trial === 'none' && plan.cycles === 0) becomes('updated', { status: 'incomplete_expired' }, { status: 'active' });
  now += day;
  becomes('deleted', { status: 'canceled', more: { ended_at: now } });
  return { webhooks: byTime(webhooks), purchases, isFirstPeriodFree: plan.discounted === 0 };

  function trialing(): void {
    const start = now;
    let end = start + plan.trialDays * day;
    becomes('created', { status: 'trialing', trialStart: start, trialEnd: end, periodEnd: end });
    const line = { amount: 0, price: state.price, start, end, description: 'Trial period for Premium' };
    const fee = { amount: 100, price: 'price_fee', start, end: start, description: 'Set-up fee', isItem: true };
    pays('subscription_create', trial === 'fee' ? [line, fee] : [line], 'trial_start');
    sessionOfSubscription();
    if (plan.trialEnd === 'extended') {
      now = end - 1800;
      const before = { trial_end: end };
      end += 7 * day;
      becomes('updated', { trialEnd: end, periodEnd: end }, before);
      pays('subscription_update', [{ ...line, start: now, end }], null);
    }
    periodStart = end;
    firstReason = 'subscription_cycle';
    // Who leaves before the trial's end has no period.
    if (plan.cycles === 0) return;
    if (plan.trialEnd.startsWith('early')) endEarly(end);
    else if (plan.trialEnd === 'paused') pauseAtEnd(end);
    else {
      now = end;
      becomes('updated', { status: 'active', periodStart: end, periodEnd: end + month }, { status: 'trialing' });
    }
  }

  function endEarly(plannedEnd: number): void {
    now = startedAt + Math.floor((plannedEnd - startedAt) / 2);
    periodStart = now;
    firstReason = 'subscription_update';
    const before = { status: 'trialing', trial_end: plannedEnd };
    const swap = plan.trialEnd === 'early' ? {} : { price: 'price_yearly' };
    if (plan.trialEnd !== 'early') {
      const unused = { amount: 0, price: state.price, start: now, end: plannedEnd, description: 'Unused time on Premium' };
      extraLines = [{ ...unused, isItem: true, proration: true }];
    }
    becomes('updated', { status: 'active', trialEnd: now, periodStart: now, periodEnd: now + month, ...swap }, before);
  }

  /** A trial without a card: Stripe pauses the subscription until there is one. */
  function pauseAtEnd(end: number): void {
    now = end;
    becomes('paused', { status: 'paused' });
    becomes('updated', {}, { status: 'trialing' });
    now += 5 * day;
    becomes('resumed', { status: 'active', periodStart: now, periodEnd: now + month });
    becomes('updated', {}, { status: 'paused' });
    periodStart = now;
    firstReason = 'subscription_update';
  }

  function offer(): void {
    const week = 7 * day;
    const window = { start_date: startedAt, end_date: startedAt + plan.iterations * week };
    becomes('created', { price: 'price_intro', unitAmount: 300, periodEnd: startedAt + week, offer: window });
    for (let n = 0; n < plan.iterations; n += 1) {
      const start = startedAt + n * week;
      now = Math.max(now, start);
      const line = { amount: 300, price: 'price_intro', start, end: start + week, description: '1 × Premium (at $3.00 / week)' };
      pays(n === 0 ? 'subscription_create' : 'subscription_cycle', [line], n === 0 ? 'trial_start' : 'renewal');
      if (n === 0) sessionOfSubscription();
    }
    periodStart = window.end_date;
    firstReason = 'subscription_cycle';
    if (plan.cycles === 0) return;
    now = periodStart;
    becomes(
      'updated',
      { price: 'price_premium', unitAmount: 1999, offer: null },
      { items: { data: [{ price: { id: 'price_intro' } }] } },
    );
  }

  function pause(): void {
    now = periodStart;
    becomes('updated', { more: { pause_collection: { behavior: 'void' } } }, { pause_collection: null });
    now += 45 * day;
    becomes('updated', { more: { pause_collection: null } }, { pause_collection: { behavior: 'void' } });
    periodStart = now;
  }

  function refundPartOf(invoice: string): void {
    now += 2 * day;
    const of = { charge: bodies.chargeOf(invoice), payment_intent: bodies.intentOf(invoice) };
    says('refund.created', {
      id: `re_${invoice}`,
      object: 'refund',
      amount: 500,
      currency: 'usd',
      created: now,
      status: 'succeeded',
      ...of,
    });
  }

  /** An upgrade in the middle of a period, billed at once. */
  function prorate(end: number): void {
    now += 10 * day;
    const part = { start: now, end, isItem: true, proration: true };
    const lines = [
      { ...part, amount: -500, price: state.price, description: 'Unused time on Premium' },
      { ...part, amount: 1200, price: 'price_plus', description: 'Remaining time on Plus' },
    ];
    pays('subscription_update', lines, null);
  }
}
