/**
 * PayPal's webhooks for demo and tests, and their signature: all that it sends of a sale, in the order of time, events without a
 * payment included. Shapes are those of the samples in PayPal's sandbox.
 */
import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type {} from '../../src/domain/fact';
import { decimalFromMinor } from '../../src/domain/money';
import { signedText } from '../../src/psp/paypal/signature';
import { makeCertificate } from './certificates';
import { dayMs, defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `customerId` is the payer id, `subscriptionId` an `I-…`. `custom_id` has at most 127 characters: metadata beyond that is left out. */
export interface PaypalScenario extends SaleScenario {
  readonly planId?: string;
  /** Of the order of a one-off: https://developer.paypal.com/docs/api/orders/v2/#definition-item */
  readonly items?: readonly Readonly<Record<string, unknown>>[];
  /** True if links point to PayPal's live API. */
  readonly isLive?: boolean;
}

export type PaypalScenarioEvent = ScenarioEvent<PaypalEventBody>;

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

/** The webhooks of one sale, ordered by time. */
export function paypalEventsOf(scenario: PaypalScenario): readonly PaypalScenarioEvent[] {
  return scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario);
}

function subscriptionEvents(scenario: PaypalScenario): readonly PaypalScenarioEvent[] {
  const { startMs, type, renewals = 1 } = scenario;
  const isTrial = type !== 'subscription';
  const firstPeriodMs = isTrial ? startMs + trialMs : startMs;
  const isPaidTrial = type === 'paid_trial';
  const firstSale = isPaidTrial ? 1 : 0;
  const trialAmount = scenario.trialAmountMinor ?? defaultTrialAmountMinor;
  const created = paypalSubscription(scenario, { status: 'APPROVAL_PENDING', changedMs: startMs });
  // A first payment may be reported before the activation.
  const activated = paypalSubscription(scenario, {
    status: 'ACTIVE',
    changedMs: startMs + 60_000,
    ...(isPaidTrial ? { lastPayment: { amountMinor: trialAmount, atMs: startMs + 50_000 }, trialDone: true } : {}),
  });
  const later = Array.from({ length: renewals }, (_, index) => ({
    phase: 'renewal' as const,
    event: paypalSale(scenario, firstSale + index + 1, firstPeriodMs + (index + 1) * periodMs + 3_600_000),
  }));
  return [
    { phase: 'state', event: paypalEvent(scenario, 'BILLING.SUBSCRIPTION.CREATED', created, startMs) },
    ...(isPaidTrial ? [{ phase: 'trial_start' as const, event: paypalSale(scenario, 0, startMs + 50_000, trialAmount) }] : []),
    {
      phase: type === 'free_trial' ? 'trial_start' : 'state',
      event: paypalEvent(scenario, 'BILLING.SUBSCRIPTION.ACTIVATED', activated, startMs + 61_000),
    },
    { phase: 'conversion', event: paypalSale(scenario, firstSale, firstPeriodMs + (isTrial ? 3_600_000 : 70_000)) },
    ...later,
  ];
}

function oneOffEvents(scenario: PaypalScenario): readonly PaypalScenarioEvent[] {
  const { startMs, amountMinor = defaultAmountMinor } = scenario;
  const order = paypalOrder(scenario, []);
  const capture = {
    id: captureId(scenario),
    amount: money(scenario, amountMinor),
    final_capture: true,
    seller_protection: { status: 'ELIGIBLE', dispute_categories: ['ITEM_NOT_RECEIVED', 'UNAUTHORIZED_TRANSACTION'] },
    ...customId(scenario),
    status: 'COMPLETED',
    supplementary_data: { related_ids: { order_id: orderId(scenario) } },
    create_time: iso(startMs + 30_000),
    update_time: iso(startMs + 30_000),
    links: [{ href: `${host(scenario)}/v2/payments/captures/${captureId(scenario)}`, rel: 'self', method: 'GET' }],
  };
  return [
    { phase: 'state', event: paypalEvent(scenario, 'CHECKOUT.ORDER.APPROVED', order, startMs + 20_000) },
    { phase: 'conversion', event: paypalEvent(scenario, 'PAYMENT.CAPTURE.COMPLETED', capture, startMs + 31_000) },
    {
      phase: 'state',
      event: paypalEvent(scenario, 'CHECKOUT.ORDER.COMPLETED', paypalOrder(scenario, [capture]), startMs + 32_000),
    },
  ];
}

