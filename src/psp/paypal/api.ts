/**
 * PayPal's API, for renewal checks. What changed is asked for as the events themselves, which PayPal keeps for 30 days; what one
 * subscription has paid, as its transactions.
 */
import { z } from 'zod';
import { dayMs } from '../../domain/duration';
import type { ApiPage, ListDescription, PspApi, PspApiOptions, ReadFact, ReadingContext } from '../adapter';
import { PspApiError } from '../adapter';
import { listedPage } from '../listed-page';
import { compact } from '../../domain/compact';
import type { RefundFact } from '../../domain/fact';
import { moneyOf, moneySchema } from './amounts';
import { readEvent } from './facts';
import { NotFound, requestJson } from './http';
import type { Http } from './http';
import { instantOf } from '../instants';
import type { PaypalTokens } from './oauth';
import { netOf, subscriptionPayment } from './payments';
import { subscriptionSchema } from './schema';
import type { PaypalSubscription } from './schema';
import { beganAtMs, beginningOf, buyerOf, readEnded, readPaused } from './subscriptions';

const defaultUrl = 'https://api-m.paypal.com';

/** https://developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_list: newest first, by when the event was written. */
const eventLog: ListDescription = {
  orderedBy: 'event',
  lookBackMs: 0,
  kept: {
    forMs: 30 * dayMs,
    hasOlderPayments: false,
    beyond: 'PayPal keeps events for 30 days, and has no other list of what happened',
  },
};

/** `tokens` is shared by all that ask PayPal for an account. */
export function paypalApi({ keys, baseUrl, context, fetch, nowMs }: PspApiOptions, tokens: PaypalTokens): PspApi {
  const http: Http = { baseUrl: (baseUrl ?? defaultUrl).replace(/\/+$/, ''), fetch, nowMs };
  const [credentials] = keys;

  async function get<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>> {
    if (credentials === undefined) throw new PspApiError('unauthorized', 'no API key of PayPal is configured');
    return tokens.withToken(http, credentials, (token) =>
      requestJson(http, path, schema, { headers: { authorization: `Bearer ${token}` } }),
    );
  }

  return {
    list: eventLog,

    async changes({ fromMs, toMs }, page) {
      const list = await get(`${eventsPath}${page ?? firstPage(fromMs, toMs)}`, eventsSchema);
      const read = list.events.map((body) => ({ id: idOf(body), body, reading: readEvent(body, context) }));
      return listedPage(read, nextPageOf(list.links ?? []));
    },

    async ofSubscription(subscription, fromMs) {
      if (!/^I-[\w-]{1,60}$/.test(subscription)) return nothing; // a one-off: it has no renewals
      const path = `/v1/billing/subscriptions/${subscription}`;
      const details = await get(`${path}?fields=plan`, subscriptionSchema).catch(unlessUnknown);
      if (!details) return nothing;
      const times = new URLSearchParams({
        start_time: new Date(fromMs).toISOString(),
        end_time: new Date(nowMs()).toISOString(),
      });
      const list = await get(`${path}/transactions?${times.toString()}`, transactionsSchema).catch(unlessUnknown);
      const state = stateOf(details, fromMs, context);
      const paid = (list?.transactions ?? []).map((transaction) => transactionOf(transaction, details));
      return {
        facts: [...state, ...paid.flatMap(({ facts }) => facts)],
        links: [],
        unreadable: paid.flatMap(({ unreadable }) => unreadable),
        nextPage: null,
        nextDueAtMs: isActive(details) ? instantOf(details.billing_info?.next_billing_time) : undefined,
      };
    },
  };
}

/** https://developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_list */
const eventsPath = '/v1/notifications/webhooks-events';
const pageSize = 100;
const eventsSchema = z.object({
  events: z
    .array(z.unknown())
    .nullish()
    .transform((events) => events ?? []),
  links: z.array(z.object({ href: z.string(), rel: z.string().nullish() })).nullish(),
});

/** Both ends are included there; ours is not. */
function firstPage(fromMs: number, toMs: number): string {
  const query = new URLSearchParams({
    page_size: String(pageSize),
    start_time: new Date(fromMs).toISOString(),
    end_time: new Date(toMs - 1).toISOString(),
  });
  return `?${query.toString()}`;
}

