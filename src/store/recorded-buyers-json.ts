/** The JSON in which the store hands over what a simulation reads: `recorded-buyers.ts` writes it, and the thread that counts reads it. */
import { type Order, orderKey } from '../domain/first-purchase';
import { groupedBy } from '../domain/grouped-by';
import type { PaymentRef, PurchaseRecord } from '../domain/purchase';
import type { RecordedBuyer, RecordedFact, RecordedOrder } from '../domain/simulate';

/** The rows of a query: an array for each of its columns, null without rows. PostgreSQL makes and V8 reads that quicker than anything else. */
export type Columns = readonly (readonly unknown[] | null)[];

/** The columns of the orders, their facts and their records, in this order. */
export type BuyersDocument = readonly [owned: Columns, facts: Columns, records: Columns];

interface OwnedOrder extends Order {
  readonly userId: number;
  readonly consent: RecordedBuyer['consent'];
  readonly claims: readonly PaymentRef[] | null;
}

export const ownedColumns = [
  'userId',
  'psp',
  'subscription',
  'consent',
  'claims',
] as const satisfies readonly (keyof OwnedOrder)[];

type FactRow = Order & RecordedFact;

export const factColumns = [
  'psp',
  'subscription',
  'fact',
  'settingsVersion',
  'tooOld',
  'acceptedAtMs',
] as const satisfies readonly (keyof FactRow)[];

export const recordColumns = [
  ...(['psp', 'subscription', 'moneyId', 'purchaseType', 'phase', 'state', 'reason', 'heldBy', 'eventName'] as const),
  ...([
    'valueMinor',
    'valueCurrency',
    'chargedMinor',
    'currency',
    'occurredAtMs',
    'by',
    'settingsVersion',
    'revision',
    'hasClick',
  ] as const),
] as const;

type RecordRow = Pick<PurchaseRecord, Exclude<(typeof recordColumns)[number], 'valueMinor' | 'valueCurrency' | 'hasClick'>> & {
  /** Null where no delivery tells. */
  readonly hasClick: boolean | null;
  readonly valueMinor: number | null;
  readonly valueCurrency: string | null;
};

/** What the store has read of some buyers. */
export interface ReadBuyers {
  /** Of `RecordedBuyerStore.buyersOf`. */
  readonly json: string;
  /** Of `RecordedBuyerStore.clicked`; none where nobody asks. */
  readonly clicked: readonly Order[];
}

/** The buyers, with all their orders. An order without a buyer stands for one. @throws SyntaxError when it is no JSON. */
export function buyersFrom({ json, clicked }: ReadBuyers): readonly RecordedBuyer[] {
  const [ownedRows, factRows, recordRows] = JSON.parse(json) as BuyersDocument;
  const owned = rowsOf<OwnedOrder>(ownedColumns, ownedRows);
  const facts = groupedBy(rowsOf<FactRow>(factColumns, factRows), orderKey);
  const records = groupedBy(rowsOf<RecordRow>(recordColumns, recordRows), orderKey);
  const withClick = new Set(clicked.map(orderKey));
  const recorded = ({ psp, subscription }: Order): RecordedOrder => {
    const key = orderKey({ psp, subscription });
    const rows = records.get(key) ?? [];
    const attributed = rows.filter(({ hasClick }) => hasClick ?? withClick.has(key)).map(({ moneyId }) => moneyId);
    return { psp, subscription, facts: facts.get(key) ?? [], records: rows.map(recordFrom), attributed: new Set(attributed) };
  };
  const known = new Set(owned.map(orderKey));
  const alone = [...records.values()].flatMap(([first]) => (first && !known.has(orderKey(first)) ? [first] : []));
  return [
    ...[...groupedBy(owned, ({ userId }) => String(userId)).values()].map((orders): RecordedBuyer => {
      const [first] = orders;
      return { orders: orders.map(recorded), consent: first?.consent ?? null, claims: first?.claims ?? [] };
    }),
    ...alone.map((order) => ({ orders: [recorded(order)], consent: null, claims: [] })),
  ];
}

/** Rows with a member for each column. */
export function rowsOf<Row>(names: readonly (keyof Row & string)[], columns: Columns): readonly Row[] {
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, index) => {
    const row: Record<string, unknown> = {};
    for (const [place, name] of names.entries()) row[name] = columns[place]?.[index];
    return row as Row; // as the query names them
  });
}

/** A record as far as a simulation asks for it: without event id, refunds and attempts. Field by field, since spreading is slow. */
function recordFrom(row: RecordRow): PurchaseRecord {
  const { valueMinor, valueCurrency } = row;
  return {
    psp: row.psp,
    subscription: row.subscription,
    moneyId: row.moneyId,
    purchaseType: row.purchaseType,
    phase: row.phase,
    state: row.state,
    reason: row.reason,
    heldBy: row.heldBy,
    eventId: '',
    eventName: row.eventName,
    value: valueMinor === null || valueCurrency === null ? null : { amountMinor: valueMinor, currency: valueCurrency },
    chargedMinor: row.chargedMinor,
    refundedMinor: 0,
    currency: row.currency,
    occurredAtMs: row.occurredAtMs,
    attempts: 0,
    lastError: null,
    requestId: null,
    sentAtMs: null,
    by: row.by,
    settingsVersion: row.settingsVersion,
    revision: row.revision,
  };
}
