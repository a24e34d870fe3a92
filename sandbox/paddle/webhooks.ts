/**
 * Paddle's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment.
 * https://developer.paddle.com/webhooks/simulator/subscription-created · https://developer.paddle.com/webhooks/simulator/subscription-renewed
 */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `subscriptionId` is a `sub_…`. Paddle sends `email` with the customer, never with a payment. */
export interface PaddleScenario extends SaleScenario {
  readonly priceId?: string;
  /** A paid trial has its own trial price, or (before June 2026) a one-time item beside a free trial. */
  readonly paidTrial?: 'unit_price' | 'fee';
  /** A free trial without payment method makes no transaction. */
  readonly isCardless?: boolean;
}

export type PaddleScenarioEvent = ScenarioEvent<PaddleEventBody>;

export interface PaddleEventBody {
  readonly event_id: string;
  readonly event_type: string;
  readonly occurred_at: string;
  readonly notification_id: string;
  readonly data: Entity;
}

type Fields = Readonly<Record<string, unknown>>;
export interface Entity extends Fields {
  readonly id: string;
}

const secondMs = 1000;
/** The time from the payment to `completed`. */
const completionMs = 90 * secondMs;

/** The webhooks of one sale, ordered by time. */
export function paddleEventsOf(scenario: PaddleScenario): readonly PaddleScenarioEvent[] {
  return numbered(scenario, scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario));
}

/** The headers of a delivery. */
export function signPaddle(raw: string | Buffer, secret: string, atSeconds: number): { readonly 'paddle-signature': string } {
  const mac = createHmac('sha256', secret).update(`${atSeconds}:`).update(raw).digest('hex');
  return { 'paddle-signature': `ts=${atSeconds};h1=${mac}` };
}

/** One event around an entity, for tests that need a single event. */
export function paddleEvent(
  type: string,
  data: Entity,
  atMs: number,
  id = `${type.replaceAll('.', '_')}_${atMs}`,
): PaddleEventBody {
  return { event_id: `evt_${id}`, event_type: type, occurred_at: iso(atMs), notification_id: `ntf_${id}`, data };
}

interface Draft {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly atMs: number;
  readonly data: Entity;
}

function numbered(scenario: PaddleScenario, drafts: readonly Draft[]): readonly PaddleScenarioEvent[] {
  return drafts.map(({ phase, type, atMs, data }, index) => ({
    phase,
    event: paddleEvent(type, data, atMs, `${bare(scenario)}_${String(index + 1).padStart(3, '0')}`),
  }));
}

function subscriptionEvents(scenario: PaddleScenario): readonly Draft[] {
  const { startMs, type, renewals = 1 } = scenario;
  const isTrial = type !== 'subscription';
  const firstMs = isTrial ? startMs + trialMs : startMs;
  const later = (index: number, atMs: number): Charge => ({ index, origin: 'subscription_recurring', atMs, isTrial: false });
  return [
    ...checkoutEvents(scenario, { index: 0, origin: scenario.isCardless ? 'api' : 'web', atMs: startMs, isTrial }),
    ...(isTrial
      ? [
          state('subscription.updated', firstMs, paddleSubscription(scenario, { status: 'active', atMs: firstMs })),
          state('subscription.activated', firstMs, paddleSubscription(scenario, { status: 'active', atMs: firstMs })),
          ...chargeEvents(scenario, later(1, firstMs), 'conversion'),
        ]
      : []),
    ...Array.from({ length: renewals }, (_, index) => index + 1).flatMap((nth) => {
      const atMs = firstMs + nth * periodMs;
      return [
        state('subscription.updated', atMs, paddleSubscription(scenario, { status: 'active', atMs })),
        ...chargeEvents(scenario, later(nth + (isTrial ? 1 : 0), atMs), 'renewal'),
      ];
    }),
  ];
}

/** The events from the opened checkout to the created subscription. */
function checkoutEvents(scenario: PaddleScenario, charge: Charge): readonly Draft[] {
  const { atMs, isTrial } = charge;
  const subscription = paddleSubscription(scenario, { status: isTrial ? 'trialing' : 'active', atMs });
  const began = [
    state('subscription.created', atMs + secondMs, {
      ...subscription,
      transaction_id: scenario.isCardless ? null : transactionId(scenario, charge.index),
    }),
    state(isTrial ? 'subscription.trialing' : 'subscription.activated', atMs + secondMs, subscription),
  ];
  if (scenario.isCardless) return [{ ...began[0]!, phase: 'trial_start' }, ...began.slice(1)];
  const open = { ...paddleTransaction(scenario, charge), status: 'draft', subscription_id: null, billed_at: null, payments: [] };
  return [
    state('transaction.created', atMs - 60 * secondMs, open),
    state('customer.created', atMs - 50 * secondMs, paddleCustomer(scenario)),
    state('transaction.ready', atMs - 40 * secondMs, { ...open, status: 'ready' }),
    state('transaction.paid', atMs, { ...paddleTransaction(scenario, charge), status: 'paid', subscription_id: null }),
    ...began,
    ...completedEvents(scenario, charge, isTrial ? 'trial_start' : 'conversion'),
  ];
}

