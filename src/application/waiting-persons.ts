/**
 * Facts that wait for a word whose they are may name somebody: an erasure and an export find them by reading all of an integration that
 * wait. They are few, and are kept for days; identifiers beside them would have to be renamed with the pepper.
 */
import type { UserKeys } from '../crypto/user-keys';
import { compact } from '../domain/compact';
import type { IdentityHints, UserKey } from '../domain/identity';
import type { Store, WaitingPlace } from '../store';
import { identityFrom } from '../tiktok';

export interface WaitingPersonsDeps {
  readonly routes: Pick<Store['routes'], 'everything' | 'keep' | 'remove'>;
  readonly keys: Pick<UserKeys, 'of' | 'forms'>;
}

/** The facts that wait in an integration and name the person of one of these identifiers; each once. */
export async function waitingOf(
  { routes, keys }: WaitingPersonsDeps,
  integration: string,
  person: readonly UserKey[],
): Promise<readonly WaitingPlace[]> {
  const named = new Set(person.flatMap(({ kind, hmac }) => keys.forms(hmac).map((form) => `${kind} ${form}`)));
  const found = new Map<string, WaitingPlace>();
  for (let page = await routes.everything(integration, null); page.length > 0;) {
    for (const waiting of page) {
      const { psp, hash, read } = waiting;
      const order = { integration, psp, subscription: read.subscription ?? read.fact.moneyId ?? '' };
      const { userId = read.identity.reference } = read.identity;
      const own = keys.of(order, compact<IdentityHints>({ ...read.identity, userId }), identityFrom(read.identity, 0));
      const isNamed = own.some(({ kind, hmac }) => keys.forms(hmac).some((form) => named.has(`${kind} ${form}`)));
      if (isNamed) found.set(`${psp} ${hash}`, waiting);
    }
    page = await routes.everything(integration, page.at(-1) ?? null);
  }
  return [...found.values()];
}

/** Takes the buyer out of them: the payments still wait. */
export async function forgetWaiting(
  { routes }: WaitingPersonsDeps,
  integration: string,
  waiting: readonly WaitingPlace[],
): Promise<void> {
  for (const { psp, hash, ids, read, keptAtMs } of waiting) {
    const at = { integration, psp, account: [integration] };
    // First what is to stay.
    await routes.keep(at, { hash: `${hash} without its buyer`, ids, read: { ...read, identity: {} } }, keptAtMs);
    await routes.remove(at, [{ hash, ids }]);
  }
}
