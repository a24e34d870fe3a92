/** Which purchases an operator wants to see, as a condition of SQL. */
import { and, eq, gte, like, lt, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Phase, PurchaseType } from '../domain/fact';
import type { UserKey } from '../domain/identity';
import type { PurchaseState, WaitingFor } from '../domain/purchase';
import { decodeCursor } from './cursor';
import type { Queries } from './driver/database';
import { isSampleRow } from './sample-rows';
import { purchases, userIdentifiers, userOrders } from './schema';

export interface PurchaseFilter {
  readonly integration: string;
  readonly state?: PurchaseState;
  readonly reason?: string;
  readonly waitingFor?: WaitingFor;
  readonly phase?: Phase;
  readonly purchaseType?: PurchaseType;
  readonly psp?: string;
  /** Of the orders of whoever has one of these keys. */
  readonly user?: readonly UserKey[];
  /** When it happened; included. */
  readonly fromMs?: number;
  /** Not included. */
  readonly toMs?: number;
  /** The beginning of a subscription, payment or event id. */
  readonly q?: string;
  readonly errorType?: string;
  /** Leaves out the purchases that *send a sample* made. */
  readonly withoutSamples?: boolean;
  readonly cursor?: string;
  readonly limit: number;
}

/** The condition of a filter, its cursor aside. */
export function matches(queries: Queries, filter: PurchaseFilter): SQL | undefined {
  const { integration, state, reason, waitingFor, phase, purchaseType, psp, user, fromMs, toMs, q, errorType, withoutSamples } =
    filter;
  return and(
    eq(purchases.integration, integration),
    state === undefined ? undefined : eq(purchases.state, state),
    reason === undefined ? undefined : and(eq(purchases.reason, reason), hasReason),
    // Only what is pending waits, and its index is small.
    waitingFor === undefined ? undefined : and(eq(purchases.state, 'pending'), eq(purchases.waitingFor, waitingFor)),
    phase === undefined ? undefined : eq(purchases.phase, phase),
    purchaseType === undefined ? undefined : eq(purchases.purchaseType, purchaseType),
    psp === undefined ? undefined : eq(purchases.psp, psp),
    user === undefined ? undefined : isOfUser(queries, integration, user),
    fromMs === undefined ? undefined : gte(purchases.occurredAtMs, fromMs),
    toMs === undefined ? undefined : lt(purchases.occurredAtMs, toMs),
    q === undefined ? undefined : startsWith(q),
    errorType === undefined ? undefined : eq(purchases.errorType, errorType),
    withoutSamples === true ? sql`not ${isSampleRow}` : undefined,
  );
}

/** As the index says it. The other states' reasons are texts that somebody wrote. */
const hasReason = sql`${purchases.state} in ('suppressed', 'not_a_purchase')`;

function startsWith(q: string): SQL | undefined {
  const pattern = `${q.replace(/[\\%_]/g, '\\$&')}%`;
  return or(like(purchases.subscription, pattern), like(purchases.moneyId, pattern), like(purchases.eventId, pattern));
}

function isOfUser(queries: Queries, integration: string, keys: readonly UserKey[]): SQL {
  const orders = queries
    .select({ psp: userOrders.psp, subscription: userOrders.subscription })
    .from(userIdentifiers)
    .innerJoin(userOrders, and(eq(userOrders.userId, userIdentifiers.userId), eq(userOrders.integration, integration)))
    .where(
      and(
        eq(userIdentifiers.integration, integration),
        or(...keys.map(({ kind, hmac }) => and(eq(userIdentifiers.kind, kind), eq(userIdentifiers.hmac, hmac)))) ?? sql`false`,
      ),
    );
  return sql`(${purchases.psp}, ${purchases.subscription}) in ${orders}`;
}

/** The rows after a cursor, in the order of the list. @throws InvalidCursor */
export function isAfter(cursor: string): SQL {
  const [occurredAtMs, moneyId, psp] = decodeCursor(cursor, 2);
  return sql`(${purchases.occurredAtMs}, ${purchases.moneyId}, ${purchases.psp}) < (${occurredAtMs}::bigint, ${moneyId}::text collate "C", ${psp}::text collate "C")`;
}
