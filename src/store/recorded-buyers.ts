/**
 * All that is kept of many orders and their buyers at once, for a simulation. Each query is small, since an embedded database answers one
 * at a time and webhooks wait for it. Rows come as one text of JSON with an array for each column: PostgreSQL makes and this process
 * reads that in a third of the time of rows.
 */
import { asc, eq, sql, type SQL } from 'drizzle-orm';
import type { Order } from '../domain/first-purchase';
import { defaultSettings } from '../domain/settings';
import type { SimulatedSettings } from '../domain/simulate';
import type { Keyring } from '../crypto/keyring';
import type { Database } from './driver/database';
import { buyersOfOrders, clickedOrders, hasClick } from './recorded-clicks';
import { type Columns, factColumns, ownedColumns, recordColumns, rowsOf } from './recorded-buyers-json';
import { isSampleRow } from './sample-rows';
import { settingsVersions } from './schema';

export interface RecordedBuyerStore {
  /** The orders of the next payments of a period, samples left out, newest payment first; an order comes once for each of its payments. */
  ordersPaid(page: PaidPage): Promise<{ readonly orders: readonly Order[]; readonly next: PaidPlace | null }>;
  /** The buyers of these orders, with all orders that they have, for `buyersFrom`. */
  buyersOf(integration: string, orders: readonly Order[]): Promise<string>;
  /**
   * Of the buyers of these orders: the orders of whom something that is kept of them says a click id, where no delivery of the period
   * has told it. An identity is decrypted for each, so they are asked for only where the settings ask.
   */
  clicked(integration: string, orders: readonly Order[], period: Pick<PaidPage, 'fromMs' | 'toMs'>): Promise<readonly Order[]>;
  /** Every version of the settings, without credentials. */
  settingsVersions(integration: string): Promise<ReadonlyMap<number, SimulatedSettings>>;
}

export interface PaidPage {
  readonly integration: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Null for the first page. */
  readonly after: PaidPlace | null;
  readonly limit: number;
}

/** The last payment of a page. */
export interface PaidPlace {
  readonly atMs: number;
  readonly moneyId: string;
  readonly psp: string;
}

/** Reads over the tables of purchases, facts and users. */
export function recordedBuyerStore({ queries }: Database, keyring: Keyring): RecordedBuyerStore {
  async function jsonOf(statement: SQL): Promise<string> {
    const answer: unknown = await queries.execute(statement);
    const [first] = (answer as { readonly rows: readonly { readonly json: string }[] }).rows; // both drivers answer so
    return first?.json ?? '[]';
  }

  return {
    async ordersPaid({ integration, fromMs, toMs, after, limit }) {
      const isAfter = after
        ? sql`and (occurred_at_ms, money_id, psp) < (${after.atMs}::bigint, ${after.moneyId}, ${after.psp})`
        : sql``;
      const paid = sql`
        select psp, subscription, occurred_at_ms as "atMs", money_id as "moneyId" from purchases
        where integration = ${integration} and occurred_at_ms >= ${fromMs}::bigint and occurred_at_ms < ${toMs}::bigint ${isAfter}
          and not ${isSampleRow}
        order by occurred_at_ms desc, money_id desc, psp desc limit ${limit}`;
      const json = await jsonOf(sql`select ${inColumns(paidColumns, paid)}::text as json`);
      const payments = rowsOf<Order & PaidPlace>(paidColumns, JSON.parse(json) as Columns);
      const orders = payments.map(({ psp, subscription }) => ({ psp, subscription }));
      const last = payments.at(-1);
      const next = last && payments.length === limit ? { psp: last.psp, atMs: last.atMs, moneyId: last.moneyId } : null;
      return { orders, next };
    },

    buyersOf: (integration, orders) => jsonOf(statementOfBuyers(integration, orders)),

    clicked: (integration, orders, period) => clickedOrders(queries, keyring, { integration, orders, ...period }),

    async settingsVersions(integration) {
      const { version, document } = settingsVersions;
      const rows = await queries
        .select({ version, document })
        .from(settingsVersions)
        .where(eq(settingsVersions.integration, integration))
        .orderBy(asc(version));
      // A setting that is younger than the stored document has its default.
      return new Map(rows.map((row) => [row.version, { ...defaultSettings, ...row.document, version: row.version }]));
    },
  };
}

const paidColumns = ['psp', 'subscription', 'atMs', 'moneyId'] as const;

/** All orders of the buyers of the orders `named`, with their facts and records, in one statement: it takes half the time of three. */
function statementOfBuyers(integration: string, named: readonly Order[]): SQL {
  const facts = sql`
    select f.psp, f.subscription, f.fact, f.settings_version as "settingsVersion", f.too_old as "tooOld",
      f.accepted_at_ms as "acceptedAtMs"
    from orders o join order_facts f on f.integration = ${integration} and f.psp = o.psp and f.subscription = o.subscription
    order by f.accepted_at_ms, f.fact_hash`;
  const records = sql`
    select p.psp, p.subscription, p.money_id as "moneyId", p.purchase_type as "purchaseType", p.phase, p.state, p.reason,
      p.held_by as "heldBy", p.event_name as "eventName", p.value_minor as "valueMinor", p.value_currency as "valueCurrency",
      p.charged_minor as "chargedMinor", p.currency, p.occurred_at_ms as "occurredAtMs", p.by_whom as by,
      p.settings_version as "settingsVersion", p.revision, ${hasClick(sql`p.matched_by`)} as "hasClick"
    from orders o join purchases p on p.integration = ${integration} and p.subscription = o.subscription and p.psp = o.psp
    order by p.occurred_at_ms, p.money_id`;
  return sql`
    with ${buyersOfOrders(integration, named)},
    owned as materialized (
      select o.user_id as "userId", o.psp, o.subscription, u.consent, (
        select json_agg(json_build_object('psp', f.psp, 'subscription', f.subscription, 'moneyId', f.money_id)
          order by f.claimed_at_ms, f.psp, f.subscription, f.money_id)
        from first_purchases f where f.user_id = o.user_id
      ) as claims
      from buyers b join user_orders o on o.user_id = b.user_id join users u on u.id = o.user_id
      where o.integration = ${integration}
    ),
    orders as materialized (select psp, subscription from owned union select psp, subscription from named)
    select json_build_array(
      ${inColumns(ownedColumns, sql`select * from owned`)},
      ${inColumns(factColumns, facts)},
      ${inColumns(recordColumns, records)}
    )::text as json`;
}

function inColumns(names: readonly string[], query: SQL): SQL {
  const arrays = names.map((name) => sql`json_agg(${sql.identifier(name)})`);
  return sql`(select json_build_array(${sql.join(arrays, sql`, `)}) from (${query}) as found)`;
}
