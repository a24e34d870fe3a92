/** Secrets of providers that operators entered, beside those of the environment. Sealed: nobody reads them back but the service. */
import { and, asc, eq } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import { UnknownKeyError } from '../crypto/keyring';
import type { Database } from './driver/database';
import { providerSecrets } from './schema';

export interface ProviderSecretStore {
  /** False when it is there already: the first one stays. */
  add(entered: EnteredSecret & { readonly secret: string }): Promise<boolean>;
  /** False when there is none of that id. */
  remove(integration: string, psp: string, id: string): Promise<boolean>;
  /** All of them, of every integration, oldest first. */
  all(): Promise<readonly EnteredSecret[]>;
}

/** What a secret is for: to verify webhooks, or to ask the provider's API. */
export type ProviderSecretKind = 'webhook' | 'api';

export interface EnteredSecret {
  readonly integration: string;
  readonly psp: string;
  readonly kind: ProviderSecretKind;
  /** Tells secrets apart without showing them. */
  readonly id: string;
  /** Written as in the environment; null when it was sealed with a key that ENCRYPTION_KEYS no longer lists. */
  readonly secret: string | null;
  readonly addedBy: string;
  readonly addedAtMs: number;
}

/** Entered secrets, over the table `provider_secrets`. */
export function providerSecretStore({ queries }: Database, keyring: Keyring): ProviderSecretStore {
  return {
    async add({ secret, ...entry }) {
      const added = await queries
        .insert(providerSecrets)
        .values({ ...entry, sealed: keyring.sealJson(secret) })
        .onConflictDoNothing()
        .returning({ id: providerSecrets.id });
      return added.length === 1;
    },

    async remove(integration, psp, id) {
      const { integration: of, psp: from, id: named } = providerSecrets;
      const gone = await queries
        .delete(providerSecrets)
        .where(and(eq(of, integration), eq(from, psp), eq(named, id)))
        .returning({ id: named });
      return gone.length > 0;
    },

    async all() {
      const rows = await queries.select().from(providerSecrets).orderBy(asc(providerSecrets.addedAtMs), asc(providerSecrets.id));
      return rows.map(({ sealed, ...row }) => ({ ...row, secret: opened(sealed) }));
    },
  };

  function opened(sealed: string): string | null {
    try {
      return keyring.openJson(sealed) as string; // `add` put a string in
    } catch (error) {
      if (error instanceof UnknownKeyError) return null;
      throw error;
    }
  }
}
