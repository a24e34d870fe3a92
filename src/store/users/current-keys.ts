/**
 * Whoever calls the store may know buyers by any generation of the pepper: providers' facts by the first, workflows by that of their time. Here,
 * at the store's boundary, all become the one that the database is at. Without layers nothing stands in between.
 */
import { eq } from 'drizzle-orm';
import { markOf, type PepperLayers } from '../../crypto/pepper-layers';
import type { Keyring } from '../../crypto/keyring';
import type { Database, Queries } from '../driver/database';
import { heldGeneration } from '../pepper-generation';
import type { QuarantineStore } from '../quarantine';
import { quarantineStore } from '../quarantine';
import { renameMarks, withMarks } from '../quarantine-marks';
import { quarantine } from '../schema';
import type { UserJoinStore } from './joins';
import { userJoinStore } from './joins';
import { renameInJoins, renameOnSight, type StoredKey } from './renaming';
import { withUsers } from './user-merge';

/** Makes the parts of the store that take identifiers. */
export interface CurrentKeys {
  /** A part of the store. A call with identifiers is one transaction, in which they have the current form. */
  readonly over: <T extends object>(make: (database: Database) => T) => T;
  readonly userJoins: () => UserJoinStore;
  readonly quarantine: () => QuarantineStore;
}

/** `layers` are all that this process was given. */
export function currentKeys(database: Database, keyring: Keyring, layers: PepperLayers): CurrentKeys {
  const joins = (over: Database) => userJoinStore(over, keyring);
  const bodies = (over: Database) => quarantineStore(over, keyring);
  if (layers.newest === 1)
    return { over: (make) => make(database), userJoins: () => joins(database), quarantine: () => bodies(database) };

  /** Runs `work` while the generation stays what it is. `current` lifts an HMAC. */
  function held<T>(work: (tx: Held) => Promise<T>): Promise<T> {
    return withUsers(database, async (tx) => {
      const { generation, isComplete } = await heldGeneration(tx, layers);
      const current = (hmac: string): string => layers.lift(hmac, generation);
      try {
        return await work({ tx, within: within(tx), generation, isComplete, current });
      } catch (error) {
        throw error instanceof FailedWithin ? error.cause : error;
      }
    });
  }

  return {
    over: (make) => {
      const plain = make(database);
      return new Proxy(plain, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]): unknown => {
            const keys = keysIn(args);
            if (keys.length === 0) return Reflect.apply(member, target, args) as unknown;
            return held(async ({ tx, within: database, generation, isComplete, current }) => {
              const renaming = { tx, keyring, layers, generation, integration: integrationOf(args) };
              const lifted = withKeys(args, ({ hmac }) => current(hmac)) as unknown[];
              if (!isComplete) await renameOnSight(renaming, keys);
              const inside = make(database);
              return Reflect.apply(Reflect.get(inside, name) as (...given: unknown[]) => unknown, inside, lifted);
            });
          };
        },
      });
    },

    userJoins: () => ({
      ...joins(database),
      undo: (integration, id, undone) =>
        held(async ({ tx, within: database, generation, isComplete }) => {
          const renaming = { tx, keyring, layers, generation, integration };
          const keys = await renameInJoins(renaming, [id]);
          if (!isComplete && keys.length > 0) await renameOnSight(renaming, keys);
          return joins(database).undo(integration, id, undone);
        }),
    }),

    quarantine: () => ({
      ...bodies(database),
      keep: (integration, webhook) =>
        held(({ within: database, current }) => bodies(database).keep(integration, withMarks(webhook, current))),
      keepItems: (integration, items) =>
        held(({ within: database, current }) =>
          bodies(database).keepItems(
            integration,
            items.map((item) => withMarks(item, current)),
          ),
        ),
      naming: (integration, persons) =>
        held(async ({ tx, within: database, isComplete, current }) => {
          if (!isComplete) await renameMarks(tx, current, eq(quarantine.integration, integration));
          return bodies(database).naming(
            integration,
            persons.map((mark) => markOf(current(mark))),
          );
        }),
    }),
  };
}

interface Held {
  readonly tx: Queries;
  /** The transaction as a database, for a part of the store. */
  readonly within: Database;
  readonly generation: number;
  readonly isComplete: boolean;
  readonly current: (hmac: string) => string;
}

/** A part that runs in a transaction of somebody else's must not repeat in it what failed: the whole transaction is repeated. */
function within(tx: Queries): Database {
  return {
    queries: tx,
    transaction: async (work) => {
      try {
        return await work(tx);
      } catch (error) {
        throw new FailedWithin(error);
      }
    },
    close: () => Promise.reject(new Error('a transaction is no database to be closed')),
  };
}

class FailedWithin extends Error {
  override readonly name = 'FailedWithin';
  constructor(cause: unknown) {
    super('failed within a transaction', { cause });
  }
}

/** As the store's functions take it: first, or as a member of what comes first. */
function integrationOf([first]: readonly unknown[]): string {
  const integration =
    typeof first === 'object' && first !== null ? (first as { readonly integration?: unknown }).integration : first;
  if (typeof integration !== 'string') throw new Error('a call with identifiers names its integration first');
  return integration;
}

function keysIn(args: readonly unknown[]): readonly StoredKey[] {
  const keys: StoredKey[] = [];
  withKeys(args, (key) => {
    keys.push(key);
    return key.hmac;
  });
  return keys;
}

/** What was given, with another HMAC in each `UserKey` and each `caller`. A key that a list then has twice stands in it once. */
function withKeys(value: unknown, replace: (key: StoredKey) => string): unknown {
  if (Array.isArray(value)) return distinct(value.map((item) => withKeys(item, replace)));
  if (!isPlain(value)) return value;
  if (isKey(value)) return { ...value, hmac: replace(value) };
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      name === 'caller' && typeof part === 'string' ? replace({ kind: 'caller', hmac: part }) : withKeys(part, replace),
    ]),
  );
}

function distinct(items: readonly unknown[]): readonly unknown[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    if (!isPlain(item) || !isKey(item)) return true;
    const name = `${item.kind} ${item.hmac}`;
    return seen.has(name) ? false : seen.add(name);
  });
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) === null;
}

function isKey(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & StoredKey {
  return typeof value['hmac'] === 'string' && typeof value['kind'] === 'string';
}
