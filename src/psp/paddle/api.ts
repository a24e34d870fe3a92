/**
 * Renewal checks of Paddle read completed transactions, adjustments and, from the event log, beginnings and ends of subscriptions. The
 * webhooks' own readers read them. docs/providers/paddle.md gives the reasons.
 */
import { z } from 'zod';
import { dayMs, hourMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import type { ListedItem } from '../listed-page';
import { instantSchema as time } from '../instants';
import { listedPage, readIdsOf } from '../listed-page';
import type { ApiPage, ListDescription, PspApi, PspApiOptions, TimeWindow } from '../adapter';
import { facts } from '../schema-mismatch';
import { paddleClient } from './client';
import type { PaddleClient, PaddlePage, Query } from './client';
import { readEntity, readEvent } from './facts';
import type { EntityEvent } from './facts';

/** https://developer.paddle.com/api-reference/transactions/list-transactions: by `updated_at`; Paddle names no limit of age. */
const changedTransactions: ListDescription = { orderedBy: 'change', lookBackMs: 0, kept: null };

export function paddleApi(options: PspApiOptions): PspApi {
  const client = paddleClient(options);
  return {
    list: changedTransactions,

    async changes(window, page) {
      const { stage, after } = stageOf(page);
      const reader = stages[stage];
      const { items, after: more } = await client.list(reader.path, { ...reader.query(window), after });
      const read = items.map((item) => reader.read(item, options, window));
      const hasMore = more !== null && !reader.isPast(items, window);
      return pageOf(read, hasMore ? `${stage}:${more}` : reader.next);
    },

    async ofSubscription(subscription, fromMs) {
      // A one-off is paid once; its order is a transaction's id.
      const known = subscription.startsWith('sub_')
        ? await client.get(`/subscriptions/${encodeURIComponent(subscription)}`)
        : null;
      if (known === null) return pageOf([], null);
      const since: TimeWindow = { fromMs, toMs: Infinity };
      const transactions = await all(client, '/transactions', {
        ...transactionQuery,
        subscription_id: subscription,
        'updated_at[GTE]': iso(fromMs),
      });
      const adjustments = await all(client, '/adjustments', { ...adjustmentQuery, subscription_id: subscription });
      const read = [
        ...transactions.map((transaction) => readChange('transaction.completed', transaction, options, since)),
        ...adjustments.map((adjustment) => readChange('adjustment.updated', adjustment, options, since)),
        stateOf(known, options, since),
      ];
      return { ...pageOf(read, null), nextDueAtMs: timesOf(known).nextBilledAtMs };
    },
  };
}

type StageName = 'transactions' | 'adjustments' | 'events';

/** One list after the other. */
interface Stage {
  readonly path: string;
  query(window: TimeWindow): Query;
  read(item: unknown, options: PspApiOptions, window: TimeWindow): Read;
  /** True when all that follows is older than the window. */
  isPast(items: readonly unknown[], window: TimeWindow): boolean;
  /** The stage after this one. */
  readonly next: StageName | null;
}

/** 30 is the most that Paddle gives. https://developer.paddle.com/api-reference/transactions/list-transactions */
const transactionQuery: Query = { status: 'completed', order_by: 'id[ASC]', per_page: '30', include: 'customer' };
/** There is no filter by date, only the order. https://developer.paddle.com/api-reference/adjustments/list-adjustments */
const adjustmentQuery: Query = { status: 'approved,reversed', order_by: 'id[DESC]', per_page: '50' };

/** How long after it was asked for a refund may be approved (or a chargeback won) and still be found by `changes`. */
const approvalMs = 14 * dayMs;
/** Ids rise with time, give or take. */
const slackMs = hourMs;

const stages: Readonly<Record<StageName, Stage>> = {
  transactions: {
    path: '/transactions',
    // A payment of the window was billed before the window's end, maybe long before, and was updated after the window's start.
    query: ({ fromMs, toMs }) => ({ ...transactionQuery, 'updated_at[GTE]': iso(fromMs), 'billed_at[LT]': iso(toMs) }),
    read: (item, options, window) => readChange('transaction.completed', item, options, window),
    isPast: () => false,
    next: 'adjustments',
  },
  adjustments: {
    path: '/adjustments',
    query: () => adjustmentQuery,
    read: (item, options, window) => readChange('adjustment.updated', item, options, window),
    isPast: (items, { fromMs }) => isOlder(timesOf(items.at(-1)).createdAtMs, fromMs - approvalMs),
    next: 'events',
  },
  events: {
    path: '/events',
    query: () => ({ event_type: 'subscription.created,subscription.canceled', order_by: 'id[DESC]', per_page: '200' }),
    read: (item, { context }, window) => {
      const { occurredAtMs } = timesOf(item);
      return {
        id: idOf(item),
        body: item,
        reading: readEvent(item, context),
        isWanted: occurredAtMs === undefined || isWithin(occurredAtMs, window),
      };
    },
    isPast: (items, { fromMs }) => isOlder(timesOf(items.at(-1)).occurredAtMs, fromMs - slackMs),
    next: null,
  },
};

function stageOf(page: string | null): { readonly stage: StageName; readonly after: string | undefined } {
  const [name = '', after] = (page ?? 'transactions').split(':');
  if (name !== 'transactions' && name !== 'adjustments' && name !== 'events') {
    throw new PspApiError('unexpected', 'a page that is not one of Paddle');
  }
  return { stage: name, after };
}

/** An entity of the API, its reading, and whether it belongs to what was asked for. */
interface Read extends ListedItem {
  readonly isWanted: boolean;
}

/** An entity counts when it happened in the window, or was changed in it: a payment is completed some minutes after it is made. */
function readChange(type: EntityEvent, entity: unknown, { context }: PspApiOptions, window: TimeWindow): Read {
  const reading = readEntity(type, entity, context);
  const { updatedAtMs } = timesOf(entity);
  const happened = reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact.occurredAtMs) : [];
  const times = [...happened, ...(updatedAtMs === undefined ? [] : [updatedAtMs])];
  const isWanted = times.length === 0 || times.some((ms) => isWithin(ms, window));
  return { id: idOf(entity), body: { event_type: type, data: entity }, reading, isWanted };
}

