/**
 * The short way of a fact whose order is known and whose buyer has said all of it before, as in every renewal: one round trip. What it does is
 * the function `register_settled` of the database (migrations/0013); why it does the same as the long way: docs/decisions/0026.
 */
import { getTableColumns, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Keyring } from '../../crypto/keyring';
import type { KeptFact } from '../../domain/restore';
import { codeOf, type Database } from '../driver/database';
import { functionCall } from '../driver/statement';
import { toRow } from '../purchase-rows';
import { purchases, userOrders } from '../schema';
import { hashOf } from '../signalled-facts';
import type { Registered, Registration } from './registration';

/** A fact as it is kept beside its registration. Its `checkoutId` follows from the registration. */
export type FactToKeep = Omit<KeptFact, 'checkoutId'>;

/** What the short way finds out; everything else of `Registered` is as the registration told it. */
export interface SettledRegistration extends Pick<Registered, 'keys' | 'ownsCheckout' | 'adoptedCheckoutId'> {
  /** The workflow was told of the very same fact, and has decided its payment: to tell it again would change nothing. */
  readonly isRepeated: boolean;
}

/** So many different statements of one order's facts are remembered: an invoice says more of its buyer than a change of the subscription. */
const mostMarks = 8;

/** Null where anything else has to be looked at; nothing is written then. */
export async function registerSettled(
  { queries }: Pick<Database, 'queries'>,
  keyring: Keyring,
  told: Registration,
  kept: FactToKeep,
): Promise<SettledRegistration | null> {
  // A first phase may adopt a checkout.
  const saying = (told.firstPhaseAtMs ?? null) === null ? markOf(keyring, told) : null;
  if (saying === null) return null;
  const { integration, psp, subscription, moneyId, paymentIds, checkout, pending } = told;
  const isPayment = pending !== null || paymentIds.length > 0;
  const input = {
    ...{ integration, psp, subscription, moneyId: isPayment ? moneyId : null, paymentIds, saying },
    ...{ keys: distinct(told.keys), checkoutHmac: checkout?.hmac ?? null, checkoutId: told.checkoutId ?? null },
    ...{ dueAtMs: told.dueAtMs ?? null, saidAtMs: told.saidAtMs ?? told.atMs, atMs: told.atMs },
    ...{ endedAtMs: told.endedAtMs ?? null, resumedAtMs: told.resumedAtMs ?? null },
    ...{ factHash: hashOf(psp, subscription, kept.fact), settingsVersion: kept.settingsVersion, tooOld: kept.tooOld },
  };
  const row = pending && JSON.stringify(columnsOf({ refusedByPage: false, ...toRow(integration, pending) }));
  try {
    const settled = await register(queries, { told: JSON.stringify(input), pending: row, fact: JSON.stringify(kept.fact) });
    if (settled === null) return null;
    const { ownsCheckout, checkoutId, isRepeated } = settled;
    // The order's, or that of a fact before: then the fact brings none.
    return checkout === null
      ? { keys: told.keys, ownsCheckout: false, adoptedCheckoutId: checkoutId, isRepeated }
      : { keys: told.keys, ownsCheckout, adoptedCheckoutId: null, isRepeated };
  } catch (error) {
    if (mayPassTheLongWay.has(codeOf(error) ?? '')) return null;
    throw error;
  }
}

const register = functionCall<Settled | null>(
  'register_settled',
  sql`register_settled(${sql.placeholder('told')}::jsonb, ${sql.placeholder('pending')}::jsonb, ${sql.placeholder('fact')}::json)`,
);

/** As `register_settled` answers. */
interface Settled {
  readonly ownsCheckout: boolean;
  readonly checkoutId: string | null;
  readonly isRepeated: boolean;
}

/** SQLSTATE `deadlock_detected` and `serialization_failure`. */
const mayPassTheLongWay: ReadonlySet<string> = new Set(['40P01', '40001']);

/**
 * The columns of `user_orders` that remember a mark beside those which are written with it. Marks of before stay while what is known of the
 * buyer stays the same. `mark` is null where nothing is to be remembered.
 */
export function settledColumns(
  mark: string | null,
  {
    userId,
    ownIdentity,
    checkoutHmac,
  }: { readonly userId: number; readonly ownIdentity: string | null; readonly checkoutHmac: string | null },
) {
  const before = userOrders;
  const becomes = sql`settled_mark(excluded.user_id, coalesce(excluded.own_identity, ${before.ownIdentity}), coalesce(excluded.checkout_hmac, ${before.checkoutHmac}))`;
  const others = sql`array_remove(case when ${before.settledFor} = ${becomes} then ${before.settledAs} end, (excluded.settled_as)[1])`;
  return {
    values: {
      settledFor: sql<string>`settled_mark(${userId}::bigint, ${ownIdentity}::text, ${checkoutHmac}::text)`,
      settledAs: mark === null ? [] : [mark],
    },
    set: {
      settledFor: becomes,
      settledAs: sql`(excluded.settled_as || coalesce(${others}, '{}'))[1:${sql.raw(String(mostMarks))}]`,
    },
  };
}

/** The mark of all that a fact says of its buyer. Null where a key is doubtful, since whose it is depends on other buyers. */
export function markOf(keyring: Keyring, { keys, doubtfulKey, identity, checkout, checkoutId }: Registration): string | null {
  if (doubtfulKey) return null;
  const names = distinct(keys).map(({ kind, hmac }) => `${kind}:${hmac}`);
  const said = Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1));
  return keyring.mark(JSON.stringify([names.sort(), said, checkout?.hmac ?? null, checkoutId ?? null]));
}

function distinct(keys: Registration['keys']): Registration['keys'] {
  return [...new Map(keys.map((key) => [`${key.kind}:${key.hmac}`, key])).values()];
}

const columnNames: Readonly<Record<string, PgColumn>> = getTableColumns(purchases);

/** A row by the names of its columns. */
function columnsOf(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [columnNames[name]?.name ?? name, value]));
}
