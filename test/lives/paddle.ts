/** Lives at Paddle: one-offs, and subscriptions without a trial, with a free one (with or without a card), or with a paid one. */
import fc from 'fast-check';
import type { Charge, Entity, PaddleScenario } from '../../sandbox/paddle/webhooks';
import {
  paddleAdjustment,
  paddleEvent,
  paddleSubscription,
  paddleTransaction,
  transactionId,
} from '../../sandbox/paddle/webhooks';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  trial: fc.constantFrom('none', 'free', 'cardless', 'unit_price', 'fee', 'one-off'),
  trialDays: fc.integer({ min: 1, max: 20 }),
  trialEnd: fc.constantFrom('on time', 'extended', 'early'),
  cycles,
  discounted: someCycle,
  paidLate: someCycle,
  /** A change of the plan within this period, billed at once and in part. */
  proration: someCycle,
  /** A one-time charge, and a new card, within this period. */
  extraCharge: someCycle,
  newCard: someCycle,
  dearerFrom: someCycle,
  pausedBefore: someCycle,
  partlyRefunded: someCycle,
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const paddle: Provider<Plan> = { psp: 'paddle', plans, tell };

const month = 30 * dayMs;
const regular = 1999;
const types: Readonly<Record<string, PurchaseType>> = {
  none: 'subscription',
  free: 'free_trial',
  cardless: 'free_trial',
  unit_price: 'paid_trial',
  fee: 'paid_trial',
  'one-off': 'lifetime',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { trial } = plan;
  const type = types[trial]!;
  const ledger = new Ledger(startMs, type);
  const scenario: PaddleScenario = {
    type,
    subscriptionId: `sub_${nth}`,
    customerId: 'ctm_1',
    userId: 'u1',
    startMs,
    trialAmountMinor: 100,
    isCardless: trial === 'cardless',
    ...(trial === 'fee' && { paidTrial: 'fee' }),
  };
  let events = 0;
  const says = (event: string, data: Entity): void => {
    ledger.says(paddleEvent(event, data, ledger.nowMs, `${nth}_${(events += 1)}`));
  };
  const hasTrial = trial !== 'none' && trial !== 'one-off';
  let trialEndsMs = startMs + plan.trialDays * dayMs;
  const subscription = (status: string, more: object = {}): Entity => {
    const [item] = paddleSubscription(scenario, { status, atMs: ledger.nowMs })['items'] as readonly object[];
    const trial_dates = hasTrial ? { starts_at: iso(startMs), ends_at: iso(trialEndsMs) } : null;
    return { ...paddleSubscription(scenario, { status, atMs: ledger.nowMs }), items: [{ ...item, trial_dates }], ...more };
  };
  /** A transaction with its events; returns its number. */
  const pays = (charge: Pick<Charge, 'origin' | 'amount' | 'isTrial'>, phase: Phase | null, more: object = {}): number => {
    const index = ledger.records;
    const data = { ...paddleTransaction(scenario, { ...charge, index, atMs: ledger.nowMs }), ...more };
    says('transaction.paid', { ...data, status: 'paid' });
    ledger.passes(90_000);
    says('transaction.completed', data);
    ledger.counts(data.id, phase, Number(totalsOf(data)['grand_total']));
    return index;
  };

  if (trial === 'one-off') {
    pays({ origin: 'web', isTrial: false, amount: 4900 }, 'conversion');
    return ledger.told();
  }
  let periodStart = startMs;
  if (hasTrial) startTrial();
  else {
    says('subscription.created', subscription('active', { transaction_id: transactionId(scenario, 0) }));
    says('subscription.activated', subscription('active'));
  }
  // Without a trial there is no subscription without a payment.
  const paid = trial === 'none' ? Math.max(1, plan.cycles) : plan.cycles;
  for (let n = 0; n < paid; n += 1) period(n);
  ledger.passes(dayMs);
  says('subscription.canceled', subscription('canceled'));
  return ledger.told(plan.discounted === 0 && paid > 0);

  function startTrial(): void {
    const transaction_id = trial === 'cardless' ? null : transactionId(scenario, 0);
    says('subscription.created', subscription('trialing', { transaction_id }));
    says('subscription.trialing', subscription('trialing'));
    if (trial === 'cardless') ledger.counts(`sub_${nth}:trial`, 'trial_start', 0);
    else
      pays({ origin: 'web', isTrial: true }, 'trial_start', {
        billing_period: { starts_at: iso(startMs), ends_at: iso(trialEndsMs) },
      });
    if (plan.trialEnd === 'extended') {
      ledger.reaches(trialEndsMs - dayMs / 2);
      trialEndsMs += 7 * dayMs;
      says('subscription.updated', subscription('trialing', { next_billed_at: iso(trialEndsMs) }));
    }
    periodStart = plan.trialEnd === 'early' ? startMs + Math.floor((trialEndsMs - startMs) / 2) : trialEndsMs;
    if (plan.cycles === 0) return;
    ledger.reaches(periodStart);
    says('subscription.updated', subscription('active'));
    says('subscription.activated', subscription('active'));
  }

  function period(n: number): void {
    if (n > 0 && plan.pausedBefore === n) pause();
    ledger.reaches(periodStart);
    const isFirst = n === 0;
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const amount = isDearer ? 2999 : regular;
    const origin = !isFirst
      ? 'subscription_recurring'
      : !hasTrial
        ? 'web'
        : plan.trialEnd === 'early'
          ? 'subscription_update'
          : 'subscription_recurring';
    const charge = { origin, amount, isTrial: false };
    const more = plan.discounted === n ? discounted({ ...charge, index: ledger.records, atMs: ledger.nowMs }) : {};
    if (plan.paidLate === n && origin === 'subscription_recurring') fail(charge);
    const billing_period = { starts_at: iso(periodStart), ends_at: iso(periodStart + month) };
    const index = pays(charge, phaseOfPeriod(n), { billing_period, ...more });
    if (plan.partlyRefunded === n && plan.discounted !== n) refund(index);
    if (plan.extraCharge === n) within({ origin: 'subscription_charge', amount: 500 });
    if (plan.newCard === n) within({ origin: 'subscription_payment_method_change', amount: 0 });
    if (plan.proration === n) within({ origin: 'subscription_update', amount: 700 }, '0.5');
    periodStart += month;
  }

  function discounted(charge: Charge): object {
    const { details } = paddleTransaction(scenario, charge) as unknown as { details: { totals: object; line_items: object[] } };
    const free = { subtotal: String(charge.amount), discount: String(charge.amount), tax: '0', total: '0' };
    const totals = { ...details.totals, ...free, grand_total: '0' };
    return {
      details: { ...details, totals, line_items: details.line_items.map((line) => ({ ...line, totals: free })) },
      payments: [],
    };
  }

  function fail(charge: Pick<Charge, 'origin' | 'amount' | 'isTrial'>): void {
    const data = paddleTransaction(scenario, { ...charge, index: ledger.records, atMs: ledger.nowMs });
    says('transaction.payment_failed', { ...data, status: 'past_due', payments: [] });
    says('transaction.past_due', { ...data, status: 'past_due', payments: [] });
    says('subscription.past_due', subscription('past_due'));
    ledger.passes(3 * dayMs);
  }

  function pause(): void {
    ledger.reaches(periodStart);
    says('subscription.paused', subscription('paused'));
    ledger.passes(45 * dayMs);
    says('subscription.resumed', subscription('active'));
    periodStart = ledger.nowMs;
  }

  function refund(index: number): void {
    ledger.passes(2 * dayMs);
    says('adjustment.updated', paddleAdjustment(scenario, { index, atMs: ledger.nowMs, amount: 500 }));
  }

  /** A charge that is no period. */
  function within(charge: Pick<Charge, 'origin' | 'amount'>, rate?: string): void {
    ledger.passes(2 * dayMs);
    const data = paddleTransaction(scenario, { ...charge, isTrial: false, index: ledger.records, atMs: ledger.nowMs });
    const [item] = data['items'] as readonly object[];
    const billing_period = { starts_at: iso(ledger.nowMs), ends_at: iso(periodStart + month) };
    const proration = rate === undefined ? null : { rate, billing_period };
    pays({ ...charge, isTrial: false }, null, { billing_period, items: [{ ...item, proration }] });
  }
}

function totalsOf(data: Entity): Readonly<Record<string, string>> {
  return (data['details'] as { readonly totals: Readonly<Record<string, string>> }).totals;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
