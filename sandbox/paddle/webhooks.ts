/**
 * Paddle's end for demo and tests: whole lives of a purchase as the events that Paddle sends, in their natural order and with the
 * noise between them. Everything is derived from what is passed in.
 * https://developer.paddle.com/webhooks/simulator/subscription-created · https://developer.paddle.com/webhooks/simulator/subscription-renewed
 */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';

export interface PaddleLife {
  readonly type: PurchaseType;
  /** Merchant's user id, in `custom_data`. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly customerId: string;
  /** `sub_…`; for a one-off what its ids are derived from. */
  readonly subscriptionId: string;
  readonly startMs: number;
  /** Paddle tells it with the customer, never with a payment. */
  readonly email?: string;
  readonly currency?: string;
  /** Of a full period or the one-off, in Paddle's unit. */
  readonly amountMinor?: number;
  /** Of a paid trial. */
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  readonly priceId?: string;
  /** How a paid trial is sold: by the trial's own price, or by a one-time item beside a free trial, as before June 2026. */
  readonly paidTrial?: 'unit_price' | 'fee';
  /** A free trial that takes no payment method and makes no transaction. */
  readonly isCardless?: boolean;
}

/** An event, and the phase of the payment that it tells: `state` for all that is no payment, or tells one again. */
export interface PaddleLifeEvent {
  readonly phase: Phase | 'state';
  readonly event: PaddleEventBody;
}

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
const dayMs = 86_400_000;
const trialMs = 7 * dayMs;
const periodMs = 30 * dayMs;
/** From the money to `completed`. */
const completionMs = 90 * secondMs;

/** The life of one purchase of this type. */
export function paddleLife(life: PaddleLife): readonly PaddleLifeEvent[] {
  return numbered(life, life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life));
}

/** The headers of a delivery. */
export function signPaddle(raw: string | Buffer, secret: string, atSeconds: number): { readonly 'paddle-signature': string } {
  const mac = createHmac('sha256', secret).update(`${atSeconds}:`).update(raw).digest('hex');
  return { 'paddle-signature': `ts=${atSeconds};h1=${mac}` };
}

/** One event around an entity, for tests that need just that. */
export function paddleEvent(
  type: string,
  data: Entity,
  atMs: number,
  id = `${type.replaceAll('.', '_')}_${atMs}`,
): PaddleEventBody {
  return { event_id: `evt_${id}`, event_type: type, occurred_at: iso(atMs), notification_id: `ntf_${id}`, data };
}

interface Told {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly atMs: number;
  readonly data: Entity;
}

function numbered(life: PaddleLife, told: readonly Told[]): readonly PaddleLifeEvent[] {
  return told.map(({ phase, type, atMs, data }, index) => ({
    phase,
    event: paddleEvent(type, data, atMs, `${bare(life)}_${String(index + 1).padStart(3, '0')}`),
  }));
}

function subscriptionLife(life: PaddleLife): readonly Told[] {
  const { startMs, type, renewals = 1 } = life;
  const isTrial = type !== 'subscription';
  const firstMs = isTrial ? startMs + trialMs : startMs;
  const later = (index: number, atMs: number): Charge => ({ index, origin: 'subscription_recurring', atMs, isTrial: false });
  return [
    ...checkoutTold(life, { index: 0, origin: life.isCardless ? 'api' : 'web', atMs: startMs, isTrial }),
    ...(isTrial
      ? [
          state('subscription.updated', firstMs, paddleSubscription(life, { status: 'active', atMs: firstMs })),
          state('subscription.activated', firstMs, paddleSubscription(life, { status: 'active', atMs: firstMs })),
          ...chargeTold(life, later(1, firstMs), 'conversion'),
        ]
      : []),
    ...Array.from({ length: renewals }, (_, index) => index + 1).flatMap((nth) => {
      const atMs = firstMs + nth * periodMs;
      return [
        state('subscription.updated', atMs, paddleSubscription(life, { status: 'active', atMs })),
        ...chargeTold(life, later(nth + (isTrial ? 1 : 0), atMs), 'renewal'),
      ];
    }),
  ];
}

/** From the opened checkout to the subscription. */
function checkoutTold(life: PaddleLife, charge: Charge): readonly Told[] {
  const { atMs, isTrial } = charge;
  const subscription = paddleSubscription(life, { status: isTrial ? 'trialing' : 'active', atMs });
  const began = [
    state('subscription.created', atMs + secondMs, {
      ...subscription,
      transaction_id: life.isCardless ? null : transactionId(life, charge.index),
    }),
    state(isTrial ? 'subscription.trialing' : 'subscription.activated', atMs + secondMs, subscription),
  ];
  if (life.isCardless) return [{ ...began[0]!, phase: 'trial_start' }, ...began.slice(1)];
  const open = { ...paddleTransaction(life, charge), status: 'draft', subscription_id: null, billed_at: null, payments: [] };
  return [
    state('transaction.created', atMs - 60 * secondMs, open),
    state('customer.created', atMs - 50 * secondMs, paddleCustomer(life)),
    state('transaction.ready', atMs - 40 * secondMs, { ...open, status: 'ready' }),
    state('transaction.paid', atMs, { ...paddleTransaction(life, charge), status: 'paid', subscription_id: null }),
    ...began,
    ...completedTold(life, charge, isTrial ? 'trial_start' : 'conversion'),
  ];
}

function chargeTold(life: PaddleLife, charge: Charge, phase: Phase): readonly Told[] {
  const transaction = paddleTransaction(life, charge);
  return [
    state('transaction.billed', charge.atMs, { ...transaction, status: 'billed', payments: [] }),
    state('transaction.paid', charge.atMs + secondMs, { ...transaction, status: 'paid' }),
    ...completedTold(life, charge, phase),
  ];
}

