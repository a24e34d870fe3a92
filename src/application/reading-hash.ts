/** Hashes of what was taken in, so that a renewal check can leave out a whole page of it by one query. */
import { createHash } from 'node:crypto';
import type { UserKey } from '../domain/identity';
import type { PaymentLink, ReadFact } from '../psp/adapter';

/**
 * The same for the same fact of the same buyer. Webhook and API may tell of one payment in different words (an e-mail more): then each of
 * them is taken in once. Of the buyer it holds the identifiers as HMACs and the names of the other fields, no personal data.
 */
export function readingHash(
  psp: string,
  { fact, subscription, identity, paymentIds }: ReadFact,
  keys: readonly UserKey[],
): string {
  const said = Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1));
  const buyer = [keys.map(({ kind, hmac }) => [kind, hmac]), Object.keys(identity).sort(), identity.consent ?? null];
  return hashOf(['reading', psp, subscription, said, buyer, [...paymentIds].sort()]);
}

/** The same for the same id of the same payment. */
export function linkHash(psp: string, { id, moneyId }: PaymentLink): string {
  return hashOf(['link', psp, id, moneyId]);
}

function hashOf(words: unknown): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('base64url');
}
