/**
 * FunnelFox Billing's end for demo and tests: whole lives of a purchase as the webhooks that it sends, in their natural order and with
 * the noise between them. Everything is derived from what is passed in.
 */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { decimalFromMinor, exponentOf } from '../../src/domain/money';

export interface FunnelfoxLife {
  readonly type: PurchaseType;
  /** Merchant's user id, in the metadata of the checkout. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  /** `external_id`. */
  readonly customerId: string;
  /** `subs_id`; for a one-off its order id. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly email?: string;
  readonly currency?: string;
  readonly amountMinor?: number;
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  /** `price_point.ident`. */
  readonly pricePoint?: string;
  readonly livemode?: boolean;
}

/** An event, and the phase of the payment that it tells: `state` for all that is no payment, or tells one again. */
export interface FunnelfoxLifeEvent {
  readonly phase: Phase | 'state';
  readonly event: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

const dayMs = 86_400_000;
const trialMs = 7 * dayMs;
const periodMs = 30 * dayMs;
/** A period is charged two hours before the one before it ends. */
const leadMs = 2 * 3_600_000;

/** The life of one purchase of this type. A free trial has no order. */
export function funnelfoxLife(life: FunnelfoxLife): readonly FunnelfoxLifeEvent[] {
  return life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life);
}

/** The secret as it is, and, with a signing secret, the signature beside it. */
export function signFunnelfox(raw: string | Buffer, secret: string, signingSecret?: string): Readonly<Record<string, string>> {
  const signature = signingSecret === undefined ? undefined : createHmac('sha256', signingSecret).update(raw).digest('hex');
  return { 'fox-secret-key': secret, ...(signature === undefined ? {} : { 'ff-webhook-signature': signature }) };
}

function subscriptionLife(life: FunnelfoxLife): readonly FunnelfoxLifeEvent[] {
  const isTrial = life.type !== 'subscription';
  const firstFullMs = isTrial ? life.startMs + trialMs : life.startMs;
  const trial = { startMs: life.startMs, endMs: firstFullMs, iteration: 1 };
  const trialOrder = order(life, 'settled', { index: 0, atMs: life.startMs + 1_000, amount: trialAmountOf(life) });
  return [
    ...(life.type === 'paid_trial' ? [told('trial_start', trialOrder)] : []),
    ...(isTrial
      ? [
          told(
            life.type === 'free_trial' ? 'trial_start' : 'state',
            funnelfoxSubscription(life, 'starting_trial', { ...trial, atMs: life.startMs + 2_000 }),
          ),
        ]
      : []),
    ...Array.from({ length: (life.renewals ?? 1) + 1 }, (_, index) =>
      fullPeriodTold(life, index, firstFullMs + index * periodMs),
    ).flat(),
  ];
}

/** The first comes as a conversion, with a trial before it or without. */
function fullPeriodTold(life: FunnelfoxLife, index: number, startMs: number): readonly FunnelfoxLifeEvent[] {
  const isStart = startMs === life.startMs;
  const atMs = isStart ? startMs + 1_000 : startMs - leadMs + 1_000;
  const number = life.type === 'subscription' ? index : index + 1;
  const period = { startMs, endMs: startMs + periodMs, iteration: number + 1, atMs: atMs + 1_000 };
  return [
    told(index === 0 ? 'conversion' : 'renewal', order(life, 'settled', { index: number, atMs, amount: amountOf(life) })),
    told('state', funnelfoxSubscription(life, index === 0 ? 'convertion' : 'renewing', period)),
  ];
}

function oneOffLife(life: FunnelfoxLife): readonly FunnelfoxLifeEvent[] {
  const paid = { index: 0, atMs: life.startMs + 1_000, amount: amountOf(life) };
  const { startMs } = life;
  return [
    told('state', order(life, 'declined', { ...paid, atMs: startMs, orderId: `${life.subscriptionId}-declined` })),
    told('conversion', order(life, 'settled', paid)),
    told('state', {
      ...envelope(life, 'oneoff', 'granted', startMs + 2_000),
      oneoff: {
        oneoff_id: `oneoff-${life.subscriptionId}`,
        order_id: orderIdOf(life, 0),
        is_active: true,
        initial_order_metadata: metadataOf(life),
        started_at: text(startMs),
      },
    }),
  ];
}