function completedTold(life: PaddleLife, charge: Charge, phase: Phase): readonly Told[] {
  const data = paddleTransaction(life, charge);
  const atMs = charge.atMs + completionMs;
  return [state('transaction.updated', atMs, data), { phase, type: 'transaction.completed', atMs, data }];
}

function oneOffLife(life: PaddleLife): readonly Told[] {
  const charge: Charge = { index: 0, origin: 'web', atMs: life.startMs, isTrial: false };
  const transaction = paddleTransaction(life, charge);
  return [
    state('transaction.created', life.startMs - 60 * secondMs, {
      ...transaction,
      status: 'draft',
      billed_at: null,
      payments: [],
    }),
    state('customer.created', life.startMs - 50 * secondMs, paddleCustomer(life)),
    state('transaction.paid', life.startMs, { ...transaction, status: 'paid' }),
    ...completedTold(life, charge, 'conversion'),
  ];
}

function state(type: string, atMs: number, data: Entity): Told {
  return { phase: 'state', type, atMs, data };
}

const defaultAmount = 1999;
const defaultTrialAmount = 100;

/** The ids that `paddleLife` derives: the n-th transaction of a subscription; that of a one-off is the 0th. */
export function transactionId(life: Pick<PaddleLife, 'subscriptionId'>, index: number): string {
  return `txn_${bare(life)}_${index}`;
}

function bare({ subscriptionId }: Pick<PaddleLife, 'subscriptionId'>): string {
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
export function paddleTransaction(life: PaddleLife, charge: Charge): Entity {
  const { type, currency = 'USD', customerId, subscriptionId } = life;
  const { index, origin, atMs, isTrial } = charge;
  const isOneOff = type === 'lifetime';
  const fee = isTrial && type === 'paid_trial' ? (life.trialAmountMinor ?? defaultTrialAmount) : 0;
  const amount = charge.amount ?? (isTrial ? fee : (life.amountMinor ?? defaultAmount));
  const isFeeItem = isTrial && type === 'paid_trial' && life.paidTrial === 'fee';
  const price = paddlePrice(life);
  const feePrice = { ...price, id: `${price.id}_fee`, trial_period: null, billing_cycle: null, unit_price: money(fee, currency) };
  const id = transactionId(life, index);
  return {
    id,
    status: 'completed',
    customer_id: customerId,
    address_id: `add_${bare(life)}`,
    business_id: null,
    custom_data: customDataOf(life),
    currency_code: currency,
    origin,
    subscription_id: isOneOff ? null : subscriptionId,
    invoice_id: `inv_${bare(life)}_${index}`,
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

/** As it is at a time: on trial, active, paused or canceled. */
export function paddleSubscription(
  life: PaddleLife,
  { status, atMs }: { readonly status: string; readonly atMs: number },
): Entity {
  const isTrial = life.type === 'free_trial' || life.type === 'paid_trial';
  const nextMs = atMs + (status === 'trialing' ? trialMs : periodMs);
  return {
    id: life.subscriptionId,
    status,
    customer_id: life.customerId,
    address_id: `add_${bare(life)}`,
    business_id: null,
    currency_code: life.currency ?? 'USD',
    created_at: iso(life.startMs + secondMs),
    updated_at: iso(atMs + secondMs),
    started_at: iso(life.startMs),
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
        trial_dates: isTrial ? { starts_at: iso(life.startMs), ends_at: iso(life.startMs + trialMs) } : null,
        price: paddlePrice(life),
        product: { id: 'pro_premium', name: 'Premium', type: 'standard', status: 'active', tax_category: 'saas' },
      },
    ],
    custom_data: customDataOf(life),
    import_meta: null,
  };
}

/** A refund or chargeback of the n-th transaction. */
export function paddleAdjustment(
  life: PaddleLife,
  adjusted: {
    readonly index: number;
    readonly atMs: number;
    readonly amount: number;
    readonly action?: string;
    readonly status?: string;
    readonly id?: string;
  },
): Entity {
  const { index, atMs, amount, action = 'refund', status = 'approved', id = `adj_${bare(life)}_${index}_${action}` } = adjusted;
  const { currency = 'USD' } = life;
  return {
    id,
    action,
    type: 'partial',
    status,
    transaction_id: transactionId(life, index),
    subscription_id: life.type === 'lifetime' ? null : life.subscriptionId,
    customer_id: life.customerId,
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
export function paddleCustomer(life: PaddleLife): Entity {
  return {
    id: life.customerId,
    status: 'active',
    name: null,
    email: life.email ?? `${bare(life)}@example.com`,
    custom_data: null,
  };
}

function paddlePrice(life: PaddleLife): Entity {
  const { currency = 'USD', amountMinor = defaultAmount, trialAmountMinor = defaultTrialAmount, type } = life;
  const isPaidByTrial = type === 'paid_trial' && life.paidTrial !== 'fee';
  const trial = {
    interval: 'day',
    frequency: 7,
    requires_payment_method: !life.isCardless,
    unit_price: isPaidByTrial ? money(trialAmountMinor, currency) : null,
  };
  return {
    id: life.priceId ?? 'pri_premium',
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

function customDataOf(life: PaddleLife): Readonly<Record<string, string>> | null {
  const data = {
    ...(life.userId === undefined ? {} : { user_id: life.userId }),
    ...(life.checkoutId === undefined ? {} : { checkout_id: life.checkoutId }),
    ...life.metadata,
  };
  return Object.keys(data).length === 0 ? null : data;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
