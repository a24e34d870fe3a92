/** Lives at Solidgate: card orders, and subscriptions without a trial, with a free one (with or without an order), or with a paid one. */
import fc from 'fast-check';
import { solidgateOrder, solidgateSubscription } from '../../sandbox/solidgate/webhooks';
import type { SolidgateScenario } from '../../sandbox/solidgate/webhooks';
import type { PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  trial: fc.constantFrom('none', 'free', 'free without order', 'paid', 'one-off'),
  trialDays: fc.integer({ min: 1, max: 20 }),
  gate: fc.constantFrom('card' as const, 'alt' as const),
  cycles,
  discounted: someCycle,
  /** The first charge is declined; the invoice is paid by a second order. */
  paidLate: someCycle,
  /** The first that is told of a paid period is another snapshot than `renew`. */
  toldBySnapshot: someCycle,
  dearerFrom: someCycle,
  pausedBefore: someCycle,
  restoredBefore: someCycle,
  partlyRefunded: someCycle,
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const solidgate: Provider<Plan> = { psp: 'solidgate', plans, tell };

type Fields = Readonly<Record<string, unknown>>;
type Period = Parameters<typeof solidgateSubscription>[2];

const second = 1000;
const month = 30 * dayMs;
const types: Readonly<Record<string, PurchaseType>> = {
  none: 'subscription',
  free: 'free_trial',
  'free without order': 'free_trial',
  paid: 'paid_trial',
  'one-off': 'lifetime',
};

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { trial, gate } = plan;
  const type = types[trial]!;
  const ledger = new Ledger(startMs, type);
  const subscriptionId = trial === 'one-off' ? `order-once-${nth}` : `sub-${nth}`;
  const scenario: SolidgateScenario = {
    type,
    subscriptionId,
    customerId: 'u1',
    userId: 'u1',
    startMs,
    gate,
    trialAmountMinor: 100,
  };
  let events = 0;
  const says = (event: string, body: Fields): void => {
    events += 1;
    ledger.says(body, { 'solidgate-event-type': event, 'solidgate-event-id': `evt-${nth}-${events}` });
  };
  const snapshot = (callback: string, period: Period, status = 'success'): void => {
    const whole = solidgateSubscription(scenario, callback, period, status);
    const body = trial === 'free without order' && period.index === 0 ? withOrders(whole, {}) : whole;
    const changed = { ...(body['subscription'] as Fields), updated_at: text(ledger.nowMs) };
    const isOver = callback === 'cancel' && { cancelled_at: text(ledger.nowMs), cancellation_requested_at: text(ledger.nowMs) };
    const isPaused = callback === 'pause' && { status: 'paused' };
    says('subscription.updated.v2', { ...body, subscription: { ...changed, ...isOver, ...isPaused } });
  };
  const orderOf = (
    { index, startMs: atMs, amount }: Period,
    status: string,
    refunds: readonly { id: string; amount: number; atMs: number }[] = [],
  ): void =>
    says(
      `${gate}_gate.order.updated`,
      solidgateOrder(scenario, { index, startMs: atMs, amount, status, subscription: subscriptionId, refunds }),
    );

  if (trial === 'one-off') {
    for (const status of ['processing', 'auth_ok', 'settle_ok']) {
      const order = { index: 0, startMs, amount: 4900, status, subscription: null };
      says(`${gate}_gate.order.updated`, solidgateOrder(scenario, order));
      ledger.passes(second);
    }
    ledger.counts(subscriptionId, 'conversion', 4900);
    return ledger.told();
  }

  const hasTrial = trial !== 'none';
  let last: Period = { term: 0, index: 0, startMs, endMs: startMs + plan.trialDays * dayMs, amount: trial === 'paid' ? 100 : 0 };
  if (hasTrial) startTrial();
  const paid = hasTrial ? plan.cycles : Math.max(1, plan.cycles);
  let nextMs = hasTrial ? last.endMs : startMs;
  for (let n = 0; n < paid; n += 1) period(n);
  ledger.passes(dayMs);
  snapshot('scheduled_for_cancellation', last);
  ledger.passes(dayMs);
  snapshot('cancel', last);
  return ledger.told(plan.discounted === 0 && paid > 0);

  function startTrial(): void {
    snapshot('create', last, 'processing');
    ledger.passes(2 * second);
    if (trial === 'free without order') {
      snapshot('active', last);
      ledger.counts(`${subscriptionId}:trial`, 'trial_start', 0);
      return;
    }
    orderOf(last, last.amount === 0 ? 'void_ok' : 'auth_ok');
    snapshot('active', last);
    ledger.counts(`order-${subscriptionId}-0`, 'trial_start', last.amount);
    if (last.amount > 0) orderOf(last, 'settle_ok');
  }

  function period(n: number): void {
    if (n > 0 && plan.restoredBefore === n) restore();
    else if (n > 0 && plan.pausedBefore === n) pause();
    ledger.reaches(nextMs);
    const isFirst = n === 0 && !hasTrial;
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const amount = plan.discounted === n ? 0 : isDearer ? 2999 : 1999;
    const start = nextMs;
    last = { term: n + 1, index: hasTrial ? n + 1 : n, startMs: start, endMs: start + month, amount };
    snapshot(isFirst ? 'create' : 'recurring', last, 'processing');
    if (plan.paidLate === n && !isFirst) fail();
    ledger.passes(2 * second);
    if (amount > 0) orderOf(last, 'settle_ok');
    if (plan.toldBySnapshot === n) snapshot('update', last);
    ledger.passes(second);
    snapshot(isFirst ? 'active' : 'renew', last);
    ledger.counts(`order-${subscriptionId}-${last.index}`, phaseOfPeriod(n), amount);
    if (plan.partlyRefunded === n && amount > 0) {
      ledger.passes(2 * dayMs);
      orderOf(last, 'settle_ok', [{ id: `refund-${nth}-${n}`, amount: 500, atMs: ledger.nowMs }]);
    }
    nextMs = last.endMs;
  }

  function fail(): void {
    const id = `declined-${subscriptionId}-${last.index}`;
    const body = solidgateSubscription(scenario, 'redemption', last, 'retry');
    const declined = { id, status: 'declined', amount: last.amount, created_at: text(last.startMs), retry_attempt: 1 };
    const subscription = { ...(body['subscription'] as Fields), status: 'redemption' };
    says('subscription.updated.v2', { ...withOrders(body, { [id]: declined }), subscription });
    ledger.counts(id, null, last.amount);
    ledger.passes(3 * dayMs);
  }

  function pause(): void {
    ledger.reaches(nextMs - dayMs);
    snapshot('pause', last);
    ledger.passes(40 * dayMs);
    snapshot('resume', last);
    nextMs = ledger.nowMs + dayMs;
  }

  function restore(): void {
    ledger.reaches(nextMs - dayMs);
    snapshot('cancel', last);
    ledger.passes(5 * dayMs);
    snapshot('restore', last);
    nextMs = ledger.nowMs + dayMs;
  }
}

/** The subscription with other orders in its only invoice. */
function withOrders(body: Fields, orders: Fields): Fields {
  const [[id, invoice]] = Object.entries(body['invoices'] as Record<string, Fields>) as [[string, Fields]];
  return { ...body, invoices: { [id]: { ...invoice, orders } } };
}

function text(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