/**
 * How the subscription stands. A beginning counts only where it lies in what was asked for: with it, but without the payments of
 * before, the next renewal would look like the conversion.
 */
function stateOf(subscription: unknown, { context }: PspApiOptions, since: TimeWindow): Read {
  const state = readEntity('subscription.updated', subscription, context);
  const began = readEntity('subscription.created', subscription, context);
  const of = { id: idOf(subscription), body: { event_type: 'subscription.updated', data: subscription }, isWanted: true };
  if (state.kind !== 'facts' || began.kind !== 'facts') return { ...of, reading: state };
  // The API does not say whether a transaction carries the trial's start, so only the beginning itself is taken.
  const beginnings = began.facts.filter(({ fact }) => fact.kind === 'began' && isWithin(fact.occurredAtMs, since));
  const changes = state.facts.filter(({ fact }) => fact.kind === 'ended' || isWithin(fact.occurredAtMs, since));
  return { ...of, reading: facts(...beginnings, ...changes) };
}

/** All pages of a list that is short: what one subscription has. */
async function all(client: PaddleClient, path: string, query: Query): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 100; pages += 1) {
    const page: PaddlePage = await client.list(path, { ...query, after });
    items.push(...page.items);
    if (page.after === null) return items;
    after = page.after;
  }
  throw new PspApiError('unexpected', `Paddle's ${path} of one subscription has no end`);
}

/** An object outside of what was asked for can be read all the same: it is in the quarantine no longer. */
function pageOf(read: readonly Read[], nextPage: string | null): ApiPage {
  const wanted = read.filter(({ isWanted }) => isWanted);
  return { ...listedPage(wanted, nextPage), readIds: readIdsOf(read) };
}

const timesSchema = z
  .object({ created_at: time, updated_at: time, occurred_at: time, next_billed_at: time })
  .transform((times) => ({
    createdAtMs: times.created_at,
    updatedAtMs: times.updated_at,
    occurredAtMs: times.occurred_at,
    nextBilledAtMs: times.next_billed_at,
  }))
  .catch({ createdAtMs: undefined, updatedAtMs: undefined, occurredAtMs: undefined, nextBilledAtMs: undefined });

function timesOf(item: unknown): z.infer<typeof timesSchema> {
  return timesSchema.parse(item);
}

const idSchema = z.union([
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ event_id: z.string() }).transform((event) => event.event_id),
]);

function idOf(item: unknown): string | null {
  return idSchema.safeParse(item).data ?? null;
}

function isWithin(ms: number, { fromMs, toMs }: TimeWindow): boolean {
  return ms >= fromMs && ms < toMs;
}

function isOlder(ms: number | undefined, limitMs: number): boolean {
  return ms !== undefined && ms < limitMs;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
