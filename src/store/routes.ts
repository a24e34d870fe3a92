/**
 * Where the facts of a shared account belong, for an integration that takes some of its payments: the orders that it has, those that are not
 * its own, and the facts that wait for a word. https://www.postgresql.org/docs/15/queries-with.html#QUERIES-WITH-RECURSIVE
 */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import { dayMs } from '../domain/duration';
import type { SubscriptionFact } from '../domain/fact';
import type { IdentityHints } from '../domain/identity';
import type { Database } from './driver/database';
import { declinedOrders, waitingFacts } from './schema';

export interface RouteStore {
  /** What is known of the order or payment that has one of these ids, or another id that an event has named beside them. */
  placeOf(at: RoutePlace, ids: readonly string[]): Promise<KnownPlace>;
  /** From now on the order is not this integration's, unless it has it already. Repeatable. */
  decline(at: RoutePlace, subscription: string, atMs: number): Promise<void>;
  /** Keeps a fact until a word comes, under each of the ids. Repeatable. */
  keep(at: RoutePlace, waiting: Omit<WaitingFact, 'keptAtMs'>, atMs: number): Promise<void>;
  /** The facts that wait under one of these ids, or another id that an event has named beside them; in the order of arrival, each once. */
  waiting(at: RoutePlace, ids: readonly string[]): Promise<readonly WaitingFact[]>;
  remove(at: RoutePlace, waiting: readonly Pick<WaitingFact, 'hash' | 'ids'>[]): Promise<void>;
  /** Everything that waits in an integration, page by page, by provider. `after` is the last of the page before. */
  everything(integration: string, after: WaitingPlace | null): Promise<readonly WaitingPlace[]>;
}

/** An integration's share of an account. */
export interface RoutePlace {
  readonly integration: string;
  readonly psp: string;
  /** All that take the account: what one of them knows of a payment's order helps the others. */
  readonly account: readonly string[];
}

/** `here`: the integration has the order. `elsewhere`: its metadata said so. `not_said`: nothing is known of it. */
export type KnownPlace = 'here' | 'elsewhere' | 'not_said';

/** What an event told, as it is kept while it waits. */
export interface KeptReading {
  readonly fact: SubscriptionFact;
  readonly subscription: string | null;
  readonly identity: IdentityHints;
  readonly paymentIds: readonly string[];
}

export interface WaitingFact {
  readonly hash: string;
  readonly ids: readonly string[];
  readonly read: KeptReading;
  readonly keptAtMs: number;
}

export interface WaitingPlace extends WaitingFact {
  readonly psp: string;
  readonly number: number;
}

const pageSize = 500;

/** Over the tables `waiting_facts` and `declined_orders`, and those of orders and payments. */
export function routeStore({ queries }: Database, keyring: Keyring): RouteStore {
  /** The ids and all that events have named beside them, in both directions. */
  const linked = ({ integration, psp }: RoutePlace, ids: readonly string[]) => sql`
    with recursive linked(id) as (
      select value from jsonb_array_elements_text(${JSON.stringify([...new Set(ids)])}::jsonb)
      union
      select case when p.payment_id = l.id then p.money_id else p.payment_id end
      from linked l join payment_ids p on p.integration = ${integration} and p.psp = ${psp} and (p.payment_id = l.id or p.money_id = l.id)
    )`;
  const opened = (sealed: string): { readonly ids: readonly string[]; readonly read: KeptReading } =>
    keyring.openJson(sealed, 'a fact that waits') as never; // as `keep` seals it

  return {
    async placeOf(at, ids) {
      const { integration, psp, account } = at;
      const answer = await queries.execute(sql`${linked(at, ids)}
        select
          exists(select from user_orders where integration = ${integration} and psp = ${psp} and subscription in (select id from linked)) or
          exists(select from payments where integration = ${integration} and psp = ${psp} and money_id in (select id from linked)) as here,
          exists(select from declined_orders where integration = ${integration} and psp = ${psp} and subscription in (
            select id from linked union
            select subscription from payments
            where integration in (select value from jsonb_array_elements_text(${JSON.stringify(account)}::jsonb))
              and psp = ${psp} and money_id in (select id from linked))) as elsewhere`);
      const [row] = (answer as { readonly rows: readonly { here: boolean; elsewhere: boolean }[] }).rows; // of both drivers
      return row?.here === true ? 'here' : row?.elsewhere === true ? 'elsewhere' : 'not_said';
    },

    async decline({ integration, psp }, subscription, declinedAtMs) {
      await queries
        .insert(declinedOrders)
        .values({ integration, psp, subscription, declinedAtMs })
        .onConflictDoUpdate({
          target: [declinedOrders.integration, declinedOrders.psp, declinedOrders.subscription],
          set: { declinedAtMs },
          // Renewals say it again and again: written now and then, it lasts all the same.
          setWhere: sql`${declinedOrders.declinedAtMs} < ${declinedAtMs}::bigint - ${rewrittenAfterMs}::bigint`,
        });
    },

    async keep({ integration, psp }, { hash: factHash, ids, read }, keptAtMs) {
      const sealed = keyring.sealJson({ ids, read });
      await queries
        .insert(waitingFacts)
        .values([...new Set(ids)].map((id) => ({ integration, psp, id, factHash, sealed, keptAtMs })))
        .onConflictDoNothing();
    },

    async waiting(at, ids) {
      const { integration, psp } = at;
      const answer = await queries.execute(sql`${linked(at, ids)}
        select fact_hash as hash, min(number) as number, min(sealed) as sealed, min(kept_at_ms) as "keptAtMs" from waiting_facts
        where integration = ${integration} and psp = ${psp} and id in (select id from linked)
        group by fact_hash order by min(number)`);
      const { rows } = answer as { readonly rows: readonly Row[] }; // of both drivers
      return rows.map(({ hash, sealed, keptAtMs }) => ({ hash, ...opened(sealed), keptAtMs: Number(keptAtMs) }));
    },

    async remove({ integration, psp }, waiting) {
      for (const { hash, ids } of waiting)
        await queries
          .delete(waitingFacts)
          .where(
            and(
              eq(waitingFacts.integration, integration),
              eq(waitingFacts.psp, psp),
              inArray(waitingFacts.id, [...ids]),
              eq(waitingFacts.factHash, hash),
            ),
          );
    },

    async everything(integration, after) {
      const rows = await queries
        .select()
        .from(waitingFacts)
        .where(and(eq(waitingFacts.integration, integration), after === null ? undefined : gt(waitingFacts.number, after.number)))
        .orderBy(asc(waitingFacts.number))
        .limit(pageSize);
      return rows.map(({ psp, factHash: hash, number, sealed, keptAtMs }) => ({
        psp,
        hash,
        number,
        ...opened(sealed),
        keptAtMs,
      }));
    },
  };
}

interface Row {
  readonly hash: string;
  readonly sealed: string;
  readonly keptAtMs: string | number;
}

const rewrittenAfterMs = 30 * dayMs;
