/**
 * Renewal checks of Stripe read the event log of the last weeks, lists for older payments, and single subscriptions. The webhooks' own
 * readers read them. docs/providers/stripe.md gives the reasons, and the rights that a key needs.
 */
import { z } from 'zod';
import { hourMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import type { ApiPage, PspApi, PspApiOptions, ReadingContext, TimeWindow } from '../adapter';
import { stripeClient } from './client';
import type { StripeClient } from './client';
import { readEvent } from './facts';
import { withoutInvoicePayments } from './invoice-payments';
import type { ReadItem } from './invoice-payments';
import { endOf, eventOf, lists, madeIn } from './lists';
import type { List } from './lists';
import { firstCursor, nextCursor, partOf, cursorOf, sliceOf, tokenOf } from './cursor';

export function stripeApi(options: PspApiOptions): PspApi {
  const client = stripeClient(options);
  return {
    async changes(asked, page) {
      const window = untilNow(asked, options.nowMs());
      const cursor = page === null ? firstCursor(window, options.nowMs()) : cursorOf(page);
      if (cursor === null) return pageOf([], null);
      const list = lists[cursor.list];
      const { items, after } = await client.list(list.path, {
        ...list.query,
        ...madeIn(sliceOf(cursor, window)),
        starting_after: cursor.after ?? undefined,
      });
      // Oldest first, so that a user's first purchase is heard of before the others.
      const read = readItems(list, [...items].reverse(), partOf(cursor.list, window, cursor.logFromMs), options.context);
      const next = nextCursor(cursor, window, after);
      return pageOf(await withoutInvoicePayments(client, read), next === null ? null : tokenOf(next));
    },

    async ofSubscription(subscription, fromMs) {
      const known = await client.get('/v1/subscriptions', subscription);
      if (known === null) return pageOf([], null);
      const { invoices } = lists;
      const since: TimeWindow = { fromMs, toMs: Infinity };
      const made = madeIn({ ...since, fromMs: fromMs - invoices.lookbackMs });
      const paid = await all(client, invoices.path, { ...invoices.query, ...made, subscription });
      const end = endOf(known);
      return pageOf(
        [
          ...readItems(invoices, [...paid].reverse(), since, options.context),
          ...(end === null ? [] : [{ id: idOf(known), object: known, reading: readEvent(end, options.context) }]),
        ],
        null,
      );
    },
  };
}

/** Clocks differ a little; beyond that there is nothing to look for, however far a window reaches. */
function untilNow({ fromMs, toMs }: TimeWindow, nowMs: number): TimeWindow {
  return { fromMs, toMs: Math.min(toMs, nowMs + hourMs) };
}

function readItems(list: List, items: readonly unknown[], window: TimeWindow, context: ReadingContext): readonly ReadItem[] {
  return items.flatMap((item): ReadItem[] => {
    const happenedAt = list.happenedAt(item);
    if (happenedAt !== undefined && !isWithin(happenedAt * 1000, window)) return [];
    const event = eventOf(list, item);
    if (event === null) return [];
    return [{ id: idOf(item), object: objectOf(event), reading: readEvent(event, context) }];
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

function pageOf(read: readonly ReadItem[], nextPage: string | null): ApiPage {
  return {
    facts: read.flatMap(({ reading }) => (reading.kind === 'facts' ? reading.facts : [])),
    links: read.flatMap(({ reading }) => (reading.kind === 'ignored' ? (reading.links ?? []) : [])),
    unreadable: read.flatMap(({ id, reading }) => (reading.kind === 'unreadable' ? [{ id, reason: reading.reason }] : [])),
    nextPage,
  };
}

const withId = z.object({ id: z.string() });
const withObject = z.object({ data: z.object({ object: z.unknown().optional() }) });

function idOf(item: unknown): string | null {
  return withId.safeParse(item).data?.id ?? null;
}

function objectOf(event: unknown): unknown {
  return withObject.safeParse(event).data?.data.object;
}
