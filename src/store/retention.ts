/**
 * What is kept of each table, and for how long. A table without a rule does not compile, and a rule by which rows go is tried by
 * test/activities/purge-expired.int.test.ts.
 */
import { and, asc, eq, exists, inArray, isNotNull, lt, notExists, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { RetentionDays } from '../domain/retention';
import type { Database, Queries } from './driver/database';
import type * as schema from './schema';
import {
  audit,
  declinedOrders,
  deliveryAttempts,
  quarantine,
  unmatchedRefunds,
  userIdentifiers,
  userOrders,
  users,
  visits,
  waitingFacts,
} from './schema';
import { withUsers } from './users/user-merge';

export type TableName = {
  [Name in keyof typeof schema]: (typeof schema)[Name] extends PgTable ? Name : never;
}[keyof typeof schema];

export type RetentionRule =
  /** Rows go after so many days. */
  | { readonly kept: 'days'; readonly days: keyof RetentionDays }
  /** The row stays; what identifies a person in it goes after so many days. */
  | { readonly kept: 'emptied'; readonly days: keyof RetentionDays }
  /** As long as the rows of another table that they belong to. */
  | { readonly kept: 'with'; readonly table: TableName }
  /** As long as the account of purchases: without a limit. */
  | { readonly kept: 'account' }
  /** Until something ends it. */
  | { readonly kept: 'until'; readonly end: string };

export const retentionRules: Readonly<Record<TableName, RetentionRule>> = {
  settingsVersions: { kept: 'account' },
  // Users without an order go after `visitors` days.
  users: { kept: 'emptied', days: 'buyers' },
  userIdentifiers: { kept: 'with', table: 'users' },
  userOrders: { kept: 'emptied', days: 'buyers' },
  firstPurchases: { kept: 'account' },
  checkouts: { kept: 'account' },
  browserPurchases: { kept: 'with', table: 'users' },
  pepperGenerations: { kept: 'account' },
  // Those of buyers with an order stay with them.
  visits: { kept: 'days', days: 'visitors' },
  // With the row of the user who was merged, which is one without an order.
  userJoins: { kept: 'days', days: 'visitors' },
  operatorTokens: { kept: 'account' },
  payments: { kept: 'account' },
  paymentIds: { kept: 'account' },
  unmatchedRefunds: { kept: 'days', days: 'unmatchedRefunds' },
  purchases: { kept: 'account' },
  deliveryAttempts: { kept: 'emptied', days: 'requests' },
  purchaseTotals: { kept: 'account' },
  purchaseTotalChanges: { kept: 'until', end: 'they are added to the totals' },
  tallies: { kept: 'days', days: 'counts' },
  alerts: { kept: 'days', days: 'counts' },
  acknowledgements: { kept: 'until', end: 'their group is empty' },
  providerSecrets: { kept: 'until', end: 'an operator removes them' },
  quarantine: { kept: 'days', days: 'quarantine' },
  audit: { kept: 'days', days: 'audit' },
  checks: { kept: 'until', end: 'the next check of the account' },
  tiktokCounts: { kept: 'days', days: 'counts' },
  tiktokCountRuns: { kept: 'until', end: 'the next time that TikTok is asked' },
  openPayments: { kept: 'days', days: 'openPayments' },
  signalledFacts: { kept: 'days', days: 'signalledFacts' },
  orderFacts: { kept: 'account' },
  webhookLog: { kept: 'days', days: 'webhookLog' },
  waitingFacts: { kept: 'days', days: 'waitingFacts' },
  declinedOrders: { kept: 'days', days: 'declinedOrders' },
};

/** Each deletes or empties what is older than a time, and returns how many rows that were. */
export interface RetentionStore {
  /**
   * Empties the identity of buyers of whom nothing was heard since, and none of whose orders was running. The orders stay, and so do the
   * identifiers (as HMACs), by which the limit knows who has bought before.
   */
  forgetBuyers(beforeMs: number): Promise<number>;
  emptyRequests(beforeMs: number): Promise<number>;
  purgeQuarantine(beforeMs: number): Promise<number>;
  purgeUnmatchedRefunds(beforeMs: number): Promise<number>;
  purgeAudit(beforeMs: number): Promise<number>;
  purgeWaitingFacts(beforeMs: number): Promise<number>;
  purgeDeclinedOrders(beforeMs: number): Promise<number>;
}

/** Rows per statement: short locks, and far from the statement timeout. */
const batch = 500;

/** Retention over the tables of which no other store purges rows. */
export function retentionStore(database: Database): RetentionStore {
  const { queries } = database;
  return {
    forgetBuyers: (beforeMs) => inBatches(() => withUsers(database, (tx) => forgetBatch(tx, beforeMs))),

    emptyRequests: (beforeMs) =>
      inBatches(async () => {
        const { integration, psp, moneyId, number, request, atMs } = deliveryAttempts;
        const old = queries
          .select({ integration, psp, moneyId, number })
          .from(deliveryAttempts)
          .where(and(isNotNull(request), lt(atMs, beforeMs)))
          .limit(batch);
        const emptied = await queries
          .update(deliveryAttempts)
          .set({ request: null })
          .where(sql`(${integration}, ${psp}, ${moneyId}, ${number}) in ${old}`)
          .returning({ number });
        return emptied.length;
      }),

    purgeQuarantine: (beforeMs) =>
      purge(quarantine, [quarantine.integration, quarantine.id], lt(quarantine.receivedAtMs, beforeMs)),

    purgeUnmatchedRefunds: (beforeMs) => {
      const { integration, psp, paymentId, factHash, keptAtMs } = unmatchedRefunds;
      return purge(unmatchedRefunds, [integration, psp, paymentId, factHash], lt(keptAtMs, beforeMs));
    },

    purgeAudit: (beforeMs) => purge(audit, [audit.id], lt(audit.atMs, beforeMs)),

    purgeWaitingFacts: (beforeMs) => {
      const { integration, psp, id, factHash, keptAtMs } = waitingFacts;
      return purge(waitingFacts, [integration, psp, id, factHash], lt(keptAtMs, beforeMs));
    },

    purgeDeclinedOrders: (beforeMs) => {
      const { integration, psp, subscription, declinedAtMs } = declinedOrders;
      return purge(declinedOrders, [integration, psp, subscription], lt(declinedAtMs, beforeMs));
    },
  };

  function purge(table: PgTable, key: readonly PgColumn[], isOld: SQL): Promise<number> {
    const columns = sql.join([...key], sql`, `);
    return inBatches(async () => {
      const gone = await queries
        .delete(table)
        .where(sql`(${columns}) in (select ${columns} from ${table} where ${isOld} limit ${batch})`)
        .returning({ gone: sql`1` });
      return gone.length;
    });
  }
}

async function inBatches(work: () => Promise<number>): Promise<number> {
  for (let sum = 0; ;) {
    const done = await work();
    sum += done;
    if (done < batch) return sum;
  }
}

/** Users whom another transaction has locked are left for the next time. */
async function forgetBatch(tx: Queries, beforeMs: number): Promise<number> {
  const ofUser = tx
    .select({ found: sql`1` })
    .from(userOrders)
    .where(eq(userOrders.userId, users.id));
  const runs = and(
    eq(userOrders.userId, users.id),
    // A one-off, or a subscription of whose end nobody told, is over when nothing is due.
    or(
      sql`${userOrders.endedAtMs} >= ${beforeMs}::bigint`,
      and(sql`${userOrders.endedAtMs} is null`, sql`${userOrders.dueAtMs} >= ${beforeMs}::bigint`),
    ),
  );
  const running = tx
    .select({ found: sql`1` })
    .from(userOrders)
    .where(runs);
  const found = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(isNotNull(users.identity), lt(users.updatedAtMs, beforeMs), exists(ofUser), notExists(running)))
    .orderBy(asc(users.updatedAtMs))
    .limit(batch)
    .for('update', { of: users, skipLocked: true });
  if (found.length === 0) return 0;
  const ids = found.map(({ id }) => id);
  await tx.update(users).set({ identity: null }).where(inArray(users.id, ids));
  await tx
    .update(userOrders)
    .set({ ownIdentity: null, settledAs: null, settledFor: null })
    .where(and(inArray(userOrders.userId, ids), isNotNull(userOrders.ownIdentity)));
  const ofBuyer = tx
    .select({ found: sql`1` })
    .from(userIdentifiers)
    .where(
      and(
        inArray(userIdentifiers.userId, ids),
        eq(userIdentifiers.integration, visits.integration),
        eq(userIdentifiers.kind, visits.kind),
        eq(userIdentifiers.hmac, visits.hmac),
      ),
    );
  // A refusal of consent outlives what the page said beside it.
  await tx.update(visits).set({ words: null }).where(exists(ofBuyer));
  return found.length;
}
