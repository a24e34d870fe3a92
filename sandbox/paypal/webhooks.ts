/**
 * PayPal's end for demo and tests: whole lives as the events that PayPal sends, in their natural order and with the noise between them,
 * and their signature. Shapes are those of the sandbox's samples. Everything is derived from what is passed in, but the keys.
 */
import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { decimalFromMinor } from '../../src/domain/money';
import { signedText } from '../../src/psp/paypal/signature';
import { makeCertificate } from './certificates';

export interface PaypalLife {
  readonly type: PurchaseType;
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys. `custom_id` takes 127 characters: what does not fit is left out. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The payer id. */
  readonly customerId: string;
  /** `I-…`; for a one-off what its ids are derived from. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly email?: string;
  readonly currency?: string;
  /** Of a full period or the one-off, in ISO 4217 minor units. */
  readonly amountMinor?: number;
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  readonly planId?: string;
  /** Is it PayPal's live API that its links lead to? */
  readonly isLive?: boolean;
}

export interface PaypalLifeEvent {
  readonly phase: Phase | 'state';
  readonly event: PaypalEventBody;
}

export interface PaypalEventBody {
  readonly id: string;
  readonly event_version: string;
  readonly create_time: string;
  readonly resource_type: string;
  readonly event_type: string;
  readonly resource: Fields;
  readonly links: readonly Fields[];
}

type Fields = Readonly<Record<string, unknown>>;

const dayMs = 86_400_000;
const trialMs = 7 * dayMs;
const periodMs = 30 * dayMs;
const defaultAmount = 1999;
const defaultTrialAmount = 100;

/** The life of one purchase of this type. */
export function paypalLife(life: PaypalLife): readonly PaypalLifeEvent[] {
  return life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life);
}

function subscriptionLife(life: PaypalLife): readonly PaypalLifeEvent[] {
  const { startMs, type, renewals = 1 } = life;
  const isTrial = type !== 'subscription';
  const firstPeriodMs = isTrial ? startMs + trialMs : startMs;
  const isPaidTrial = type === 'paid_trial';
  const firstSale = isPaidTrial ? 1 : 0;
  const trialAmount = life.trialAmountMinor ?? defaultTrialAmount;
  const created = paypalSubscription(life, { status: 'APPROVAL_PENDING', changedMs: startMs });
  // Where something is paid at once, that may be told before the activation.
  const activated = paypalSubscription(life, {
    status: 'ACTIVE',
    changedMs: startMs + 60_000,
    ...(isPaidTrial ? { lastPayment: { amountMinor: trialAmount, atMs: startMs + 50_000 }, trialDone: true } : {}),
  });
  const later = Array.from({ length: renewals }, (_, index) => ({
    phase: 'renewal' as const,
    event: paypalSale(life, firstSale + index + 1, firstPeriodMs + (index + 1) * periodMs + 3_600_000),
  }));
  return [
    { phase: 'state', event: paypalEvent(life, 'BILLING.SUBSCRIPTION.CREATED', created, startMs) },
    ...(isPaidTrial ? [{ phase: 'trial_start' as const, event: paypalSale(life, 0, startMs + 50_000, trialAmount) }] : []),
    {
      phase: type === 'free_trial' ? 'trial_start' : 'state',
      event: paypalEvent(life, 'BILLING.SUBSCRIPTION.ACTIVATED', activated, startMs + 61_000),
    },
    { phase: 'conversion', event: paypalSale(life, firstSale, firstPeriodMs + (isTrial ? 3_600_000 : 70_000)) },
    ...later,
  ];
}

function oneOffLife(life: PaypalLife): readonly PaypalLifeEvent[] {
  const { startMs, amountMinor = defaultAmount } = life;
  const order = paypalOrder(life, []);
  const capture = {
    id: captureId(life),
    amount: money(life, amountMinor),
    final_capture: true,
    seller_protection: { status: 'ELIGIBLE', dispute_categories: ['ITEM_NOT_RECEIVED', 'UNAUTHORIZED_TRANSACTION'] },
    ...customId(life),
    status: 'COMPLETED',
    supplementary_data: { related_ids: { order_id: orderId(life) } },
    create_time: iso(startMs + 30_000),
    update_time: iso(startMs + 30_000),
    links: [{ href: `${host(life)}/v2/payments/captures/${captureId(life)}`, rel: 'self', method: 'GET' }],
  };
  return [
    { phase: 'state', event: paypalEvent(life, 'CHECKOUT.ORDER.APPROVED', order, startMs + 20_000) },
    { phase: 'conversion', event: paypalEvent(life, 'PAYMENT.CAPTURE.COMPLETED', capture, startMs + 31_000) },
    {
      phase: 'state',
      event: paypalEvent(life, 'CHECKOUT.ORDER.COMPLETED', paypalOrder(life, [capture]), startMs + 32_000),
    },
  ];
}

