/** What operators see of a purchase whose own record the database refuses for good. */
import type { PurchaseRecord } from '../src/domain/purchase';
import { codeOf } from '../src/store';
import { refusedByDatabase } from './failures';

/** The record as it can be shown: in need of attention, after one attempt at least, without what no database takes. */
export function refusedRecord(record: PurchaseRecord, refusal: unknown): PurchaseRecord {
  const { error } = refusedByDatabase(codeOf(refusal));
  const attempts = Math.max(record.attempts, 1);
  return withoutUnstorable({ ...record, state: 'needs_attention', attempts, lastError: record.lastError ?? error });
}

/** The same fields; a text or number that cannot be stored is made one that can. */
function withoutUnstorable<T>(value: T): T {
  return storable(value) as T; // every value keeps its type
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd').slice(0, longestText);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : 0;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, storable(part)]));
}

/** As much of a text as an index of PostgreSQL takes beside the other columns. */
const longestText = 255;
