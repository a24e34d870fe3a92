/** Lives at PayPal: captures, and subscriptions without a trial, with free or paid trials of several cycles, and with a set-up fee. */
import fc from 'fast-check';
import { cycleExecution, paypalEvent } from '../../sandbox/paypal/webhooks';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  /** `fee`: paid at the checkout, a day before the trial begins. */
  trial: fc.constantFrom('none', 'free', 'paid', 'fee', 'one-off'),
  trialCycles: fc.integer({ min: 1, max: 3 }),
  cycleDays: fc.constantFrom(7, 30),
  /** With a fee, the trial's own cycles may cost something or not. */
  isTrialPaid: fc.boolean(),
  /** PayPal has executed the first cycle when it tells the activation. */
  isExecuted: fc.boolean(),
  /** The first sale, beside the activation. A fee is paid before it, as PayPal's own bodies show. */
  firstSale: fc.constantFrom('told before', 'made before, told after', 'made after'),
  isDeclared: fc.boolean(),
  cycles,
  paidLate: someCycle,
  dearerFrom: someCycle,
  suspendedBefore: someCycle,
  partlyRefunded: someCycle,
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const paypal: Provider<Plan> = { psp: 'paypal', plans, tell };

const second = 1000;
const types: Readonly<Record<string, PurchaseType>> = {
  none: 'subscription',
  free: 'free_trial',
  paid: 'paid_trial',
  fee: 'paid_trial',
  'one-off': 'lifetime',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { trial } = plan;
  const type = types[trial]!;
  const ledger = new Ledger(startMs, type);
  const subscription = `I-SUB${nth}`;
  const custom_id = `user_id=u1${plan.isDeclared ? `&purchase_type=${type}` : ''}`;
  const hasTrial = trial !== 'none';
  const trialCycles = hasTrial ? plan.trialCycles : 0;
  const cycleMs = plan.cycleDays * dayMs;
  const beginsMs = trial === 'fee' ? startMs + dayMs : startMs;
  const regularFromMs = beginsMs + trialCycles * cycleMs;
  let lastPayment: object | null = null;
  let trialDone = 0;
  let regularDone = 0;

  const says = (event: string, resource: Readonly<Record<string, unknown>>): void =>
    ledger.says(paypalEvent({}, event, resource, ledger.nowMs));
  const state = (status: string, nextMs: number): Readonly<Record<string, unknown>> => ({
    id: subscription,
    plan_id: 'P-1',
    status,
    status_update_time: iso(ledger.nowMs),
    start_time: iso(beginsMs),
    create_time: iso(startMs),
    update_time: iso(ledger.nowMs),
    custom_id,
    subscriber: { email_address: 'buyer@example.com', payer_id: 'PAYER1' },
    billing_info: {
      outstanding_balance: { currency_code: 'USD', value: '0.0' },
      cycle_executions: [
        ...(hasTrial ? [cycleExecution('TRIAL', 1, trialDone, trialCycles)] : []),
        cycleExecution('REGULAR', hasTrial ? 2 : 1, regularDone, 0),
      ],
      ...(lastPayment && { last_payment: lastPayment }),
      next_billing_time: iso(nextMs),
      failed_payments_count: 0,
    },
  });
  /** A sale, made now and told a few seconds later. */
  const pays = (phase: Phase | null, amountMinor: number, isTold = true): (() => void) => {
    const id = `SALE${nth}X${ledger.records}`;
    const total = (amountMinor / 100).toFixed(2);
    const atMs = ledger.nowMs;
    lastPayment = { amount: { currency_code: 'USD', value: total }, time: iso(atMs) };
    const resource = {
      id,
      state: 'completed',
      amount: { total, currency: 'USD', details: { subtotal: total } },
      payment_mode: 'INSTANT_TRANSFER',
      billing_agreement_id: subscription,
      create_time: iso(atMs),
      update_time: iso(atMs),
    };
    ledger.counts(id, phase, amountMinor);
    const told = (): void => {
      ledger.passes(4 * second);
      says('PAYMENT.SALE.COMPLETED', resource);
    };
    if (isTold) told();
    return told;
  };

  if (trial === 'one-off') {
    const amount = { currency_code: 'USD', value: '49.00' };
    ledger.counts(`CAPTURE${nth}`, 'conversion', 4900);
    const at = { create_time: iso(startMs), update_time: iso(startMs) };
    says('PAYMENT.CAPTURE.COMPLETED', {
      id: `CAPTURE${nth}`,
      status: 'COMPLETED',
      amount,
      custom_id,
      final_capture: true,
      ...at,
    });
    return ledger.told();
  }

  says('BILLING.SUBSCRIPTION.CREATED', { ...state('APPROVAL_PENDING', startMs), status: 'APPROVAL_PENDING' });
  ledger.passes(30 * second);
  begin();
  for (let n = 1; trial === 'paid' && n < trialCycles; n += 1) trialCycle(n);
  for (let n = 0; trial === 'fee' && plan.isTrialPaid && n < trialCycles; n += 1) trialCycle(n);
  const isPaidOnBegin = trial === 'none';
  let due = isPaidOnBegin ? startMs + cycleMs : regularFromMs;
  for (let n = isPaidOnBegin ? 1 : 0; n < plan.cycles; n += 1) regularCycle(n);
  ledger.passes(dayMs);
  says('BILLING.SUBSCRIPTION.CANCELLED', state('CANCELLED', due));
  return ledger.told();

  /** The activation, and what is paid with it: nothing in a free trial. */
  function begin(): void {
    const first = { none: ['conversion', 2000], paid: ['trial_start', 100], fee: ['trial_start', 1100] } as const;
    const sale = trial === 'free' ? null : first[trial as keyof typeof first];
    if (!sale) ledger.counts(`${subscription}:trial`, 'trial_start', 0);
    const isMadeFirst = sale !== null && (trial === 'fee' || plan.firstSale !== 'made after');
    const told = isMadeFirst ? pays(sale[0], sale[1], false) : null;
    const isToldFirst = plan.firstSale === 'told before';
    if (isToldFirst) told?.();
    const isDone = plan.isExecuted && trial !== 'fee' && (sale === null || isMadeFirst);
    if (isDone && hasTrial) trialDone = 1;
    if (isDone && !hasTrial) regularDone = 1;
    says('BILLING.SUBSCRIPTION.ACTIVATED', state('ACTIVE', isDone ? beginsMs + cycleMs : beginsMs));
    ledger.passes(10 * second);
    if (!isToldFirst) told?.();
    if (sale && !isMadeFirst) pays(sale[0], sale[1]);
  }

  function trialCycle(n: number): void {
    ledger.reaches(beginsMs + n * cycleMs);
    ledger.passes(30 * second);
    pays('renewal', 100);
  }

  function regularCycle(n: number): void {
    if (n > 0 && plan.suspendedBefore === n) suspend(n);
    ledger.reaches(due);
    if (plan.paidLate === n) fail(n);
    ledger.passes(30 * second);
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const sale = `SALE${nth}X${ledger.records}`;
    pays(phaseOfPeriod(n), isDearer ? 3000 : 2000);
    regularDone = n + 1;
    if (plan.partlyRefunded === n) refund(sale);
    due = Math.max(due + cycleMs, ledger.nowMs);
  }

  /** The merchant suspends it for 20 days. */
  function suspend(n: number): void {
    ledger.reaches(due - dayMs);
    trialDone = trialCycles;
    regularDone = n;
    says('BILLING.SUBSCRIPTION.SUSPENDED', state('SUSPENDED', due));
    ledger.passes(20 * dayMs);
    due = ledger.nowMs + dayMs;
    says('BILLING.SUBSCRIPTION.ACTIVATED', state('ACTIVE', due));
  }

  function fail(n: number): void {
    trialDone = trialCycles;
    regularDone = n;
    const next = state('ACTIVE', ledger.nowMs + 3 * dayMs);
    const last_failed_payment = { amount: { currency_code: 'USD', value: '20.0' }, time: iso(ledger.nowMs) };
    says('BILLING.SUBSCRIPTION.PAYMENT.FAILED', {
      ...next,
      billing_info: { ...(next['billing_info'] as object), last_failed_payment },
    });
    ledger.passes(3 * dayMs);
  }

  function refund(sale: string): void {
    ledger.passes(2 * dayMs);
    const amount = { total: '-5.00', currency: 'USD' };
    const at = { create_time: iso(ledger.nowMs), update_time: iso(ledger.nowMs) };
    says('PAYMENT.SALE.REFUNDED', { id: `RE${sale}`, sale_id: sale, parent_payment: 'PAY-1', state: 'completed', amount, ...at });
  }
}

function iso(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