export interface SubscriptionMoment {
  readonly status: string;
  readonly changedMs: number;
  readonly lastPayment?: { readonly amountMinor: number; readonly atMs: number };
  /** The cycles of the trial are executed. */
  readonly trialDone?: boolean;
  readonly regularDone?: number;
}

/** A subscription as events show it: without its plan. */
export function paypalSubscription(life: PaypalLife, moment: SubscriptionMoment): Fields {
  const { startMs, subscriptionId, email, customerId } = life;
  const isTrial = life.type === 'free_trial' || life.type === 'paid_trial';
  const { trialDone = false, regularDone = 0, lastPayment } = moment;
  const execution = (tenure: string, sequence: number, done: number, remaining: number): Fields => ({
    tenure_type: tenure,
    sequence,
    cycles_completed: done,
    cycles_remaining: remaining,
    current_pricing_scheme_version: 1,
    total_cycles: tenure === 'TRIAL' ? 1 : 0,
  });
  const nextMs = trialDone ? startMs + trialMs + regularDone * periodMs : startMs;
  return {
    id: subscriptionId,
    plan_id: planId(life),
    status: moment.status,
    status_update_time: iso(moment.changedMs),
    start_time: iso(startMs),
    create_time: iso(startMs),
    update_time: iso(moment.changedMs),
    quantity: '1',
    ...customId(life),
    subscriber: { ...(email === undefined ? {} : { email_address: email }), payer_id: customerId },
    billing_info: {
      outstanding_balance: money(life, 0),
      cycle_executions: [
        ...(isTrial ? [execution('TRIAL', 1, trialDone ? 1 : 0, trialDone ? 0 : 1)] : []),
        execution('REGULAR', isTrial ? 2 : 1, regularDone, 0),
      ],
      ...(lastPayment ? { last_payment: { amount: money(life, lastPayment.amountMinor), time: iso(lastPayment.atMs) } } : {}),
      next_billing_time: iso(nextMs),
      failed_payments_count: 0,
    },
    links: [{ href: `${host(life)}/v1/billing/subscriptions/${subscriptionId}`, rel: 'self', method: 'GET' }],
  };
}

/** The plan that the subscription is of, as the API shows it on request. */
export function paypalPlan(life: PaypalLife): Fields {
  const cycle = (tenure: string, sequence: number, unit: string, interval: number, total: number, amount: number): Fields => ({
    tenure_type: tenure,
    sequence,
    total_cycles: total,
    frequency: { interval_unit: unit, interval_count: interval },
    ...(amount > 0 ? { pricing_scheme: { version: 1, fixed_price: money(life, amount) } } : {}),
  });
  const isTrial = life.type === 'free_trial' || life.type === 'paid_trial';
  const trialAmount = life.type === 'paid_trial' ? (life.trialAmountMinor ?? defaultTrialAmount) : 0;
  return {
    id: planId(life),
    billing_cycles: [
      ...(isTrial ? [cycle('TRIAL', 1, 'DAY', 7, 1, trialAmount)] : []),
      cycle('REGULAR', isTrial ? 2 : 1, 'DAY', 30, 0, life.amountMinor ?? defaultAmount),
    ],
  };
}

/** The n-th sale of a subscription: it names no plan, no cycle and no custom id. */
export function paypalSale(
  life: PaypalLife,
  index: number,
  atMs: number,
  amountMinor = life.amountMinor ?? defaultAmount,
): PaypalEventBody {
  const currency = currencyOf(life);
  const total = decimalFromMinor(amountMinor, currency);
  const id = saleId(life, index);
  const sale = {
    id,
    state: 'completed',
    amount: { total, currency, details: { subtotal: total } },
    payment_mode: 'INSTANT_TRANSFER',
    protection_eligibility: 'ELIGIBLE',
    billing_agreement_id: life.subscriptionId,
    create_time: iso(atMs),
    update_time: iso(atMs),
    invoice_number: '',
    links: [{ href: `${host(life)}/v1/payments/sale/${id}`, rel: 'self', method: 'GET' }],
  };
  return paypalEvent(life, 'PAYMENT.SALE.COMPLETED', sale, atMs + 4_000);
}

/** One event around a resource, for tests that need just that. */
export function paypalEvent(life: Pick<PaypalLife, 'isLive'>, type: string, resource: Fields, atMs: number): PaypalEventBody {
  const named = typeof resource.id === 'string' ? resource.id : 'X';
  const id = `WH-${type.replaceAll('.', '')}-${named}-${atMs}`;
  return {
    id,
    event_version: '1.0',
    create_time: iso(atMs),
    resource_type: type.startsWith('BILLING.') ? 'subscription' : type.startsWith('PAYMENT.SALE') ? 'sale' : 'capture',
    event_type: type,
    resource,
    links: [{ href: `${host(life)}/v1/notifications/webhooks-events/${id}`, rel: 'self', method: 'GET' }],
  };
}

