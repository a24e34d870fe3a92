/** One line of a list of buyers: whom it names, and since when they have been one; or what is wrong with it, never its values. */
import { isSha256 } from '../../domain/contact';
import { usableHint } from '../../domain/hints';
import { isPlaceholder, saysNothing, visibleText } from '../../domain/text';
import { hashedEmail } from '../../tiktok';
import type { ImportColumn, ImportColumns } from './columns';
import { readDate } from './date';

/** A buyer as a line names them, by at least one identifier. */
export interface ListedBuyer {
  readonly userId: string | null;
  readonly emailSha256: string | null;
  /** The provider's id of them. */
  readonly customer: { readonly psp: string; readonly id: string } | null;
  /** Unix milliseconds. */
  readonly firstPurchaseAtMs: number;
}

export interface LineProblem {
  /** Null for the line as a whole. */
  readonly column: ImportColumn | null;
  readonly message: string;
}

export type LineReading =
  /** `leftOut`: values that name nobody, beside others that do. */
  | { readonly kind: 'buyer'; readonly buyer: ListedBuyer; readonly leftOut: number }
  | { readonly kind: 'refused'; readonly problems: readonly LineProblem[] };

export interface LineRules {
  readonly columns: ImportColumns;
  /** The names of all providers. */
  readonly psps: readonly string[];
  /** What comes after is in the future, Unix milliseconds. */
  readonly nowMs: number;
}

/** Reads a line. It needs a date and one usable identifier; others that name nobody are left out. */
export function readLine(fields: readonly string[], { columns, psps, nowMs }: LineRules): LineReading {
  const problems: LineProblem[] = [];
  const textOf = (column: ImportColumn): string => {
    const at = columns[column];
    const text = at === undefined ? '' : visibleText(fields[at] ?? '');
    return saysNothing(text) ? '' : text;
  };
  const valueOf = <T>(column: ImportColumn, read: (text: string) => Read<T>): T | null => {
    const text = textOf(column);
    if (text === '') return null;
    const reading = isUtf8(text) ? read(text) : { wrong: 'is not written in UTF-8' };
    if ('value' in reading) return reading.value;
    problems.push({ column, message: reading.wrong });
    return null;
  };
  const userId = valueOf('user_id', (text) => identifierIn(text, usableHint('userId', text)));
  const email = valueOf('email', readEmail);
  const hash = valueOf('email_sha256', readEmailHash);
  const customer = valueOf('customer_id', (text) => identifierIn(text, usableHint('customerId', text)));
  const psp = customer === null ? null : valueOf('psp', (text) => providerIn(text, psps));
  const date = readDate(textOf('first_purchase_at'), nowMs);

  const isContradiction = email !== null && hash !== null && email !== hash;
  const isNamed = userId !== null || email !== null || hash !== null || (customer !== null && psp !== null);
  if (customer !== null && textOf('psp') === '') problems.push({ column: 'psp', message: 'is missing beside a customer id' });
  if ('wrong' in date) problems.push({ column: 'first_purchase_at', message: date.wrong });
  if (isContradiction) problems.push({ column: 'email_sha256', message: 'is not that of the e-mail beside it' });
  if (!isNamed) problems.push({ column: null, message: 'names no buyer' });
  if ('wrong' in date || isContradiction || !isNamed) return { kind: 'refused', problems };
  const buyer = {
    ...{ userId, emailSha256: email ?? hash },
    customer: customer !== null && psp !== null ? { psp, id: customer } : null,
    firstPurchaseAtMs: date.value,
  };
  return { kind: 'buyer', buyer, leftOut: problems.length };
}

/** A value, or what is wrong with it. */
type Read<T> = { readonly value: T } | { readonly wrong: string };

/** The hash of an address. */
function readEmail(text: string): Read<string> {
  const value = hashedEmail(text);
  return value === undefined ? { wrong: 'is no e-mail address of a person' } : { value };
}

function readEmailHash(text: string): Read<string> {
  if (!isSha256(text)) return { wrong: 'is no SHA-256 in hex (64 digits)' };
  return isPlaceholder(text) ? { wrong: 'is the hash of nothing' } : { value: text.toLowerCase() };
}

function providerIn(text: string, psps: readonly string[]): Read<string> {
  const psp = text.toLowerCase();
  return psps.includes(psp) ? { value: psp } : { wrong: `is none of ${psps.join(', ')}` };
}

function identifierIn(text: string, value: string | undefined): Read<string> {
  // 1.23457E+11: what a spreadsheet makes of a long number, and the same for many buyers.
  if (/^\d(?:[.,]\d+)?E\+\d+$/i.test(text)) return { wrong: 'is a number that a spreadsheet has shortened' };
  return value === undefined ? { wrong: 'is a placeholder, too long, or has characters that no id has' } : { value };
}

/** A decoder writes U+FFFD for bytes that are no UTF-8. */
function isUtf8(text: string): boolean {
  return !text.includes('\uFFFD');
}