function chargeEvents(scenario: PaddleScenario, charge: Charge, phase: Phase): readonly Draft[] {
  const transaction = paddleTransaction(scenario, charge);
  return [
    state('transaction.billed', charge.atMs, { ...transaction, status: 'billed', payments: [] }),
    state('transaction.paid', charge.atMs + secondMs, { ...transaction, status: 'paid' }),
    ...completedEvents(scenario, charge, phase),
  ];
}

function completedEvents(scenario: PaddleScenario, charge: Charge, phase: Phase): readonly Draft[] {
  const data = paddleTransaction(scenario, charge);
  const atMs = charge.atMs + completionMs;
  return [state('transaction.updated', atMs, data), { phase, type: 'transaction.completed', atMs, data }];
}

function oneOffEvents(scenario: PaddleScenario): readonly Draft[] {
  const charge: Charge = { index: 0, origin: 'web', atMs: scenario.startMs, isTrial: false };
  const transaction = paddleTransaction(scenario, charge);
  return [
    state('transaction.created', scenario.startMs - 60 * secondMs, {
      ...transaction,
      status: 'draft',
      billed_at: null,
      payments: [],
    }),
    state('customer.created', scenario.startMs - 50 * secondMs, paddleCustomer(scenario)),
    state('transaction.paid', scenario.startMs, { ...transaction, status: 'paid' }),
    ...completedEvents(scenario, charge, 'conversion'),
  ];
}

function state(type: string, atMs: number, data: Entity): Draft {
  return { phase: 'state', type, atMs, data };
}

/** The ids that `paddleEventsOf` derives: the n-th transaction of a subscription; that of a one-off is the 0th. */
export function transactionId(scenario: Pick<PaddleScenario, 'subscriptionId'>, index: number): string {
  return `txn_${bare(scenario)}_${index}`;
}

function bare({ subscriptionId }: Pick<PaddleScenario, 'subscriptionId'>): string {
  return subscriptionId.replace(/^sub_/, '');
}

export interface Charge {
  /** Which transaction of the purchase, from 0. */
  readonly index: number;
  readonly origin: string;
  readonly atMs: number;
  readonly isTrial: boolean;
  readonly amount?: number;
}

/** A completed transaction. https://developer.paddle.com/api-reference/transactions/overview */
export function paddleTransaction(scenario: PaddleScenario, charge: Charge): Entity {
  const { type, currency = 'USD', customerId, subscriptionId } = scenario;
  const { index, origin, atMs, isTrial } = charge;
  const isOneOff = type === 'lifetime';
  const fee = isTrial && type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  const amount = charge.amount ?? (isTrial ? fee : (scenario.amountMinor ?? defaultAmountMinor));
  const isFeeItem = isTrial && type === 'paid_trial' && scenario.paidTrial === 'fee';
  const price = paddlePrice(scenario);
  const feePrice = { ...price, id: `${price.id}_fee`, trial_period: null, billing_cycle: null, unit_price: money(fee, currency) };
  const id = transactionId(scenario, index);
  return {
    id,
    status: 'completed',
    customer_id: customerId,
    address_id: `add_${bare(scenario)}`,
    business_id: null,
    custom_data: customDataOf(scenario),
    currency_code: currency,
    origin,
    subscription_id: isOneOff ? null : subscriptionId,
    invoice_id: `inv_${bare(scenario)}_${index}`,
    collection_mode: 'automatic',
    discount_id: null,
    billing_period: isOneOff ? null : { starts_at: iso(atMs), ends_at: iso(atMs + (isTrial ? trialMs : periodMs)) },
    items: [{ price, quantity: 1, proration: null }, ...(isFeeItem ? [{ price: feePrice, quantity: 1, proration: null }] : [])],
    details: {
      tax_rates_used: [],
      totals: { ...totals(amount), credit: '0', balance: '0', grand_total: String(amount), currency_code: currency },
      line_items: [
        { id: `txnitm_${id}`, price_id: price.id, quantity: 1, totals: totals(isFeeItem ? 0 : amount) },
        ...(isFeeItem ? [{ id: `txnitm_${id}_fee`, price_id: feePrice.id, quantity: 1, totals: totals(amount) }] : []),
      ],
    },
    payments:
      amount > 0
        ? [{ amount: String(amount), status: 'captured', created_at: iso(atMs), captured_at: iso(atMs + secondMs) }]
        : [],
    checkout: { url: null },
    created_at: iso(index === 0 ? atMs - 60 * secondMs : atMs),
    updated_at: iso(atMs + completionMs),
    billed_at: iso(atMs),
  };
}

