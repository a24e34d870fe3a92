/** FunnelFox Billing's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment. */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { decimalFromMinor, exponentOf } from '../../src/domain/money';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `customerId` is `external_id`; `subscriptionId` is `subs_id`, or a one-off's order id. */
export interface FunnelfoxScenario extends SaleScenario {
  /** `price_point.ident`. */
  readonly pricePoint?: string;
  readonly livemode?: boolean;
}

export type FunnelfoxScenarioEvent = ScenarioEvent<Fields>;

type Fields = Readonly<Record<string, unknown>>;

/** A period is charged two hours before the one before it ends. */
const leadMs = 2 * 3_600_000;

/** The webhooks of one sale, ordered by time. A free trial has no order. */
export function funnelfoxEventsOf(scenario: FunnelfoxScenario): readonly FunnelfoxScenarioEvent[] {
  return scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario);
}

/** The headers: the secret itself, and the signature if there is a signing secret. */
export function signFunnelfox(raw: string | Buffer, secret: string, signingSecret?: string): Readonly<Record<string, string>> {
  const signature = signingSecret === undefined ? undefined : createHmac('sha256', signingSecret).update(raw).digest('hex');
  return { 'fox-secret-key': secret, ...(signature === undefined ? {} : { 'ff-webhook-signature': signature }) };
}

function subscriptionEvents(scenario: FunnelfoxScenario): readonly FunnelfoxScenarioEvent[] {
  const isTrial = scenario.type !== 'subscription';
  const firstFullMs = isTrial ? scenario.startMs + trialMs : scenario.startMs;
  const trial = { startMs: scenario.startMs, endMs: firstFullMs, iteration: 1 };
  const trialOrder = order(scenario, 'settled', { index: 0, atMs: scenario.startMs + 1_000, amount: trialAmountOf(scenario) });
  return [
    ...(scenario.type === 'paid_trial' ? [eventIn('trial_start', trialOrder)] : []),
    ...(isTrial
      ? [
          eventIn(
            scenario.type === 'free_trial' ? 'trial_start' : 'state',
            funnelfoxSubscription(scenario, 'starting_trial', { ...trial, atMs: scenario.startMs + 2_000 }),
          ),
        ]
      : []),
    ...Array.from({ length: (scenario.renewals ?? 1) + 1 }, (_, index) =>
      fullPeriodEvents(scenario, index, firstFullMs + index * periodMs),
    ).flat(),
  ];
}

/** FunnelFox sends the first full payment as a conversion, whether or not a trial came before it. */
function fullPeriodEvents(scenario: FunnelfoxScenario, index: number, startMs: number): readonly FunnelfoxScenarioEvent[] {
  const isStart = startMs === scenario.startMs;
  const atMs = isStart ? startMs + 1_000 : startMs - leadMs + 1_000;
  const number = scenario.type === 'subscription' ? index : index + 1;
  const period = { startMs, endMs: startMs + periodMs, iteration: number + 1, atMs: atMs + 1_000 };
  return [
    eventIn(
      index === 0 ? 'conversion' : 'renewal',
      order(scenario, 'settled', { index: number, atMs, amount: amountOf(scenario) }),
    ),
    eventIn('state', funnelfoxSubscription(scenario, index === 0 ? 'convertion' : 'renewing', period)),
  ];
}

function oneOffEvents(scenario: FunnelfoxScenario): readonly FunnelfoxScenarioEvent[] {
  const paid = { index: 0, atMs: scenario.startMs + 1_000, amount: amountOf(scenario) };
  const { startMs } = scenario;
  return [
    eventIn('state', order(scenario, 'declined', { ...paid, atMs: startMs, orderId: `${scenario.subscriptionId}-declined` })),
    eventIn('conversion', order(scenario, 'settled', paid)),
    eventIn('state', {
      ...envelope(scenario, 'oneoff', 'granted', startMs + 2_000),
      oneoff: {
        oneoff_id: `oneoff-${scenario.subscriptionId}`,
        order_id: orderIdOf(scenario, 0),
        is_active: true,
        initial_order_metadata: merchantMetadata(scenario),
        started_at: text(startMs),
      },
    }),
  ];
}

function eventIn(phase: Phase | 'state', event: Fields): FunnelfoxScenarioEvent {
  return { phase, event };
}

