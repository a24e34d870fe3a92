/** Subscriptions whose plans PayPal shows: a trial of two tenures, tiers, a number of goods. */
import { cycleExecution, paypalEvent } from '../../../sandbox/paypal/webhooks';
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo, percentOfTrials } from '../../support/order-cases';

const day = 86_400_000;
const week = 7 * day;
const start = Date.UTC(2026, 8, 21, 9);
const iso = (ms: number): string => new Date(ms).toISOString();

type Fields = Readonly<Record<string, unknown>>;

const money = (value: string): Fields => ({ value, currency_code: 'USD' });
const cycle = (tenure_type: string, sequence: number, pricing_scheme?: Fields): Fields => ({
  tenure_type,
  sequence,
  total_cycles: tenure_type === 'TRIAL' ? 1 : 0,
  frequency: { interval_unit: 'WEEK', interval_count: 1 },
  ...(pricing_scheme && { pricing_scheme }),
});

/** `done`: the cycles of each tenure that were billed by then. */
function activated(billing_cycles: readonly Fields[], done: readonly number[], nextMs: number, more: Fields = {}): ToldEvent {
  const cycle_executions = billing_cycles.map(({ tenure_type, total_cycles }, nth) =>
    cycleExecution(tenure_type as string, nth + 1, done[nth] ?? 0, total_cycles as number),
  );
  const resource = {
    ...{ id: 'I-1', plan_id: 'P-1', status: 'ACTIVE', plan: { billing_cycles }, custom_id: 'user_id=u1' },
    ...{ create_time: iso(start), start_time: iso(start), status_update_time: iso(start), update_time: iso(start) },
    billing_info: { outstanding_balance: money('0.0'), cycle_executions, next_billing_time: iso(nextMs) },
    ...more,
  };
  return { atMs: start + 3000, body: paypalEvent({}, 'BILLING.SUBSCRIPTION.ACTIVATED', resource, start + 2000) };
}

function sale(id: string, atMs: number, total: string): ToldEvent {
  const of = { state: 'completed', billing_agreement_id: 'I-1', create_time: iso(atMs), update_time: iso(atMs) };
  const resource = { id, amount: { total, currency: 'USD' }, ...of };
  return { atMs: atMs + 5000, body: paypalEvent({}, 'PAYMENT.SALE.COMPLETED', resource, atMs + 4000) };
}

const regular = cycle('REGULAR', 3, { fixed_price: money('9.99') });

describe('a trial of PayPal that is free first, and then costs something', () => {
  const plan = [cycle('TRIAL', 1), cycle('TRIAL', 2, { fixed_price: money('1.00') }), regular];
  const sales = [sale('S1', start + week, '1.00'), sale('S2', start + 2 * week, '9.99'), sale('S3', start + 3 * week, '9.99')];
  const right = { 'I-1:trial': 'trial_start 0', S1: 'renewal 100', S2: 'conversion 999', S3: 'renewal 999' };

  itComesTo('paypal', 'starts free, also where PayPal has counted its first cycle', {
    events: [activated(plan, [1], start + week), ...sales],
    right,
  });

  itComesTo('paypal', 'starts free, also where PayPal has not', {
    events: [activated(plan, [], start + week), ...sales],
    right,
  });
});

itComesTo('paypal', 'a trial whose price is in tiers is a paid one', {
  events: [
    activated(
      [cycle('TRIAL', 1, { pricing_model: 'TIERED', tiers: [{ starting_quantity: '1', amount: money('1.00') }] }), regular],
      [1],
      start + week,
    ),
    sale('S0', start + 10_000, '1.00'),
    sale('S1', start + week, '9.99'),
  ],
  right: { S0: 'trial_start 100', S1: 'conversion 999' },
});

describe('a percentage of the regular price', () => {
  itComesTo('paypal', 'is one of all goods that were bought', {
    events: [activated([cycle('TRIAL', 1), regular], [1], start + week, { quantity: '3' })],
    right: { 'I-1:trial': 'trial_start 2997' },
    settings: percentOfTrials,
  });

  itComesTo('paypal', 'is known of a paid trial, too, by the plan', {
    events: [
      activated([cycle('TRIAL', 1, { fixed_price: money('1.00') }), regular], [1], start + week),
      sale('S0', start + 10_000, '1.00'),
    ],
    right: { S0: 'trial_start 999' },
    settings: percentOfTrials,
  });
});
