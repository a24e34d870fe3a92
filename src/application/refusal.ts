/** What neither the database nor Temporal can ever store: repetition does not help, so it goes where an operator sees it. */
import { codeOf, isUnstorableData } from '../store';

/** Why something can never be stored, without its value; null for a failure that may pass. */
export function refusalForGood(error: unknown): string | null {
  if (isTooLongForTemporal(error)) return 'the order’s id is longer than Temporal’s database can store';
  return isUnstorableData(error) ? `the database can never store it (SQLSTATE ${codeOf(error) ?? 'unknown'})` : null;
}

/** By the words of PostgreSQL and MySQL, which Temporal's server passes on. An order with such an id has no workflow. */
export function isTooLongForTemporal(error: unknown): boolean {
  const words = error instanceof Error ? `${error.message} ${String((error.cause as Error | undefined)?.message)}` : '';
  return /value too long for type|data too long for column/i.test(words);
}