export interface SubscriptionMoment {
  readonly status: string;
  readonly changedMs: number;
  readonly lastPayment?: { readonly amountMinor: number; readonly atMs: number };
  /** True once the trial's cycles are over. */
  readonly trialDone?: boolean;
  readonly regularDone?: number;
  /** `next_billing_time`; else when the next cycle is due. */
  readonly nextMs?: number;
}

/** PayPal's count of a tenure's cycles: `done` of `total`, which is 0 for cycles without an end. */
export function cycleExecution(tenure: string, sequence: number, done: number, total: number): Fields {
  return {
    tenure_type: tenure,
    sequence,
    cycles_completed: done,
    cycles_remaining: Math.max(0, total - done),
    current_pricing_scheme_version: 1,
    total_cycles: total,
  };
}

/** A subscription as in events, without its plan. */
export function paypalSubscription(scenario: PaypalScenario, moment: SubscriptionMoment): Fields {
  const { startMs, subscriptionId, email, customerId } = scenario;
  const isTrial = scenario.type === 'free_trial' || scenario.type === 'paid_trial';
  const { trialDone = false, regularDone = 0, lastPayment } = moment;
  // A free cycle is not billed: what is due is the first regular one.
  const isTrialOver = trialDone || scenario.type === 'free_trial';
  const nextMs = moment.nextMs ?? (isTrialOver ? startMs + trialMs + regularDone * periodMs : startMs);
  return {
    id: subscriptionId,
    plan_id: planId(scenario),
    status: moment.status,
    status_update_time: iso(moment.changedMs),
    start_time: iso(startMs),
    create_time: iso(startMs),
    update_time: iso(moment.changedMs),
    quantity: '1',
    ...customId(scenario),
    subscriber: { ...(email === undefined ? {} : { email_address: email }), payer_id: customerId },
    billing_info: {
      outstanding_balance: money(scenario, 0),
      cycle_executions: [
        ...(isTrial ? [cycleExecution('TRIAL', 1, trialDone ? 1 : 0, 1)] : []),
        cycleExecution('REGULAR', isTrial ? 2 : 1, regularDone, 0),
      ],
      ...(lastPayment ? { last_payment: { amount: money(scenario, lastPayment.amountMinor), time: iso(lastPayment.atMs) } } : {}),
      next_billing_time: iso(nextMs),
      failed_payments_count: 0,
    },
    links: [{ href: `${host(scenario)}/v1/billing/subscriptions/${subscriptionId}`, rel: 'self', method: 'GET' }],
  };
}

/** The subscription's plan, as the API returns it. */
export function paypalPlan(scenario: PaypalScenario): Fields {
  interface Cycle {
    readonly tenure: string;
    readonly sequence: number;
    readonly days: number;
    readonly total: number;
    readonly amount: number;
  }
  const cycle = ({ tenure, sequence, days, total, amount }: Cycle): Fields => ({
    tenure_type: tenure,
    sequence,
    total_cycles: total,
    frequency: { interval_unit: 'DAY', interval_count: days },
    ...(amount > 0 ? { pricing_scheme: { version: 1, fixed_price: money(scenario, amount) } } : {}),
  });
  const isTrial = scenario.type === 'free_trial' || scenario.type === 'paid_trial';
  const trialAmount = scenario.type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  return {
    id: planId(scenario),
    billing_cycles: [
      ...(isTrial ? [cycle({ tenure: 'TRIAL', sequence: 1, days: 7, total: 1, amount: trialAmount })] : []),
      cycle({
        tenure: 'REGULAR',
        sequence: isTrial ? 2 : 1,
        days: 30,
        total: 0,
        amount: scenario.amountMinor ?? defaultAmountMinor,
      }),
    ],
  };
}

