/** What operators ask of the list of purchases, read into a filter: for the API and for the page. */
import { z } from 'zod';
import type { UserKeys } from '../crypto/user-keys';
import { isSha256 } from '../domain/contact';
import { compact } from '../domain/compact';
import { phases, purchaseTypes } from '../domain/fact';
import type { UserKey } from '../domain/identity';
import { purchaseStates, waitingFor } from '../domain/purchase';
import { manifests } from '../psp';
import type { PurchaseFilter, PurchasePage, Store } from '../store';
import { hashedEmail } from '../tiktok';
import { pageSize, withCursor } from './paging';
import { isoInstant, isPlainText, longestId } from './request';
import { notAPurchaseWords, suppressedWords } from './words';

export type SearchKeys = Pick<UserKeys, 'userId' | 'ofBuyer' | 'customer'>;

/** The filter of a query, its cursor included; its page size aside. */
export function filterOf(keys: SearchKeys, integration: string, query: PurchaseQuery): Omit<PurchaseFilter, 'limit'> {
  const { user, from, to, error, type, waiting, ...rest } = query;
  return compact<Omit<PurchaseFilter, 'limit'>>({
    ...rest,
    integration,
    user: user === undefined ? undefined : possibleKeys(keys, integration, user),
    purchaseType: type,
    waitingFor: waiting,
    fromMs: from,
    toMs: to,
    errorType: error,
  });
}

/** What a text may be that names a buyer: the merchant's user id, an e-mail or its hash, a provider's id of a customer. */
export function possibleKeys(keys: SearchKeys, integration: string, text: string): readonly UserKey[] {
  const emailSha256 = text.includes('@') || isSha256(text) ? hashedEmail(text) : undefined;
  return [
    keys.userId(integration, text),
    ...(emailSha256 === undefined ? [] : keys.ofBuyer(integration, {}, { emailSha256 })),
    ...manifests.map(({ name }) => keys.customer(integration, name, text)),
  ];
}

const once = 'must be given once';
const text = (maxLength: number) =>
  z
    .string(once)
    .refine((given) => isPlainText(given, maxLength), `must have at most ${maxLength} characters, and no control characters`);
const oneOf = <Name extends string>(known: readonly Name[]) => z.enum(known, `must be one of ${known.join(', ')}`);

/** Whatever an operator may filter by. */
const parameters = {
  state: z.enum(purchaseStates, `must be one of ${purchaseStates.join(', ')}`).exactOptional(),
  reason: oneOf([...Object.keys(suppressedWords), ...Object.keys(notAPurchaseWords)])
    .exactOptional()
    .meta({ description: 'Why it is kept back, or no purchase.' }),
  waiting: oneOf(waitingFor).exactOptional().meta({ description: 'What a pending purchase waits for.' }),
  phase: z.enum(phases, `must be one of ${phases.join(', ')}`).exactOptional(),
  type: z.enum(purchaseTypes, `must be one of ${purchaseTypes.join(', ')}`).exactOptional(),
  psp: oneOf(manifests.map(({ name }) => name))
    .exactOptional()
    .meta({ description: 'A provider.' }),
  error: text(100).exactOptional().meta({ description: 'A record’s `lastError.type`.' }),
  user: text(512)
    .exactOptional()
    .meta({ description: 'The merchant’s user id, an e-mail (or its SHA-256), or the provider’s id of the customer.' }),
  from: isoInstant.exactOptional().meta({ description: 'When it happened; included.' }),
  to: isoInstant.exactOptional().meta({ description: 'Not included.' }),
  q: text(longestId).exactOptional().meta({ description: 'The beginning of a subscription, payment or event id.' }),
  cursor: text(2_000).exactOptional().meta({ description: 'The `nextCursor` of a page.' }),
};

const inOrder = ({ from, to }: { readonly from?: number; readonly to?: number }): boolean =>
  from === undefined || to === undefined || from <= to;
const outOfOrder = { path: ['to'], message: 'must not be before from' };

export const purchaseQuery = z.strictObject(parameters).refine(inOrder, outOfOrder);

export type PurchaseQuery = z.infer<typeof purchaseQuery>;

/** As a page's form asks it: `search` is a buyer or the beginning of an id, as the text looks. */
export const purchaseForm = z
  .strictObject({ ...parameters, search: text(longestId).exactOptional(), format: z.literal('csv').exactOptional() })
  .refine(inOrder, outOfOrder);

export interface FoundPurchases extends PurchasePage {
  /** The query that found them, for the next page and the CSV: what was searched for is a buyer in it, or an id. */
  readonly query: PurchaseQuery;
}

/** A page of what a form asks for. A text without an `@` may be an id or name a buyer: it is a buyer's where no id begins so. */
export async function searchPurchases(
  { purchases, keys }: { readonly purchases: Pick<Store['purchases'], 'list'>; readonly keys: SearchKeys },
  integration: string,
  { search, ...query }: Omit<z.infer<typeof purchaseForm>, 'format'>,
): Promise<FoundPurchases> {
  const found = async (asked: PurchaseQuery): Promise<FoundPurchases> => ({
    ...(await withCursor(() => purchases.list({ ...filterOf(keys, integration, asked), limit: pageSize }))),
    query: asked,
  });
  if (search === undefined) return found(query);
  if (search.includes('@')) return found({ ...query, user: search });
  const byId = await found({ ...query, q: search });
  return byId.items.length > 0 ? byId : found({ ...query, user: search });
}
