/**
 * Primer's API, for renewal checks. Its list is of summaries, by the date on which payments were made; each payment that counts is then
 * asked for whole. https://primer.io/docs/api-reference/v2.4/api-reference/payments-api/search-&-list-payments
 */
import { z } from 'zod';
import type { ApiPage, PspApi, PspApiOptions, ReadFact } from '../adapter';
import { PspApiError } from '../adapter';
import { metadataText } from '../metadata';
import { schemaMismatch } from '../schema-mismatch';
import { getJson, NotFound } from './http';
import type { Http } from './http';
import { readStatus, settledRefunds } from './payments';
import { paymentSchema } from './schema';

const defaultUrl = 'https://api.primer.io';
/** Each entry is one more request. */
const pageSize = 25;
const largestPage = 100;
const mostPages = 20;

export function primerApi({ keys, baseUrl, fetch, nowMs }: PspApiOptions): PspApi {
  const [key] = keys;

  function http(): Http {
    if (key === undefined) throw new PspApiError('unauthorized', 'no API key of Primer is configured');
    return { baseUrl: (baseUrl ?? defaultUrl).replace(/\/+$/, ''), key, fetch, nowMs };
  }

  const list = (query: Readonly<Record<string, string>>): Promise<List> =>
    getJson(http(), `/payments?${new URLSearchParams({ status: 'SETTLED,AUTHORIZED', ...query }).toString()}`, listSchema);

  /** The whole payments behind summaries. */
  async function readAll(summaries: readonly Summary[]): Promise<Pick<ApiPage, 'facts' | 'unreadable'>> {
    const answers: Pick<ApiPage, 'facts' | 'unreadable'>[] = [];
    for (const { id, status, amount } of summaries) {
      if (status === 'SETTLED' || amount === 0) answers.push(await readWhole(http(), id));
    }
    return { facts: answers.flatMap(({ facts }) => facts), unreadable: answers.flatMap(({ unreadable }) => unreadable) };
  }

  return {
    async changes({ fromMs, toMs }, page) {
      const answer = await list({
        // Both ends are included there; ours is not.
        from_date: new Date(fromMs).toISOString(),
        to_date: new Date(toMs - 1).toISOString(),
        limit: String(pageSize),
        ...(page === null ? {} : { cursor: page }),
      });
      return { ...(await readAll(answer.data)), links: [], nextPage: answer.nextCursor || null };
    },

    /**
     * Primer can't search by metadata. What has no subscription's id is its customer's, for which it can; else all payments since then
     * are looked through, up to a limit that the answer states.
     */
    async ofSubscription(subscription, fromMs) {
      const since = { from_date: new Date(fromMs).toISOString(), limit: String(largestPage) };
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
      const { facts, unreadable } = await readAll([...found.values()]);
      const cut = { id: null, reason: `only the first ${mostPages * largestPage} payments since then were looked through` };
      return {
        facts: facts.filter((fact) => fact.subscription === subscription),
        links: [],
        unreadable: cursor === null ? unreadable : [...unreadable, cut],
        nextPage: null,
      };
    },
  };
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

async function readWhole(http: Http, id: string): Promise<Pick<ApiPage, 'facts' | 'unreadable'>> {
  const misread = (reason: string): Pick<ApiPage, 'facts' | 'unreadable'> => ({ facts: [], unreadable: [{ id, reason }] });
  let body: unknown;
  try {
    body = await getJson(http, `/payments/${encodeURIComponent(id)}`, z.record(z.string(), z.unknown()));
  } catch (error) {
    if (error instanceof NotFound) return misread('Primer lists this payment, but does not show it');
    throw error;
  }
  const payment = paymentSchema.safeParse(body);
  if (!payment.success) return misread(schemaMismatch(payment.error, ''));
  const paid = readStatus(payment.data);
  const refunds = settledRefunds(payment.data);
  if (paid.kind === 'unreadable') return misread(paid.reason);
  if (!refunds) return misread('transactions.date: expected a time');
  const facts: readonly ReadFact[] = [...(paid.kind === 'facts' ? paid.facts : []), ...refunds];
  return { facts, unreadable: [] };
}
