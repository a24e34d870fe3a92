/** The first line of a list of buyers: which column is where, whatever their order and spelling. */
import { visibleText } from '../../domain/text';

/** How each column may be called, in lower case with `_` for spaces and dashes. Where a list has several of them, the first counts. */
const spellings = {
  user_id: ['user_id', 'userid', 'external_id', 'externalid', 'merchant_user_id', 'app_user_id', 'uid'],
  email: ['email', 'e_mail', 'email_address', 'customer_email', 'user_email', 'mail'],
  email_sha256: ['email_sha256', 'email_hash', 'hashed_email', 'sha256_email', 'email_hashed', 'sha256'],
  customer_id: ['customer_id', 'customerid', 'psp_customer_id'],
  psp: ['psp', 'provider', 'payment_provider'],
  first_purchase_at: [
    ...['first_purchase_at', 'first_purchase_date', 'first_purchase_time', 'first_purchase', 'first_purchased_at'],
    ...['first_order_at', 'first_order_date', 'first_payment_at', 'first_payment_date', 'purchased_at', 'purchase_date'],
    ...['created_at', 'created', 'date'],
  ],
} as const satisfies Record<string, readonly string[]>;

export type ImportColumn = keyof typeof spellings;

/** Where each column stands in a line, from 0. */
export type ImportColumns = Readonly<Partial<Record<ImportColumn, number>>>;

export type HeaderReading =
  /** `ignored`: how many columns mean nothing here. */
  | { readonly kind: 'columns'; readonly columns: ImportColumns; readonly ignored: number }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the first line. The message repeats nothing of it: where no header is, it is somebody's data. */
export function readHeader(header: readonly string[]): HeaderReading {
  const names = header.map((name) =>
    visibleText(name)
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
  const columns: Partial<Record<ImportColumn, number>> = {};
  for (const column of Object.keys(spellings) as readonly ImportColumn[]) {
    const called = spellings[column].find((spelling) => names.includes(spelling));
    if (called === undefined) continue;
    if (names.indexOf(called) !== names.lastIndexOf(called)) return refused(`two columns are called ${called}`);
    columns[column] = names.indexOf(called);
  }
  const { user_id, email, email_sha256, customer_id, psp, first_purchase_at } = columns;
  const hasPerson = [user_id, email, email_sha256].some((at) => at !== undefined);
  if (customer_id !== undefined && psp === undefined && !hasPerson)
    return refused('customer ids need a column psp beside them: each provider has its own');
  if (!hasPerson && customer_id === undefined)
    return refused('no column names the buyers (user_id, email, email_sha256, or customer_id with psp)');
  if (first_purchase_at === undefined) return refused('no column says when they first bought (first_purchase_at)');
  const used = new Set<number>(Object.values(columns));
  return { kind: 'columns', columns, ignored: names.filter((_, at) => !used.has(at)).length };
}

function refused(message: string): HeaderReading {
  const example = 'user_id,email,first_purchase_at';
  return { kind: 'refused', message: `${message}. The first line names the columns, for example: ${example}` };
}
