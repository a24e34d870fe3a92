/**
 * The lists of Stripe's API. The event log reaches back 30 days; what is older comes from the lists of objects, each of which is put
 * into the envelope of the webhook that carries it. docs/providers/stripe.md says what that costs.
 */
import { z } from 'zod';
import { dayMs } from '../../domain/duration';
import type { TimeWindow } from '../adapter';
import { apiVersion } from './client';
import type { Query } from './client';
import { manifest } from './manifest';

/** In the order in which a check reads them: checkouts (the buyer), payments, refunds, and last the event log, which is newer. */
export const listNames = ['sessions', 'invoices', 'intents', 'refunds', 'disputes', 'events'] as const;
export type ListName = (typeof listNames)[number];

export interface List {
  readonly path: string;
  readonly query: Query;
  /** How long before it happened a thing may have been made: Stripe filters by the latter. */
  readonly lookbackMs: number;
  /** Lists are newest first. A check asks for one such span after the other, so that it goes forward in time. */
  readonly sliceMs: number;
  /** The type of the webhook event that carries such an object; null for the event log itself. */
  readonly eventType: string | null;
  /** When it happened, Unix seconds, by which it belongs to the window or not; undefined where the object does not say. */
  readonly happenedAt: (item: unknown) => number | undefined;
}

/**
 * The event log is asked for the events of the manifest, and for the two that older API versions send in place of `refund.*`. Stripe
 * allows 20 types. `invoice.payment_succeeded`, `charge.dispute.funds_withdrawn` and `charge.succeeded` only repeat others of these.
 * https://docs.stripe.com/api/events/list
 */
export const eventTypes: readonly string[] = [...manifest.events, 'charge.refunded', 'charge.refund.updated'];

export const lists: Readonly<Record<ListName, List>> = {
  /** https://docs.stripe.com/api/checkout/sessions/list */
  sessions: {
    path: '/v1/checkout/sessions',
    query: { status: 'complete', 'expand[]': 'data.payment_intent.latest_charge' },
    // Open for a day at most; vouchers and bank debits may take two weeks more.
    lookbackMs: 30 * dayMs,
    sliceMs: 7 * dayMs,
    eventType: 'checkout.session.completed',
    happenedAt: (item) => chargedAt(timesOf(item).payment_intent) ?? madeAt(item),
  },
  /** https://docs.stripe.com/api/invoices/list */
  invoices: {
    path: '/v1/invoices',
    // Since basil only its payments say which PaymentIntent paid an invoice; refunds name nothing else.
    query: { status: 'paid', 'expand[]': 'data.payments' },
    // Retries go on for two months at most; invoices that are sent are due when the merchant says.
    // https://docs.stripe.com/billing/revenue-recovery/smart-retries
    lookbackMs: 90 * dayMs,
    sliceMs: 7 * dayMs,
    eventType: 'invoice.paid',
    happenedAt: (item) => timesOf(item).status_transitions?.paid_at ?? madeAt(item),
  },
  /** https://docs.stripe.com/api/payment_intents/list */
  intents: {
    path: '/v1/payment_intents',
    query: { 'expand[]': 'data.latest_charge' },
    lookbackMs: 30 * dayMs,
    sliceMs: 7 * dayMs,
    eventType: 'payment_intent.succeeded',
    happenedAt: (item) => chargedAt(item) ?? madeAt(item),
  },
  /** https://docs.stripe.com/api/refunds/list */
  refunds: {
    path: '/v1/refunds',
    query: {},
    lookbackMs: 0,
    sliceMs: 7 * dayMs,
    eventType: 'refund.updated',
    happenedAt: madeAt,
  },
  /** https://docs.stripe.com/api/disputes/list */
  disputes: {
    path: '/v1/disputes',
    query: {},
    lookbackMs: 0,
    sliceMs: 7 * dayMs,
    eventType: 'charge.dispute.created',
    happenedAt: madeAt,
  },
  events: {
    path: '/v1/events',
    query: { 'types[]': eventTypes },
    lookbackMs: 0,
    sliceMs: dayMs,
    eventType: null,
    happenedAt: madeAt,
  },
};

/** The filter of a list that is asked for what was made in this time. Stripe counts seconds, a window may begin within one. */
export function madeIn({ fromMs, toMs }: TimeWindow): Query {
  return {
    'created[gte]': String(Math.max(0, Math.ceil(fromMs / 1000))),
    ...(toMs === Infinity ? {} : { 'created[lt]': String(Math.ceil(toMs / 1000)) }),
  };
}

/** A listed object as its webhook event; null while no such event would have been sent. */
export function eventOf({ eventType, happenedAt }: List, item: unknown): unknown {
  if (eventType === null) return item;
  // Lists of PaymentIntents have no filter by status, and most of a funnel's visitors do not pay.
  return eventType === 'payment_intent.succeeded' && isUnpaid(item) ? null : envelope(eventType, item, happenedAt(item));
}

/** A subscription that is over, as the event of its end. Null while it isn't: how it stands says nothing of what happened. */
export function endOf(subscription: unknown): unknown {
  const { status, ended_at: endedAt, canceled_at: cancelledAt, created } = standing.parse(subscription);
  if (status !== 'canceled' && status !== 'incomplete_expired') return null;
  return envelope('customer.subscription.deleted', subscription, endedAt ?? cancelledAt ?? created);
}

/** When the subscription is charged next: at the end of its current period, which since basil its items have. */
export function nextDueAtMs(subscription: unknown): number | undefined {
  const { current_period_end: end, items } = periods.parse(subscription);
  const ends = [end, ...(items?.data ?? []).map((item) => item.current_period_end)].filter((one) => typeof one === 'number');
  return ends.length === 0 ? undefined : Math.min(...ends) * 1000;
}

const seconds = z.number().nullish().catch(undefined);
const periods = z
  .object({
    current_period_end: seconds,
    items: z
      .object({ data: z.array(z.object({ current_period_end: seconds })) })
      .nullish()
      .catch(undefined),
  })
  .catch({ current_period_end: undefined, items: undefined });
const standing = z
  .object({ status: z.string().nullish().catch(undefined), ended_at: seconds, canceled_at: seconds, created: seconds })
  .catch({ status: undefined, ended_at: undefined, canceled_at: undefined, created: undefined });

/** An envelope without a time is unreadable, and so is reported. https://docs.stripe.com/api/events/object */
function envelope(type: string, object: unknown, created: number | null | undefined): unknown {
  return { object: 'event', type, api_version: apiVersion, created, data: { object } };
}

/** Only the time at which an object happened is read here; the webhooks' readers read the rest. */
const times = z
  .object({
    created: seconds,
    status_transitions: z.object({ paid_at: seconds }).nullish().catch(undefined),
    payment_intent: z.unknown().optional(),
  })
  .catch({ created: undefined, status_transitions: undefined, payment_intent: undefined });

function timesOf(item: unknown): z.infer<typeof times> {
  return times.parse(item);
}

function madeAt(item: unknown): number | undefined {
  return timesOf(item).created ?? undefined;
}

/** The charge that succeeded. A PaymentIntent itself says only when it was made, which may be long before. */
const charged = z.object({ latest_charge: z.object({ created: z.number() }) });

function chargedAt(intent: unknown): number | undefined {
  return charged.safeParse(intent).data?.latest_charge.created;
}

const intentStatus = z.object({ status: z.string() });

function isUnpaid(intent: unknown): boolean {
  const read = intentStatus.safeParse(intent);
  return read.success && read.data.status !== 'succeeded';
}