function told(phase: Phase | 'state', event: Fields): FunnelfoxLifeEvent {
  return { phase, event };
}

/** An order event; `declined` is one that never had a subscription. */
export function funnelfoxOrder(
  life: FunnelfoxLife,
  subtype: 'settled' | 'declined',
  of: { readonly index: number; readonly atMs: number; readonly amount: number; readonly orderId?: string },
): Fields {
  const isOneOff = life.type === 'lifetime';
  return {
    ...envelope(life, 'order', subtype, of.atMs),
    order: {
      order_id: of.orderId ?? orderIdOf(life, of.index),
      amount: decimalFromMinor(of.amount, currencyOf(life)),
      currency_code: currencyOf(life),
      external_id: life.customerId,
      subs_id: isOneOff ? null : life.subscriptionId,
      oneoff_id: isOneOff && subtype === 'settled' ? `oneoff-${life.subscriptionId}` : null,
      user_uuid: `user-${life.customerId}`,
      status: subtype === 'settled' ? 'settled' : 'cancelled',
      created_at: text(of.atMs - 1_000),
      initial_order_metadata: metadataOf(life),
    },
  };
}
const order = funnelfoxOrder;

/** A subscription event of a period. */
export function funnelfoxSubscription(
  life: FunnelfoxLife,
  subtype: string,
  of: { readonly startMs: number; readonly endMs: number; readonly iteration: number; readonly atMs: number },
): Fields {
  const currency = currencyOf(life);
  const isPaidTrial = life.type === 'paid_trial';
  return {
    ...envelope(life, 'subscription', subtype, of.atMs),
    subscription: {
      subs_id: life.subscriptionId,
      is_active: subtype !== 'expiration',
      status: [subtype === 'starting_trial' ? 'INTRO' : 'REGULAR'],
      iteration: of.iteration,
      started_at: text(life.startMs),
      current_period_starts_at: text(of.startMs),
      current_period_ends_at: text(of.endMs),
      next_check_at: text(of.endMs - leadMs),
      initial_order_metadata: metadataOf(life),
      price_point: {
        ident: life.pricePoint ?? 'premium_month',
        intro_type: life.type === 'subscription' ? 'no_intro' : life.type,
        intro_paid_trial_price: isPaidTrial ? decimalFromMinor(trialAmountOf(life), currency) : null,
        next_price: decimalFromMinor(amountOf(life), currency),
        next_period: 1,
        next_period_duration: 'months',
        currency: { code: currency, minor_units: exponentOf(currency) },
      },
    },
  };
}

export function funnelfoxRefund(
  life: FunnelfoxLife,
  of: { readonly index: number; readonly atMs: number; readonly amount: number },
): Fields {
  return {
    ...envelope(life, 'refund', 'settled', of.atMs),
    order_id: orderIdOf(life, of.index),
    trx_id: `trx-${orderIdOf(life, of.index)}-${of.atMs}`,
    amount_refunded: decimalFromMinor(of.amount, currencyOf(life)),
    currency_code: currencyOf(life),
    created_at: text(of.atMs),
  };
}

function envelope(life: FunnelfoxLife, type: string, subtype: string, atMs: number): Fields {
  return {
    event_id: `evt-${life.subscriptionId}-${type}-${subtype}-${atMs}`,
    event_timestamp: text(atMs),
    event_type: type,
    subtype,
    external_id: life.customerId,
    is_livemode: life.livemode ?? false,
    user: { external_id: life.customerId, email: life.email ?? null },
  };
}

function amountOf({ amountMinor = 1999 }: FunnelfoxLife): number {
  return amountMinor;
}

function trialAmountOf({ trialAmountMinor = 100 }: FunnelfoxLife): number {
  return trialAmountMinor;
}

function currencyOf({ currency = 'USD' }: FunnelfoxLife): string {
  return currency.toUpperCase();
}

function orderIdOf({ type, subscriptionId }: FunnelfoxLife, index: number): string {
  return type === 'lifetime' ? subscriptionId : `order-${subscriptionId}-${index}`;
}

function metadataOf({ userId, checkoutId, metadata }: FunnelfoxLife): Readonly<Record<string, string>> {
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(checkoutId === undefined ? {} : { checkout_id: checkoutId }),
    ...metadata,
  };
}

/** UTC with microseconds, and without saying so. */
function text(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`;
}
