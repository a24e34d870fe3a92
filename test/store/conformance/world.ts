/** What the conformance tests share: two stores over one database, and an integration of its own for each test. */
import type { Keyring } from '../../../src/crypto/keyring';
import type { UserKey } from '../../../src/domain/identity';
import type { ClaimMode } from '../../../src/domain/limit';
import type { PaymentRef } from '../../../src/domain/purchase';
import type { Registration, Store } from '../../../src/store';
import { noonMs, registration as sampleRegistration } from '../../support/store-samples';

export interface OpenedStores {
  /** A store over the one database of the suite. Where the database allows it, each call is a process of its own. */
  open(keyring: Keyring): Promise<Store>;
  /** The rows of a statement, as the database has them. */
  raw(statement: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface World {
  readonly stores: OpenedStores;
  readonly store: Store;
  /** The same database, as another process sees it. */
  readonly other: Store;
  /** Each test has its own, so that all share one database. */
  readonly integration: string;
}

/** Writes with the defaults of the samples. */
export function actions(world: () => World) {
  return {
    register(ref: PaymentRef, keys: readonly UserKey[] = [], overrides: Partial<Registration> = {}) {
      const { store, integration } = world();
      return store.users.register({ ...sampleRegistration(ref, keys, overrides), integration });
    },
    claim(payment: PaymentRef, keys: readonly UserKey[], mode: ClaimMode = 'this_payment', atMs = noonMs) {
      const { store, integration } = world();
      return store.firstPurchases.claim({ integration, keys, payment, mode, atMs });
    },
  };
}