/**
 * Of the address of the next page only the query is kept: the token is never sent elsewhere.
 * @throws {PspApiError} when there is a next page and its address is of no use: to stop there would leave out what it has.
 */
function nextPageOf(links: readonly { readonly href: string; readonly rel?: string | null | undefined }[]): string | null {
  const next = links.find(({ rel }) => rel === 'next');
  if (!next) return null;
  const query = URL.canParse(next.href, defaultUrl) ? new URL(next.href, defaultUrl).search : '';
  if (query === '') throw new PspApiError('unexpected', "PayPal's list has a next page, but not its address");
  return query;
}

/** https://developer.paypal.com/docs/api/subscriptions/v1/#subscriptions_transactions */
const transactionSchema = z.object({
  id: z.string().min(1),
  status: z.string().nullish(),
  time: z.string(),
  amount_with_breakdown: z.object({ gross_amount: moneySchema, tax_amount: moneySchema.nullish().catch(undefined) }),
});
const transactionsSchema = z.object({ transactions: z.array(z.unknown()).nullish() });

function transactionOf(body: unknown, subscription: PaypalSubscription): Pick<ApiPage, 'facts' | 'unreadable'> {
  const misread = (reason: string): Pick<ApiPage, 'facts' | 'unreadable'> => ({
    facts: [],
    unreadable: [{ id: idOf(body), reason }],
  });
  const parsed = transactionSchema.safeParse(body);
  if (!parsed.success) return misread('a transaction in a shape that is not known');
  const { id: moneyId, status, time, amount_with_breakdown: amounts } = parsed.data;
  const money = moneyOf(amounts.gross_amount.value, amounts.gross_amount.currency_code);
  const occurredAtMs = instantOf(time);
  if (!money) return misread('amount_with_breakdown.gross_amount.value: expected an amount');
  if (occurredAtMs === undefined) return misread('time: expected a time');
  const { identity, metadata } = buyerOf(subscription);
  const of = { subscription: subscription.id, identity, metadata, paymentIds: [] };
  switch (status) {
    case 'COMPLETED':
    case 'PARTIALLY_REFUNDED':
    case 'REFUNDED': {
      const tax = amounts.tax_amount?.value;
      const netMinor = tax === undefined ? null : netOf(money, tax);
      const fact = subscriptionPayment({ moneyId, occurredAtMs, money, netMinor });
      // Without its id and amount: "all of it" must not add to the amounts of webhooks.
      const refund = compact<RefundFact>({
        kind: 'refund',
        moneyId,
        occurredAtMs,
        refundId: `${moneyId}:refunded`,
        cause: 'refund',
      });
      const read: readonly ReadFact[] = [{ fact, ...of }, ...(status === 'REFUNDED' ? [{ fact: refund, ...of }] : [])];
      return { facts: read, unreadable: [] };
    }
    case 'DECLINED':
      return { facts: [{ fact: { kind: 'payment_failed', moneyId, occurredAtMs, ...money }, ...of }], unreadable: [] };
    case 'PENDING':
      return { facts: [], unreadable: [] };
    default:
      return misread('status: not known');
  }
}

/** The beginning is given only together with all payments since: else an old subscription's next payment would become a conversion. */
function stateOf(subscription: PaypalSubscription, fromMs: number, context: ReadingContext): readonly ReadFact[] {
  const isApproved = !['APPROVAL_PENDING', 'APPROVED'].includes(subscription.status ?? '');
  const began = isApproved && (beganAtMs(subscription) ?? -Infinity) >= fromMs ? beginningOf(subscription, null, context) : [];
  const event = { event_type: '', create_time: null, resource: null, id: null };
  const now =
    subscription.status === 'SUSPENDED'
      ? readPaused(subscription, event, context)
      : subscription.status === 'CANCELLED' || subscription.status === 'EXPIRED'
        ? readEnded(subscription, event, context)
        : null;
  return [...began, ...(now?.kind === 'facts' ? now.facts : [])];
}

/** Subscriptions of before 2019 write it in small letters. */
function isActive({ status }: PaypalSubscription): boolean {
  return status?.toUpperCase() === 'ACTIVE';
}

const nothing: ApiPage = { facts: [], links: [], unreadable: [], nextPage: null };

function unlessUnknown(error: unknown): null {
  if (error instanceof NotFound) return null;
  throw error;
}

function idOf(body: unknown): string | null {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : null;
  return typeof id === 'string' ? id : null;
}
