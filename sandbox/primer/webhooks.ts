/**
 * Primer's webhooks (version 2.4) for demo and tests, and their signature: all that it sends of a sale, in the order of time, events
 * without a payment included.
 */
import { createHmac } from 'node:crypto';
import type { PaymentKind, Phase } from '../../src/domain/fact';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `subscriptionId` is in the metadata of every payment. */
export interface PrimerScenario extends SaleScenario {
  /** How the merchant states the purchase type. `none`: Primer's payment type decides. */
  readonly contract?: 'kind' | 'subs_iteration' | 'none';
}

export type PrimerScenarioEvent = ScenarioEvent<PrimerEventBody>;

export interface PrimerEventBody {
  readonly eventType: string;
  readonly date: string;
  readonly notificationConfig: Fields;
  readonly signedAt: string;
  readonly version: '2.4';
  readonly payment: PrimerPaymentBody;
}

export interface PrimerPaymentBody extends Fields {
  readonly id: string;
  readonly date: string;
  readonly status: string;
  readonly amount: number;
  readonly metadata: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The webhooks of one sale, ordered by time. */
export function primerEventsOf(scenario: PrimerScenario): readonly PrimerScenarioEvent[] {
  const { type, startMs, renewals = 1 } = scenario;
  const full = scenario.amountMinor ?? defaultAmountMinor;
  if (type === 'lifetime')
    return paymentEvents(scenario, 'conversion', { index: 0, kind: 'one_off', atMs: startMs, amount: full });
  const isTrial = type !== 'subscription';
  const trialAmount = type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  const firstPeriodMs = isTrial ? startMs + trialMs : startMs;
  const first = isTrial ? 1 : 0;
  return [
    ...(isTrial
      ? paymentEvents(scenario, 'trial_start', { index: 0, kind: 'trial_start', atMs: startMs, amount: trialAmount })
      : []),
    ...paymentEvents(scenario, 'conversion', { index: first, kind: 'conversion', atMs: firstPeriodMs, amount: full }),
    ...Array.from({ length: renewals }, (_, index) => ({
      at: first + index + 1,
      ms: firstPeriodMs + (index + 1) * periodMs,
    })).flatMap(({ at, ms }) => paymentEvents(scenario, 'renewal', { index: at, kind: 'renewal', atMs: ms, amount: full })),
  ];
}

/** The webhooks of one payment. */
function paymentEvents(scenario: PrimerScenario, phase: Phase, bill: PrimerBill): readonly PrimerScenarioEvent[] {
  const of = (status: string, afterMs: number): PrimerEventBody =>
    primerEvent('PAYMENT.STATUS', primerPayment(scenario, { ...bill, status }), bill.atMs + afterMs);
  return [
    { phase: 'state', event: of('PENDING', 1_000) },
    { phase: 'state', event: of('AUTHORIZED', 2_000) },
    { phase, event: of('SETTLED', 3_000) },
  ];
}

export interface PrimerBill {
  /** Which payment of the order, from 0. */
  readonly index: number;
  readonly kind: PaymentKind;
  readonly atMs: number;
  readonly amount: number;
  readonly status?: string;
  /** The refunded amount, and its time. */
  readonly refunds?: readonly { readonly amount: number; readonly atMs: number; readonly status?: string }[];
}

/** The whole payment, as in webhooks and `GET /payments/{id}`. */
export function primerPayment(scenario: PrimerScenario, bill: PrimerBill): PrimerPaymentBody {
  const { index, atMs, amount, status = 'SETTLED', refunds = [] } = bill;
  const currencyCode = (scenario.currency ?? 'USD').toUpperCase();
  const isFirst = index === 0;
  const transaction = (type: string, ofAmount: number, ms: number, processorStatus: string): Fields => ({
    date: microseconds(ms),
    amount: ofAmount,
    currencyCode,
    transactionType: type,
    processorTransactionId: `pi_${paymentId(scenario, index)}`,
    processorName: 'STRIPE',
    processorMerchantId: 'acct_sandbox',
    processorStatus,
  });
  return {
    id: paymentId(scenario, index),
    date: microseconds(atMs),
    dateUpdated: microseconds(atMs + 500),
    status,
    amount,
    currencyCode,
    customerId: scenario.customerId,
    orderId: `order-${paymentId(scenario, index)}`,
    cardTokenType: 'CARD_PAN',
    metadata: metadataOf(scenario, bill),
    ...(scenario.email === undefined ? {} : { customer: { emailAddress: scenario.email } }),
    paymentMethod: {
      paymentType: bill.kind === 'one_off' ? 'ECOMMERCE' : isFirst ? 'FIRST_PAYMENT' : 'SUBSCRIPTION',
      paymentMethodToken: `tok_${scenario.customerId}`,
      paymentMethodType: 'PAYMENT_CARD',
      isVaulted: 'false',
    },
    processor: {
      name: 'STRIPE',
      processorMerchantId: 'acct_sandbox',
      amountCaptured: status === 'SETTLED' ? amount : 0,
      amountRefunded: refunds.reduce((sum, refund) => sum + refund.amount, 0),
    },
    transactions: [
      transaction('SALE', amount, atMs + 100, status),
      ...refunds.map((refund) => transaction('REFUND', refund.amount, refund.atMs, refund.status ?? 'SETTLED')),
    ],
  };
}

/** One event around a payment. */
export function primerEvent(eventType: string, payment: PrimerPaymentBody, atMs: number): PrimerEventBody {
  return {
    eventType,
    date: microseconds(atMs),
    notificationConfig: { id: 'cc51f9f0-7e1c-492b-9d37-f83a818f6070', description: 'Payment webhook' },
    signedAt: String(Math.floor(atMs / 1000)),
    version: '2.4',
    payment,
  };
}

/** The id of the n-th payment of an order. */
export function paymentId({ subscriptionId }: Pick<PrimerScenario, 'subscriptionId'>, index: number): string {
  return `${subscriptionId}-P${index}`;
}

/** The body with the time of its signature, and the header. `signedAt` is part of the body, so it is set before signing. */
export function signPrimer(event: PrimerEventBody, secret: string, atSeconds: number): { readonly body: string } & PrimerSigned {
  const body = JSON.stringify({ ...event, signedAt: String(atSeconds) });
  return { body, headers: primerHeaders(body, secret) };
}

export interface PrimerSigned {
  readonly headers: Readonly<Record<string, string>>;
}

export function primerHeaders(raw: string | Buffer, secret: string, previous?: string): Readonly<Record<string, string>> {
  const mac = (key: string): string => createHmac('sha256', key).update(raw).digest('base64');
  return {
    'x-signature-primary': mac(secret),
    ...(previous === undefined ? {} : { 'x-signature-secondary': mac(previous) }),
  };
}

function metadataOf(scenario: PrimerScenario, { kind, index }: PrimerBill): Readonly<Record<string, string>> {
  const { contract = 'kind', subscriptionId, type } = scenario;
  const isOneOff = kind === 'one_off';
  const metadata = {
    ...(contract === 'none' || isOneOff ? {} : { subscription_id: subscriptionId }),
    ...(contract === 'kind' ? { kind } : {}),
    ...(contract === 'subs_iteration' && !isOneOff ? { subs_iteration: String(index), purchase_type: type } : {}),
    ...scenario.metadata,
  };
  return merchantMetadata({ ...scenario, metadata });
}

/** As Primer writes times: microseconds, no zone. */
function microseconds(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000');
}
