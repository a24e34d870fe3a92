/** The list of purchases for a spreadsheet: all rows of a filter, page by page, so that none of them waits in memory. */
import { decimalFromMinor } from '../domain/money';
import type { PurchaseRow } from '../domain/purchase';
import { isSample } from '../domain/sample';
import type { PurchaseFilter, Store } from '../store';
import { csvLine } from './csv';

type Listing = Pick<Store['purchases'], 'list'>;

/** The lines, from the header on, in chunks of a page. @throws InvalidCursor before the first chunk */
export async function* purchasesCsv(purchases: Listing, filter: Omit<PurchaseFilter, 'limit'>): AsyncGenerator<string> {
  let page = await purchases.list({ ...filter, limit: 500 });
  yield csvLine(columns.map(([name]) => name));
  for (;;) {
    if (page.items.length > 0) yield page.items.map((row) => csvLine(columns.map(([, value]) => value(row)))).join('');
    if (page.nextCursor === null) return;
    page = await purchases.list({ ...filter, cursor: page.nextCursor, limit: 500 });
  }
}

/** Times in UTC, amounts as decimals in the currency beside them; what is not known is empty. */
const columns: readonly (readonly [name: string, value: (row: PurchaseRow) => string])[] = [
  ['occurred_at', ({ occurredAtMs }) => iso(occurredAtMs)],
  ['psp', ({ psp }) => psp],
  ['subscription', ({ subscription }) => subscription],
  ['money_id', ({ moneyId }) => moneyId],
  ['purchase_type', ({ purchaseType }) => purchaseType],
  ['phase', ({ phase }) => phase ?? ''],
  ['state', ({ state }) => state],
  ['reason', ({ reason }) => reason ?? ''],
  ['amount', ({ chargedMinor, currency }) => decimalFromMinor(chargedMinor, currency)],
  ['refunded', ({ refundedMinor, currency }) => decimalFromMinor(refundedMinor, currency)],
  ['charged_currency', ({ currency }) => currency],
  ['event_name', ({ eventName }) => eventName],
  ['event_id', ({ eventId }) => eventId],
  ['value', ({ value }) => (value === null ? '' : decimalFromMinor(value.amountMinor, value.currency))],
  ['currency', ({ value }) => value?.currency ?? ''],
  ['sent_at', ({ sentAtMs }) => iso(sentAtMs)],
  ['request_id', ({ requestId }) => requestId ?? ''],
  ['destination', ({ destination }) => destination ?? ''],
  ['matched_by', ({ matchedBy }) => (matchedBy ?? []).join(' ')],
  ['attempts', ({ attempts }) => String(attempts)],
  ['waiting_for', ({ waitingFor }) => waitingFor ?? ''],
  ['next_attempt_at', ({ nextAttemptAtMs }) => iso(nextAttemptAtMs)],
  ['error', ({ lastError }) => lastError?.type ?? ''],
  ['error_message', ({ lastError }) => lastError?.message ?? ''],
  ['first_purchase', ({ heldBy }) => (heldBy === null ? '' : `${heldBy.psp} ${heldBy.moneyId}`)],
  ['by', ({ by }) => by ?? ''],
  ['settings_version', ({ settingsVersion }) => String(settingsVersion)],
  ['sample', (row) => (isSample(row) ? 'sample' : '')],
];

function iso(atMs: number | null): string {
  return atMs === null ? '' : new Date(atMs).toISOString();
}
