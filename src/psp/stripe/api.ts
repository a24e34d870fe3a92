/**
 * Renewal checks of Stripe read the event log of the last weeks, lists for older payments, and single subscriptions. The webhooks' own
 * readers read them. docs/providers/stripe.md gives the reasons, and the rights that a key needs.
 */
import { z } from 'zod';
import { dayMs, hourMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import type { ListedItem } from '../listed-page';
import { listedPage } from '../listed-page';
import type { ListDescription, PspApi, PspApiOptions, ReadingContext, TimeWindow } from '../adapter';
import { stripeClient } from './client';
import type { StripeClient } from './client';
import { readEvent } from './facts';
import { withoutInvoicePayments } from './invoice-payments';
import { endOf, eventOf, lists, madeIn, nextDueAtMs } from './lists';
import type { List } from './lists';
import { firstCursor, nextCursor, partOf, cursorOf, sliceOf, tokenOf } from './cursor';

/** https://docs.stripe.com/api/events: kept for 30 days, newest first by creation of the event, which is when it happened. */
const eventLog: ListDescription = {
  orderedBy: 'event',
  lookBackMs: 0,
  kept: {
    forMs: 30 * dayMs,
    hasOlderPayments: true,
    beyond:
      'Stripe keeps events for 30 days; of the time before, payments, refunds and disputes are read from lists, and nothing else',
  },
};

export function stripeApi(options: PspApiOptions): PspApi {
  const client = stripeClient(options);
  return {
    list: eventLog,

    async changes(asked, page, known) {
      const window = untilNow(asked, options.nowMs());
      const cursor = page === null ? firstCursor(window, options.nowMs()) : cursorOf(page);
      if (cursor === null) return listedPage([], null);
      const list = lists[cursor.list];
      const { items, after } = await client.list(list.path, {
        ...list.query,
        ...madeIn(sliceOf(cursor, window)),
        starting_after: cursor.after ?? undefined,
      });
      // Oldest first, so that a user's first purchase is heard of before the others.
      const read = readItems(list, [...items].reverse(), partOf(cursor.list, window, cursor.logFromMs), options.context);
      const next = nextCursor(cursor, window, after);
      return listedPage(await withoutInvoicePayments(client, read, known), next === null ? null : tokenOf(next));
    },

    async ofSubscription(subscription, fromMs) {
      const known = await client.get('/v1/subscriptions', subscription);
      if (known === null) return listedPage([], null);
      const { invoices } = lists;
      const since: TimeWindow = { fromMs, toMs: Infinity };
      const made = madeIn({ ...since, fromMs: fromMs - invoices.lookbackMs });
      const paid = await all(client, invoices.path, { ...invoices.query, ...made, subscription });
      const end = endOf(known);
      const read = [
        ...readItems(invoices, [...paid].reverse(), since, options.context),
        ...(end === null ? [] : [{ id: idOf(known), body: end, reading: readEvent(end, options.context) }]),
      ];
      return { ...listedPage(read, null), nextDueAtMs: nextDueAtMs(known) };
    },
  };
}

/** Clocks differ a little; beyond that there is nothing to look for, however far a window reaches. */
function untilNow({ fromMs, toMs }: TimeWindow, nowMs: number): TimeWindow {
  return { fromMs, toMs: Math.min(toMs, nowMs + hourMs) };
}

function readItems(list: List, items: readonly unknown[], window: TimeWindow, context: ReadingContext): readonly ListedItem[] {
  return items.flatMap((item): ListedItem[] => {
    const happenedAt = list.happenedAt(item);
    if (happenedAt !== undefined && !isWithin(happenedAt * 1000, window)) return [];
    const event = eventOf(list, item);
    if (event === null) return [];
    return [{ id: idOf(item), body: event, reading: readEvent(event, context) }];
  });
}

function isWithin(ms: number, { fromMs, toMs }: TimeWindow): boolean {
  return ms >= fromMs && ms < toMs;
}

/** All pages of a list that is short: what one subscription has. */
async function all(client: StripeClient, path: string, query: Parameters<StripeClient['list']>[1]): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await client.list(path, { ...query, starting_after: after });
    items.push(...page.items);
    if (page.after === null) return items;
    after = page.after;
  }
  throw new PspApiError('unexpected', `Stripe's ${path} of one subscription has no end`);
}

const withId = z.object({ id: z.string() });

function idOf(item: unknown): string | null {
  return withId.safeParse(item).data?.id ?? null;
}
