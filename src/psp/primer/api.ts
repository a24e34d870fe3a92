/**
 * Primer's API, for renewal checks. Its list is of summaries, by the date on which payments were made; each payment that counts and is
 * not known is then asked for whole. https://primer.io/docs/api-reference/v2.4/api-reference/payments-api/search-&-list-payments
 */
import { z } from 'zod';
import { dayMs } from '../../domain/duration';
import type { ApiPage, KnownPayments, ListDescription, PspApi, PspApiOptions, ReadFact, TimeWindow } from '../adapter';
import { PspApiError } from '../adapter';
import { metadataText } from '../metadata';
import { schemaMismatch } from '../schema-mismatch';
import { getJson, NotFound } from './http';
import type { Http } from './http';
import { readStatus, settledRefunds } from './payments';
import { paymentSchema } from './schema';

const defaultUrl = 'https://api.primer.io';
/** https://primer.io/docs/api-reference/v2.4/api-reference/payments-api/search-&-list-payments */
const largestPage = 100;
const mostPages = 20;

/** Paid, or, where the amount is 0, as good as paid. `PARTIALLY_SETTLED` is one or the other: its reader decides. */
const paid = 'SETTLED,PARTIALLY_SETTLED,AUTHORIZED';
const notFinal = 'PENDING,AUTHORIZED,SETTLING,PARTIALLY_SETTLED';

/** By the payment's `date`, when it was made. Bank debits and vouchers settle up to two weeks later. Primer names no limit of age. */
const madePayments: ListDescription = { orderedBy: 'creation', lookBackMs: 21 * dayMs, kept: null };

export function primerApi({ keys, baseUrl, fetch, nowMs }: PspApiOptions): PspApi {
  const [key] = keys;

  function http(): Http {
    if (key === undefined) throw new PspApiError('unauthorized', 'no API key of Primer is configured');
    return { baseUrl: (baseUrl ?? defaultUrl).replace(/\/+$/, ''), key, fetch, nowMs };
  }

  const list = (query: Readonly<Record<string, string>>): Promise<List> =>
    getJson(http(), `/payments?${new URLSearchParams({ limit: String(largestPage), ...query }).toString()}`, listSchema);

  const made = (window: TimeWindow, page: string | null, status: string): Promise<List> =>
    list({ status, ...datesOf(window), ...(page === null ? {} : { cursor: page }) });

  /** The whole payments behind summaries, one request each. */
  async function readAll(summaries: readonly Summary[]): Promise<Pick<ApiPage, 'facts' | 'unreadable'>> {
    const answers: Pick<ApiPage, 'facts' | 'unreadable'>[] = [];
    for (const summary of summaries) answers.push(await readWhole(http(), summary));
    return { facts: answers.flatMap(({ facts }) => facts), unreadable: answers.flatMap(({ unreadable }) => unreadable) };
  }

  return {
    list: madePayments,

    async changes(window, page, known = nothingKnown) {
      const { data, nextCursor } = await made(window, page, paid);
      const counting = data.filter(counts);
      const have = await known(counting.map(({ id }) => id));
      const read = await readAll(counting.filter(({ id }) => !have.has(id)));
      return { ...read, links: [], readIds: readIdsOf(data, read.unreadable), nextPage: nextCursor || null };
    },

    open: {
      async page(window, page) {
        const { data, nextCursor } = await made(window, page, notFinal);
        const ids = data.filter((summary) => !isFree(summary)).map(({ id }) => id);
        return { ids, nextPage: nextCursor || null };
      },
      async read(id) {
        const read = await readWhole(http(), { id });
        return { ...read, links: [], readIds: readIdsOf([{ id }], read.unreadable), nextPage: null };
      },
    },

    /**
     * Primer can't search by metadata. What has no subscription's id is its customer's, for which it can; else all payments since then
     * are looked through, up to a limit that the answer states.
     */
    async ofSubscription(subscription, fromMs) {
      const since = { status: paid, from_date: new Date(fromMs).toISOString() };
      const found = new Map<string, Summary>();
      for (const one of (await list({ ...since, customer_id: subscription })).data) found.set(one.id, one);
      let cursor: string | null = null;
      let pages = 0;
      do {
        const page: List = await list({ ...since, ...(cursor === null ? {} : { cursor }) });
        for (const one of page.data) if (isOf(subscription, one)) found.set(one.id, one);
        cursor = page.nextCursor || null;
        pages += 1;
      } while (cursor !== null && pages < mostPages);
      const { facts, unreadable } = await readAll([...found.values()].filter(counts));
      const cut = {
        id: subscription,
        reason: `only the first ${mostPages * largestPage} payments since then were looked through`,
      };
      return {
        facts: facts.filter((fact) => fact.subscription === subscription),
        links: [],
        unreadable: cursor === null ? unreadable : [...unreadable, cut],
        nextPage: null,
      };
    },
  };
}

const nothingKnown: KnownPayments = () => Promise.resolve(new Map());

/** Both ends are included there; ours is not. */
function datesOf({ fromMs, toMs }: TimeWindow): { readonly from_date: string; readonly to_date: string } {
  return { from_date: new Date(fromMs).toISOString(), to_date: new Date(toMs - 1).toISOString() };
}

function counts({ status, amount }: Summary): boolean {
  return status !== 'AUTHORIZED' || amount === 0;
}

/** A payment method that was saved without a payment, for example for a free trial: it never settles. */
function isFree({ status, amount }: Summary): boolean {
  return status === 'AUTHORIZED' && amount === 0;
}

function readIdsOf(listed: readonly { readonly id: string }[], unreadable: ApiPage['unreadable']): readonly string[] {
  const misread = new Set(unreadable.map(({ id }) => id));
  return listed.map(({ id }) => id).filter((id) => !misread.has(id));
}

const summarySchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  amount: z.number().nullish(),
  metadata: z.unknown().optional(),
});
type Summary = z.infer<typeof summarySchema>;

const listSchema = z.object({ data: z.array(summarySchema), nextCursor: z.string().nullish() });
type List = z.infer<typeof listSchema>;

function isOf(subscription: string, { id, metadata }: Summary): boolean {
  const named = metadataText([metadata], 'subscription_id') ?? metadataText([metadata], 'subs_id');
  return named === subscription || id === subscription;
}

async function readWhole(http: Http, summary: { readonly id: string }): Promise<Pick<ApiPage, 'facts' | 'unreadable'>> {
  const { id } = summary;
  let payment: unknown = summary;
  const misread = (reason: string): Pick<ApiPage, 'facts' | 'unreadable'> => ({
    facts: [],
    unreadable: [{ id, reason, body: { eventType: 'PAYMENT.STATUS', payment } }],
  });
  try {
    payment = await getJson(http, `/payments/${encodeURIComponent(id)}`, z.record(z.string(), z.unknown()));
  } catch (error) {
    if (error instanceof NotFound) return misread('Primer lists this payment, but does not show it');
    throw error;
  }
  const parsed = paymentSchema.safeParse(payment);
  if (!parsed.success) return misread(schemaMismatch(parsed.error, ''));
  const reading = readStatus(parsed.data);
  const refunds = settledRefunds(parsed.data);
  if (reading.kind === 'unreadable') return misread(reading.reason);
  if (!refunds) return misread('transactions: expected a time and an amount of every refund');
  // First what went back, so that a payment that was refunded before it was found is not sent.
  const facts: readonly ReadFact[] = [...refunds, ...(reading.kind === 'facts' ? reading.facts : [])];
  return { facts, unreadable: [] };
}
