/**
 * The payment providers that have an API: their webhooks, and a stand-in of the API that knows the same events, sent or lost. The
 * payments are read here from the bodies, without our adapters.
 */
import type { SaleScenario } from '../../sandbox/sale-scenario';
import type { Phase } from '../../src/domain/fact';
import { minorFromDecimal } from '../../src/domain/money';
import { startPaddleApi } from '../../sandbox/paddle/api';
import { paddleEventsOf, signPaddle, transactionId } from '../../sandbox/paddle/webhooks';
import { startPaypalApi } from '../../sandbox/paypal/api';
import { captureId, createPaypalSigner, paypalEventsOf, saleId } from '../../sandbox/paypal/webhooks';
import { startPrimerApi } from '../../sandbox/primer/api';
import { paymentId, primerEventsOf, signPrimer } from '../../sandbox/primer/webhooks';
import { startSolidgateApi } from '../../sandbox/solidgate/api';
import { signSolidgate, solidgateEventsOf } from '../../sandbox/solidgate/webhooks';
import { startStripeApi } from '../../sandbox/stripe/api';
import type { StripeScenario } from '../../sandbox/stripe/webhooks';
import { intentId, invoiceId, signStripe, stripeEventsOf } from '../../sandbox/stripe/webhooks';

/** A scenario before it has a provider's ids: each provider derives them from the name. */
export interface Sale extends Required<
  Pick<SaleScenario, 'type' | 'startMs' | 'currency' | 'amountMinor' | 'trialAmountMinor' | 'renewals'>
> {
  /** Unique. */
  readonly name: string;
}

/** What was paid, as the provider's own books have it. */
export interface Paid {
  readonly psp: string;
  readonly order: string;
  readonly moneyId: string;
  readonly phase: Phase;
  readonly atMs: number;
  readonly minor: number;
  readonly currency: string;
}

/** One event of a provider. */
export interface ProviderEvent {
  readonly atMs: number;
  /** The payment that it reports; null for an event without a payment, or that reports a payment again. */
  readonly paid: Paid | null;
  /** Signed as of now. */
  webhook(): { readonly path: string; readonly body: string; readonly headers: Readonly<Record<string, string>> };
  /** Lets the provider's API know of it. */
  happen(): void;
}

export type Outage = { readonly status: number; readonly retryAfter?: string };

export interface FarEnd {
  readonly psp: string;
  /** Switches its webhooks and its API on. */
  readonly env: Readonly<Record<string, string>>;
  /** The order's id. */
  orderOf(sale: Sale): string;
  eventsOf(sale: Sale): readonly ProviderEvent[];
  /** How often its API was asked. */
  asked(): number;
  failNext(times: number, outage: Outage): void;
  close(): Promise<void>;
}

const now = (): number => Math.floor(Date.now() / 1000);

export interface StripeEnd extends FarEnd {
  readonly requests: readonly string[];
  readonly api: Awaited<ReturnType<typeof startStripeApi>>;
  /** Body and headers of a webhook. */
  signed(event: object): [body: string, headers: Readonly<Record<string, string>>];
}

export async function stripeEnd(pages: { readonly mostPerPage?: number } = {}): Promise<StripeEnd> {
  const secret = 'whsec_far_end';
  const api = await startStripeApi({ keys: ['rk_test_far_end'], ...pages });
  const scenarioOf = (sale: Sale): StripeScenario => ({
    ...sale,
    subscriptionId: `sub_${sale.name}`,
    customerId: `cus_${sale.name}`,
    userId: `u_${sale.name}`,
  });
  const orderOf = (sale: Sale): string => (sale.type === 'lifetime' ? intentId(scenarioOf(sale), 0) : `sub_${sale.name}`);
  const signed: StripeEnd['signed'] = (event) => {
    const body = JSON.stringify(event);
    return [body, { 'stripe-signature': signStripe(body, secret, now()) }];
  };
  return {
    psp: 'stripe',
    env: { STRIPE_WEBHOOK_SECRETS: secret, STRIPE_API_KEY: 'rk_test_far_end', STRIPE_API_URL: api.url },
    orderOf,
    eventsOf(sale) {
      const next = counter();
      return stripeEventsOf(scenarioOf(sale)).map(({ phase, event }) => {
        const object = event.data.object as { amount_paid?: number; amount_total?: number };
        const atMs = event.created * 1000;
        return {
          atMs,
          paid: paidOf(phase, () => ({
            ...{ psp: 'stripe', order: orderOf(sale), atMs, currency: sale.currency },
            moneyId: sale.type === 'lifetime' ? intentId(scenarioOf(sale), 0) : invoiceId(scenarioOf(sale), next()),
            minor: object.amount_paid ?? object.amount_total ?? NaN,
          })),
          webhook: () => {
            const [body, headers] = signed(event);
            return { path: '/webhooks/stripe', body, headers };
          },
          happen: () => api.add([event]),
        };
      });
    },
    asked: () => api.requests.length,
    failNext: (times, { status, retryAfter }) =>
      api.failNext(
        times,
        status === 429 ? { kind: 'throttled', ...(retryAfter === undefined ? {} : { retryAfter }) } : { kind: 'status', status },
      ),
    close: () => api.close(),
    requests: api.requests,
    api,
    signed,
  };
}