/** The n-th sale of a subscription: it names no plan, no cycle and no custom id. */
export function paypalSale(
  scenario: PaypalScenario,
  index: number,
  atMs: number,
  amountMinor = scenario.amountMinor ?? defaultAmountMinor,
): PaypalEventBody {
  const currency = currencyOf(scenario);
  const total = decimalFromMinor(amountMinor, currency);
  const id = saleId(scenario, index);
  const sale = {
    id,
    state: 'completed',
    amount: { total, currency, details: { subtotal: total } },
    payment_mode: 'INSTANT_TRANSFER',
    protection_eligibility: 'ELIGIBLE',
    billing_agreement_id: scenario.subscriptionId,
    create_time: iso(atMs),
    update_time: iso(atMs),
    invoice_number: '',
    links: [{ href: `${host(scenario)}/v1/payments/sale/${id}`, rel: 'self', method: 'GET' }],
  };
  return paypalEvent(scenario, 'PAYMENT.SALE.COMPLETED', sale, atMs + 4_000);
}

/** One event around a resource, for tests that need a single event. */
export function paypalEvent(
  scenario: Pick<PaypalScenario, 'isLive'>,
  type: string,
  resource: Fields,
  atMs: number,
): PaypalEventBody {
  const named = typeof resource.id === 'string' ? resource.id : 'X';
  const id = `WH-${type.replaceAll('.', '')}-${named}-${atMs}`;
  return {
    id,
    event_version: '1.0',
    create_time: iso(atMs),
    resource_type: type.startsWith('BILLING.') ? 'subscription' : type.startsWith('PAYMENT.SALE') ? 'sale' : 'capture',
    event_type: type,
    resource,
    links: [{ href: `${host(scenario)}/v1/notifications/webhooks-events/${id}`, rel: 'self', method: 'GET' }],
  };
}

function paypalOrder(scenario: PaypalScenario, captures: readonly Fields[]): Fields {
  return {
    id: orderId(scenario),
    intent: 'CAPTURE',
    status: captures.length > 0 ? 'COMPLETED' : 'APPROVED',
    payer: { payer_id: scenario.customerId, ...(scenario.email === undefined ? {} : { email_address: scenario.email }) },
    purchase_units: [
      {
        reference_id: 'default',
        amount: money(scenario, scenario.amountMinor ?? defaultAmountMinor),
        ...customId(scenario),
        ...(scenario.items === undefined ? {} : { items: scenario.items }),
        ...(captures.length > 0 ? { payments: { captures } } : {}),
      },
    ],
    create_time: iso(scenario.startMs),
  };
}

/** The ids that `paypalEventsOf` derives. */
export function saleId(scenario: Pick<PaypalScenario, 'subscriptionId'>, index: number): string {
  return `${bare(scenario)}SALE${index}`;
}

export function captureId(scenario: Pick<PaypalScenario, 'subscriptionId'>): string {
  return `${bare(scenario)}CAPTURE`;
}

export function orderId(scenario: Pick<PaypalScenario, 'subscriptionId'>): string {
  return `${bare(scenario)}ORDER`;
}

function planId({ planId: id = 'P-PREMIUM' }: PaypalScenario): string {
  return id;
}

function bare({ subscriptionId }: Pick<PaypalScenario, 'subscriptionId'>): string {
  return subscriptionId.replace(/^I-/, '');
}

function host({ isLive = false }: Pick<PaypalScenario, 'isLive'>): string {
  return isLive ? 'https://api.paypal.com' : 'https://api.sandbox.paypal.com';
}

function money(scenario: PaypalScenario, amountMinor: number): Fields {
  const currency = currencyOf(scenario);
  return { currency_code: currency, value: decimalFromMinor(amountMinor, currency) };
}

function currencyOf({ currency = 'USD' }: PaypalScenario): string {
  return currency.toUpperCase();
}

function customId(scenario: PaypalScenario): Fields {
  const pairs = Object.entries(merchantMetadata(scenario));
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
  /** The root certificate to trust. */
  readonly rootPem: string;
  readonly certificateUrl: string;
  readonly certificatePem: string;
  readonly privateKey: KeyObject;
  /** Serves the certificate and its issuer's, as PayPal and DigiCert do. */
  readonly fetch: typeof globalThis.fetch;
}

/** A signer with keys and certificates of its own. Like PayPal's, its certificate is served without its issuer's. */
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
      return body === undefined ? new Response('', { status: 404 }) : new Response(new Uint8Array(Buffer.from(body)));
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