/** An order event; `declined`: the order never had a subscription. */
export function funnelfoxOrder(
  scenario: FunnelfoxScenario,
  subtype: 'settled' | 'declined',
  of: { readonly index: number; readonly atMs: number; readonly amount: number; readonly orderId?: string },
): Fields {
  const isOneOff = scenario.type === 'lifetime';
  return {
    ...envelope(scenario, 'order', subtype, of.atMs),
    order: {
      order_id: of.orderId ?? orderIdOf(scenario, of.index),
      amount: decimalFromMinor(of.amount, currencyOf(scenario)),
      currency_code: currencyOf(scenario),
      external_id: scenario.customerId,
      subs_id: isOneOff ? null : scenario.subscriptionId,
      oneoff_id: isOneOff && subtype === 'settled' ? `oneoff-${scenario.subscriptionId}` : null,
      user_uuid: `user-${scenario.customerId}`,
      status: subtype === 'settled' ? 'settled' : 'cancelled',
      created_at: text(of.atMs - 1_000),
      initial_order_metadata: merchantMetadata(scenario),
    },
  };
}
const order = funnelfoxOrder;

/** A subscription event of a period. */
export function funnelfoxSubscription(
  scenario: FunnelfoxScenario,
  subtype: string,
  of: { readonly startMs: number; readonly endMs: number; readonly iteration: number; readonly atMs: number },
): Fields {
  const currency = currencyOf(scenario);
  const isPaidTrial = scenario.type === 'paid_trial';
  return {
    ...envelope(scenario, 'subscription', subtype, of.atMs),
    subscription: {
      subs_id: scenario.subscriptionId,
      is_active: subtype !== 'expiration',
      status: [subtype === 'starting_trial' ? 'INTRO' : 'REGULAR'],
      iteration: of.iteration,
      started_at: text(scenario.startMs),
      current_period_starts_at: text(of.startMs),
      current_period_ends_at: text(of.endMs),
      next_check_at: text(of.endMs - leadMs),
      initial_order_metadata: merchantMetadata(scenario),
      price_point: {
        ident: scenario.pricePoint ?? 'premium_month',
        intro_type: scenario.type === 'subscription' ? 'no_intro' : scenario.type,
        intro_paid_trial_price: isPaidTrial ? decimalFromMinor(trialAmountOf(scenario), currency) : null,
        next_price: decimalFromMinor(amountOf(scenario), currency),
        next_period: 1,
        next_period_duration: 'months',
        currency: { code: currency, minor_units: exponentOf(currency) },
      },
    },
  };
}

export function funnelfoxRefund(
  scenario: FunnelfoxScenario,
  of: { readonly index: number; readonly atMs: number; readonly amount: number },
): Fields {
  return {
    ...envelope(scenario, 'refund', 'settled', of.atMs),
    order_id: orderIdOf(scenario, of.index),
    trx_id: `trx-${orderIdOf(scenario, of.index)}-${of.atMs}`,
    amount_refunded: decimalFromMinor(of.amount, currencyOf(scenario)),
    currency_code: currencyOf(scenario),
    created_at: text(of.atMs),
  };
}

function envelope(scenario: FunnelfoxScenario, type: string, subtype: string, atMs: number): Fields {
  return {
    event_id: `evt-${scenario.subscriptionId}-${type}-${subtype}-${atMs}`,
    event_timestamp: text(atMs),
    event_type: type,
    subtype,
    external_id: scenario.customerId,
    is_livemode: scenario.livemode ?? false,
    user: { external_id: scenario.customerId, email: scenario.email ?? null },
  };
}

function amountOf({ amountMinor = defaultAmountMinor }: FunnelfoxScenario): number {
  return amountMinor;
}

function trialAmountOf({ trialAmountMinor = defaultTrialAmountMinor }: FunnelfoxScenario): number {
  return trialAmountMinor;
}

function currencyOf({ currency = 'USD' }: FunnelfoxScenario): string {
  return currency.toUpperCase();
}

function orderIdOf({ type, subscriptionId }: FunnelfoxScenario, index: number): string {
  return type === 'lifetime' ? subscriptionId : `order-${subscriptionId}-${index}`;
}

/** UTC with microseconds and without a zone, as FunnelFox writes times. */
function text(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`;
}