export async function paddleEnd(): Promise<FarEnd> {
  const secret = 'pdl_ntfset_far_end';
  const api = await startPaddleApi({ keys: ['pdl_far_end'] });
  const scenarioOf = (sale: Sale) => ({
    ...sale,
    subscriptionId: `sub_${sale.name}`,
    customerId: `ctm_${sale.name}`,
    userId: `u_${sale.name}`,
  });
  const orderOf = (sale: Sale): string => (sale.type === 'lifetime' ? transactionId(scenarioOf(sale), 0) : `sub_${sale.name}`);
  return {
    psp: 'paddle',
    env: { PADDLE_WEBHOOK_SECRETS: secret, PADDLE_API_KEY: 'pdl_far_end', PADDLE_API_URL: api.url },
    orderOf,
    eventsOf: (sale) =>
      paddleEventsOf(scenarioOf(sale)).map(({ phase, event }) => {
        const atMs = Date.parse(event.occurred_at);
        const { details } = event.data as { details?: { totals: { grand_total: string } } };
        return {
          atMs,
          paid: paidOf(phase, () => ({
            ...{ psp: 'paddle', order: orderOf(sale), atMs, currency: sale.currency, moneyId: event.data.id },
            minor: Number(details?.totals.grand_total),
          })),
          webhook: () => {
            const body = JSON.stringify(event);
            return { path: '/webhooks/paddle', body, headers: { ...signPaddle(body, secret, now()) } };
          },
          happen: () => api.add(event),
        };
      }),
    asked: () => api.requests.length,
    failNext: (times, outage) => api.failNext(times, { kind: 'status', ...outage }),
    close: () => api.close(),
  };
}

export async function solidgateEnd(): Promise<FarEnd> {
  const hooks = 'wh_pk_far_end:wh_sk_far_end';
  const keys = 'api_pk_far_end:api_sk_far_end';
  const api = await startSolidgateApi({ keys: [keys], pageSize: 5 });
  const scenarioOf = (sale: Sale) => ({
    ...sale,
    subscriptionId: sale.name,
    customerId: `customer-${sale.name}`,
    userId: `u_${sale.name}`,
  });
  return {
    psp: 'solidgate',
    env: { SOLIDGATE_WEBHOOK_KEYS: hooks, SOLIDGATE_API_KEYS: keys, SOLIDGATE_API_URL: api.url },
    orderOf: ({ name }) => name,
    eventsOf(sale) {
      const next = counter();
      return solidgateEventsOf(scenarioOf(sale)).map((told) => {
        const { phase, event, headers } = told;
        const atMs = Date.parse(headers['solidgate-event-created-at'] ?? '');
        const { invoices, order } = event as { invoices?: Record<string, { amount: number }>; order?: { amount: number } };
        return {
          atMs,
          paid: paidOf(phase, () => ({
            ...{ psp: 'solidgate', order: sale.name, atMs, currency: sale.currency },
            moneyId: sale.type === 'lifetime' ? sale.name : `order-${sale.name}-${next()}`,
            minor: order?.amount ?? Object.values(invoices ?? {})[0]?.amount ?? NaN,
          })),
          webhook: () => {
            const body = JSON.stringify(event);
            return { path: '/webhooks/solidgate', body, headers: { ...headers, ...signSolidgate(body, hooks) } };
          },
          happen: () => api.add(told),
        };
      });
    },
    asked: () => api.requests.length,
    failNext: (times, { status, retryAfter }) =>
      api.failNext(
        ...Array.from({ length: times }, () => ({
          status,
          ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
        })),
      ),
    close: () => api.close(),
  };
}

