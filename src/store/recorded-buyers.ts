/**
 * All that is kept of many orders and their buyers at once, for a simulation. Each query is small, since an embedded database answers one
 * at a time and webhooks wait for it; rows come as JSON, which is read far quicker than columns.
 */
import { asc, eq, sql, type SQL } from 'drizzle-orm';
import type { Order } from '../domain/first-purchase';
import type { PaymentRef, PurchaseRecord } from '../domain/purchase';
import type { KeptFact } from '../domain/restore';
import { defaultSettings } from '../domain/settings';
import type { RecordedBuyer, RecordedOrder, SimulatedSettings } from '../domain/simulate';
import type { Database } from './driver/database';
import { isSampleRow } from './sample-rows';
import { settingsVersions } from './schema';

export interface RecordedBuyerStore {
  /** The orders of the next payments of a period, samples left out, newest payment first; an order comes once for each of its payments. */
  ordersPaid(page: PaidPage): Promise<{ readonly orders: readonly Order[]; readonly next: PaidPlace | null }>;
  /** The buyers of these orders, with all orders that they have. An order without a buyer stands for one. */
  buyersOf(integration: string, orders: readonly Order[]): Promise<readonly RecordedBuyer[]>;
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
export function recordedBuyerStore({ queries }: Database): RecordedBuyerStore {
  /** One text, as `json_agg` makes it. */
  async function rowsOf<Row>(statement: SQL): Promise<readonly Row[]> {
    const answer: unknown = await queries.execute(statement);
    const [first] = (answer as { readonly rows: readonly { readonly rows: string | null }[] }).rows; // both drivers answer so
    return first?.rows ? (JSON.parse(first.rows) as readonly Row[]) : []; // as the statement builds them
  }

  return {
    async ordersPaid({ integration, fromMs, toMs, after, limit }) {
      const isAfter = after
        ? sql`and (occurred_at_ms, money_id, psp) < (${after.atMs}::bigint, ${after.moneyId}, ${after.psp})`
        : sql``;
      const paid = await rowsOf<[psp: string, subscription: string, atMs: number, moneyId: string]>(sql`
        select json_agg(json_build_array(psp, subscription, occurred_at_ms, money_id))::text as rows from (
          select psp, subscription, occurred_at_ms, money_id from purchases
          where integration = ${integration} and occurred_at_ms >= ${fromMs}::bigint and occurred_at_ms < ${toMs}::bigint ${isAfter}
            and not ${isSampleRow}
          order by occurred_at_ms desc, money_id desc, psp desc limit ${limit}
        ) paid`);
      const last = paid.at(-1);
      const orders = paid.map(([psp, subscription]) => ({ psp, subscription }));
      const next = last && paid.length === limit ? { psp: last[0], atMs: last[2], moneyId: last[3] } : null;
      return { orders, next };
    },

    async buyersOf(integration, asked) {
      const owned = await rowsOf<OwnedRow>(sql`
        with asked as (${orderRows(asked)}),
        buyers as (
          select distinct o.user_id from asked a
          -- "offset 0": each order is looked up by its key, whatever the planner thinks of the number of orders.
          cross join lateral (
            select user_id from user_orders
            where integration = ${integration} and psp = a.psp and subscription = a.subscription offset 0
          ) o
        )
        select json_agg(json_build_array(o.user_id, o.psp, o.subscription, u.consent, (
          select json_agg(json_build_object('psp', f.psp, 'subscription', f.subscription, 'moneyId', f.money_id)
            order by f.claimed_at_ms, f.psp, f.subscription, f.money_id)
          from first_purchases f where f.user_id = o.user_id
        )))::text as rows
        from buyers b join user_orders o on o.user_id = b.user_id join users u on u.id = o.user_id
        where o.integration = ${integration}`);
      const known = new Set(owned.map(([, psp, subscription]) => keyOf({ psp, subscription })));
      const alone = asked.filter((order) => !known.has(keyOf(order)));
      const orders = [...owned.map(([, psp, subscription]) => ({ psp, subscription })), ...alone];
      const [facts, records] = [await factsOf(integration, orders), await recordsOf(integration, orders)];
      const recorded = (order: Order): RecordedOrder => {
        const key = keyOf(order);
        return { ...order, facts: facts.get(key) ?? [], records: records.get(key) ?? [] };
      };
      const buyers = [...grouped(owned, ([userId]) => String(userId)).values()].map((rows): RecordedBuyer => {
        const [first] = rows;
        return {
          orders: rows.map(([, psp, subscription]) => recorded({ psp, subscription })),
          consent: first?.[3] ?? null,
          claims: first?.[4] ?? [],
        };
      });
      return [...buyers, ...alone.map((order) => ({ orders: [recorded(order)], consent: null, claims: [] }))];
    },

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

  async function factsOf(integration: string, orders: readonly Order[]): Promise<ReadonlyMap<string, readonly KeptFact[]>> {
    const rows = await rowsOf<FactRow>(sql`
      with asked as (${orderRows(orders)})
      select json_agg(json_build_array(f.psp, f.subscription, f.fact, f.settings_version, f.too_old, f.accepted_at_ms)
        order by f.accepted_at_ms, f.fact_hash)::text as rows
      from asked a join order_facts f on f.integration = ${integration} and f.psp = a.psp and f.subscription = a.subscription`);
    const facts = new Map<string, KeptFact[]>();
    for (const [psp, subscription, fact, settingsVersion, tooOld, acceptedAtMs] of rows) {
      push(facts, keyOf({ psp, subscription }), { fact, settingsVersion, tooOld, acceptedAtMs, checkoutId: null });
    }
    return facts;
  }

  async function recordsOf(
    integration: string,
    orders: readonly Order[],
  ): Promise<ReadonlyMap<string, readonly PurchaseRecord[]>> {
    const rows = await rowsOf<RecordRow>(sql`
      with asked as (${orderRows(orders)})
      select json_agg(json_build_array(
        p.psp, p.subscription, p.money_id, p.purchase_type, p.phase, p.state, p.reason, p.held_by, p.event_name, p.value_minor,
        p.value_currency, p.charged_minor, p.currency, p.occurred_at_ms, p.by_whom, p.settings_version, p.revision
      ) order by p.occurred_at_ms, p.money_id)::text as rows
      from asked a join purchases p on p.integration = ${integration} and p.subscription = a.subscription and p.psp = a.psp`);
    const records = new Map<string, PurchaseRecord[]>();
    for (const row of rows) {
      const record = recordFrom(row);
      push(records, keyOf(record), record);
    }
    return records;
  }
}

type OwnedRow = readonly [
  userId: number,
  psp: string,
  subscription: string,
  consent: RecordedBuyer['consent'],
  claims: readonly PaymentRef[] | null,
];
type FactRow = readonly [
  psp: string,
  subscription: string,
  fact: KeptFact['fact'],
  settingsVersion: number,
  tooOld: boolean,
  acceptedAtMs: number,
];
type RecordRow = readonly [
  psp: string,
  subscription: string,
  moneyId: string,
  purchaseType: PurchaseRecord['purchaseType'],
  phase: PurchaseRecord['phase'],
  state: PurchaseRecord['state'],
  reason: string | null,
  heldBy: PaymentRef | null,
  eventName: string,
  valueMinor: number | null,
  valueCurrency: string | null,
  chargedMinor: number,
  currency: string,
  occurredAtMs: number,
  by: string | null,
  settingsVersion: number,
  revision: number,
];

/** A record as far as a simulation asks for it: without event id, refunds and attempts. By index, since that is quickest. */
function recordFrom(row: RecordRow): PurchaseRecord {
  return {
    psp: row[0],
    subscription: row[1],
    moneyId: row[2],
    purchaseType: row[3],
    phase: row[4],
    state: row[5],
    reason: row[6],
    heldBy: row[7],
    eventId: '',
    eventName: row[8],
    value: row[9] === null || row[10] === null ? null : { amountMinor: row[9], currency: row[10] },
    chargedMinor: row[11],
    refundedMinor: 0,
    currency: row[12],
    occurredAtMs: row[13],
    attempts: 0,
    lastError: null,
    requestId: null,
    sentAtMs: null,
    by: row[14],
    settingsVersion: row[15],
    revision: row[16],
  };
}

function orderRows(orders: readonly Order[]): SQL {
  const json = JSON.stringify(orders.map(({ psp, subscription }) => ({ psp, subscription })));
  return sql`select distinct psp, subscription from json_to_recordset(${json}::json) as a(psp text, subscription text)`;
}

function keyOf({ psp, subscription }: Order): string {
  return `${psp} ${subscription}`;
}

function grouped<Row>(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) push(groups, key(row), row);
  return groups;
}

function push<Row>(groups: Map<string, Row[]>, key: string, row: Row): void {
  const group = groups.get(key);
  if (group) group.push(row);
  else groups.set(key, [row]);
}