/** The subscription at a time: trialing, active, paused or canceled. */
export function paddleSubscription(
  scenario: PaddleScenario,
  { status, atMs }: { readonly status: string; readonly atMs: number },
): Entity {
  const isTrial = scenario.type === 'free_trial' || scenario.type === 'paid_trial';
  const nextMs = atMs + (status === 'trialing' ? trialMs : periodMs);
  return {
    id: scenario.subscriptionId,
    status,
    customer_id: scenario.customerId,
    address_id: `add_${bare(scenario)}`,
    business_id: null,
    currency_code: scenario.currency ?? 'USD',
    created_at: iso(scenario.startMs + secondMs),
    updated_at: iso(atMs + secondMs),
    started_at: iso(scenario.startMs),
    first_billed_at: status === 'trialing' ? null : iso(atMs),
    next_billed_at: status === 'canceled' ? null : iso(nextMs),
    paused_at: status === 'paused' ? iso(atMs) : null,
    canceled_at: status === 'canceled' ? iso(atMs) : null,
    discount: null,
    collection_mode: 'automatic',
    billing_details: null,
    current_billing_period: status === 'canceled' ? null : { starts_at: iso(atMs), ends_at: iso(nextMs) },
    billing_cycle: { interval: 'day', frequency: 30 },
    scheduled_change: null,
    items: [
      {
        status: status === 'trialing' ? 'trialing' : 'active',
        quantity: 1,
        recurring: true,
        trial_dates: isTrial ? { starts_at: iso(scenario.startMs), ends_at: iso(scenario.startMs + trialMs) } : null,
        price: paddlePrice(scenario),
        product: { id: 'pro_premium', name: 'Premium', type: 'standard', status: 'active', tax_category: 'saas' },
      },
    ],
    custom_data: customDataOf(scenario),
    import_meta: null,
  };
}

/** A refund or chargeback of the n-th transaction. */
export function paddleAdjustment(
  scenario: PaddleScenario,
  adjusted: {
    readonly index: number;
    readonly atMs: number;
    readonly amount: number;
    readonly action?: string;
    readonly status?: string;
    readonly id?: string;
  },
): Entity {
  const {
    index,
    atMs,
    amount,
    action = 'refund',
    status = 'approved',
    id = `adj_${bare(scenario)}_${index}_${action}`,
  } = adjusted;
  const { currency = 'USD' } = scenario;
  return {
    id,
    action,
    type: 'partial',
    status,
    transaction_id: transactionId(scenario, index),
    subscription_id: scenario.type === 'lifetime' ? null : scenario.subscriptionId,
    customer_id: scenario.customerId,
    reason: 'requested_by_customer',
    credit_applied_to_balance: null,
    currency_code: currency,
    items: [],
    totals: { ...totals(amount), fee: '0', earnings: String(amount), currency_code: currency },
    created_at: iso(atMs),
    updated_at: iso(atMs),
  };
}

/** https://developer.paddle.com/api-reference/customers/overview */
export function paddleCustomer(scenario: PaddleScenario): Entity {
  return {
    id: scenario.customerId,
    status: 'active',
    name: null,
    email: scenario.email ?? `${bare(scenario)}@example.com`,
    custom_data: null,
  };
}

function paddlePrice(scenario: PaddleScenario): Entity {
  const { currency = 'USD', amountMinor = defaultAmountMinor, trialAmountMinor = defaultTrialAmountMinor, type } = scenario;
  const isPaidByTrial = type === 'paid_trial' && scenario.paidTrial !== 'fee';
  const trial = {
    interval: 'day',
    frequency: 7,
    requires_payment_method: !scenario.isCardless,
    unit_price: isPaidByTrial ? money(trialAmountMinor, currency) : null,
  };
  return {
    id: scenario.priceId ?? 'pri_premium',
    product_id: 'pro_premium',
    type: 'standard',
    status: 'active',
    name: 'Premium',
    description: 'Premium',
    tax_mode: 'account_setting',
    quantity: { minimum: 1, maximum: 100 },
    unit_price: money(amountMinor, currency),
    unit_price_overrides: [],
    billing_cycle: type === 'lifetime' ? null : { interval: 'day', frequency: 30 },
    trial_period: type === 'free_trial' || type === 'paid_trial' ? trial : null,
    custom_data: null,
  };
}

function totals(amount: number): Readonly<Record<'subtotal' | 'discount' | 'tax' | 'total', string>> {
  return { subtotal: String(amount), discount: '0', tax: '0', total: String(amount) };
}

function money(amount: number, currency: string): Fields {
  return { amount: String(amount), currency_code: currency };
}

function customDataOf(scenario: PaddleScenario): Readonly<Record<string, string>> | null {
  const data = merchantMetadata(scenario);
  return Object.keys(data).length === 0 ? null : data;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