/** Its webhooks are checked by the stand-in itself, as PayPal offers. */
export async function paypalEnd(): Promise<FarEnd> {
  const webhookId = '1JE4291016473214C';
  const signer = createPaypalSigner(Date.now());
  const api = await startPaypalApi({
    keys: ['client-far:secret-end'],
    signer: { webhookId, certificatePem: signer.certificatePem },
    mostPerPage: 20,
  });
  const scenarioOf = (sale: Sale) => ({
    ...sale,
    subscriptionId: `I-${sale.name}`,
    customerId: `PAYER${sale.name}`,
    userId: `u_${sale.name}`,
  });
  const orderOf = (sale: Sale): string => (sale.type === 'lifetime' ? captureId(scenarioOf(sale)) : `I-${sale.name}`);
  const events = counter();
  return {
    psp: 'paypal',
    env: {
      PAYPAL_WEBHOOK_ID: `${api.url.replace('http://', 'http://client-far:secret-end@')}/${webhookId}`,
      PAYPAL_CLIENT_ID: 'client-far',
      PAYPAL_CLIENT_SECRET: 'secret-end',
      PAYPAL_API_URL: api.url,
    },
    orderOf,
    eventsOf(sale) {
      const sales = counter();
      return paypalEventsOf(scenarioOf(sale)).map(({ phase, event }) => {
        const atMs = Date.parse(event.create_time);
        const isFreeTrial = phase === 'trial_start' && sale.type === 'free_trial';
        const { amount } = event.resource as { amount?: { total?: string; value?: string } };
        return {
          atMs,
          paid: paidOf(phase, () => ({
            ...{ psp: 'paypal', order: orderOf(sale), atMs, currency: sale.currency },
            moneyId: isFreeTrial
              ? `I-${sale.name}:trial`
              : sale.type === 'lifetime'
                ? captureId(scenarioOf(sale))
                : saleId(scenarioOf(sale), sales()),
            minor: isFreeTrial ? 0 : (minorFromDecimal(amount?.total ?? amount?.value ?? '', sale.currency) ?? NaN),
          })),
          webhook: () => {
            const body = JSON.stringify(event);
            const id = `transmission-${sale.name}-${events()}`;
            return { path: '/webhooks/paypal', body, headers: signer.sign(body, webhookId, id, Date.now()) };
          },
          happen: () => api.add({ ...event }),
        };
      });
    },
    asked: () => api.requests.length,
    failNext: (times, outage) => api.failNext(times, { kind: 'status', ...outage }),
    close: () => api.close(),
  };
}

export async function primerEnd(): Promise<FarEnd> {
  const secret = 'primer-far-end';
  const api = await startPrimerApi({ keys: ['primer-key'], mostPerPage: 10 });
  const scenarioOf = (sale: Sale) => ({
    ...sale,
    subscriptionId: sale.name,
    customerId: `customer-${sale.name}`,
    userId: `u_${sale.name}`,
  });
  const orderOf = (sale: Sale): string => (sale.type === 'lifetime' ? paymentId(scenarioOf(sale), 0) : sale.name);
  return {
    psp: 'primer',
    env: { PRIMER_WEBHOOK_SECRETS: secret, PRIMER_API_KEY: 'primer-key', PRIMER_API_URL: api.url },
    orderOf,
    eventsOf: (sale) =>
      primerEventsOf(scenarioOf(sale)).map(({ phase, event }) => {
        const { payment } = event;
        const atMs = Date.parse(`${event.date}Z`);
        return {
          atMs,
          paid: paidOf(phase, () => ({
            ...{ psp: 'primer', order: orderOf(sale), atMs, currency: sale.currency, moneyId: payment.id, minor: payment.amount },
          })),
          webhook: () => {
            const { body, headers } = signPrimer(event, secret, now());
            return { path: '/webhooks/primer', body, headers };
          },
          happen: () => api.add({ ...event }),
        };
      }),
    asked: () => api.requests.length,
    failNext: (times, outage) => api.failNext(times, { kind: 'status', ...outage }),
    close: () => api.close(),
  };
}

function paidOf(phase: Phase | 'state', rest: () => Omit<Paid, 'phase'>): Paid | null {
  return phase === 'state' ? null : { ...rest(), phase };
}

function counter(): () => number {
  let next = 0;
  return () => next++;
}

/** Numbers from 0 to 1 that look drawn and are the same in every run (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffled<T>(items: readonly T[], roll: () => number): readonly T[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(roll() * (last + 1));
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