function paypalOrder(life: PaypalLife, captures: readonly Fields[]): Fields {
  return {
    id: orderId(life),
    intent: 'CAPTURE',
    status: captures.length > 0 ? 'COMPLETED' : 'APPROVED',
    payer: { payer_id: life.customerId, ...(life.email === undefined ? {} : { email_address: life.email }) },
    purchase_units: [
      {
        reference_id: 'default',
        amount: money(life, life.amountMinor ?? defaultAmount),
        ...customId(life),
        ...(captures.length > 0 ? { payments: { captures } } : {}),
      },
    ],
    create_time: iso(life.startMs),
  };
}

/** The ids that `paypalLife` derives. */
export function saleId(life: Pick<PaypalLife, 'subscriptionId'>, index: number): string {
  return `${bare(life)}SALE${index}`;
}

export function captureId(life: Pick<PaypalLife, 'subscriptionId'>): string {
  return `${bare(life)}CAPTURE`;
}

export function orderId(life: Pick<PaypalLife, 'subscriptionId'>): string {
  return `${bare(life)}ORDER`;
}

function planId({ planId: id = 'P-PREMIUM' }: PaypalLife): string {
  return id;
}

function bare({ subscriptionId }: Pick<PaypalLife, 'subscriptionId'>): string {
  return subscriptionId.replace(/^I-/, '');
}

function host({ isLive = false }: Pick<PaypalLife, 'isLive'>): string {
  return isLive ? 'https://api.paypal.com' : 'https://api.sandbox.paypal.com';
}

function money(life: PaypalLife, amountMinor: number): Fields {
  const currency = currencyOf(life);
  return { currency_code: currency, value: decimalFromMinor(amountMinor, currency) };
}

function currencyOf({ currency = 'USD' }: PaypalLife): string {
  return currency.toUpperCase();
}

function customId({ userId, checkoutId, metadata }: PaypalLife): Fields {
  const pairs = Object.entries({
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(checkoutId === undefined ? {} : { checkout_id: checkoutId }),
    ...metadata,
  });
  const fitting = pairs.reduce((text, [key, value]) => {
    const longer = `${text}${text === '' ? '' : '&'}${new URLSearchParams([[key, value]]).toString()}`;
    return longer.length <= 127 ? longer : text;
  }, '');
  return fitting === '' ? {} : { custom_id: fitting };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

export interface PaypalSigner {
  /** The five headers for a body. */
  sign(raw: string | Buffer, webhookId: string, id: string, atMs: number): Readonly<Record<string, string>>;
  /** What has to be trusted for its signatures to count. */
  readonly rootPem: string;
  readonly certificateUrl: string;
  readonly certificatePem: string;
  readonly privateKey: KeyObject;
  /** Serves the certificate, and its issuer's, as PayPal and DigiCert do. */
  readonly fetch: typeof globalThis.fetch;
}

/** Keys and certificates of a PayPal of our own. As PayPal's, the certificate is served without its issuer's. */
export function createPaypalSigner(nowMs: number): PaypalSigner {
  const valid = { fromMs: nowMs - 300 * dayMs, untilMs: nowMs + 300 * dayMs };
  const issuerUrl = 'http://cacerts.digicert.com/SandboxIssuingCA.crt';
  const root = makeCertificate({ name: 'Sandbox Root CA', isAuthority: true, ...valid });
  const issuing = makeCertificate({ name: 'Sandbox Issuing CA', isAuthority: true, issuer: root, ...valid });
  const name = 'messageverificationcerts.sandbox.paypal.com';
  const leaf = makeCertificate({ name, issuer: issuing, issuerUrl, ...valid });
  const certificateUrl = 'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-5a4d0000';
  const served: Readonly<Record<string, string | Buffer>> = { [certificateUrl]: leaf.pem, [issuerUrl]: issuing.der };
  return {
    sign: (raw, webhookId, id, atMs) => signPaypal(raw, webhookId, { id, atMs, certificateUrl, privateKey: leaf.privateKey }),
    rootPem: root.pem,
    certificateUrl,
    certificatePem: leaf.pem,
    privateKey: leaf.privateKey,
    fetch: async (input) => {
      const body = served[input instanceof Request ? input.url : String(input)];
      return body === undefined ? new Response('', { status: 404 }) : new Response(body);
    },
  };
}

export interface PaypalTransmission {
  readonly id: string;
  readonly atMs: number;
  readonly certificateUrl: string;
  readonly privateKey: KeyObject;
}

export function signPaypal(
  raw: string | Buffer,
  webhookId: string,
  { id, atMs, certificateUrl, privateKey }: PaypalTransmission,
): Readonly<Record<string, string>> {
  const time = iso(Math.floor(atMs / 1000) * 1000);
  const signature = sign('RSA-SHA256', signedText({ id, time }, webhookId, Buffer.from(raw)), privateKey);
  return {
    'paypal-transmission-id': id,
    'paypal-transmission-time': time,
    'paypal-transmission-sig': signature.toString('base64'),
    'paypal-cert-url': certificateUrl,
    'paypal-auth-algo': 'SHA256withRSA',
  };
}
