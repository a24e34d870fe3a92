/** Takes in a list of buyers of before this service, as it streams in, and says what became of its lines. */
import type { UserKeys } from '../../crypto/user-keys';
import { manifests } from '../../psp';
import type { ImportedBuyer, Store } from '../../store';
import type { Telemetry } from '../../telemetry/events';
import { readHeader, type ImportColumn } from './columns';
import { readLine, type LineRules, type ListedBuyer } from './line';
import { csvRecords } from './records';

export interface BuyerImportDeps {
  readonly buyerImports: Store['buyerImports'];
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly keys: Pick<UserKeys, 'ofBuyer' | 'customer'>;
  readonly telemetry: Pick<Telemetry, 'usersJoined'>;
  readonly nowMs: () => number;
}

export interface BuyerImport {
  readonly integration: string;
  /** The bytes of the list. */
  readonly source: AsyncIterable<Uint8Array>;
  readonly by: string;
}

/** What became of a list. A line is imported, known or refused. */
export interface ImportReport {
  /** Buyers whose first purchase is the listed one from now on. */
  readonly imported: number;
  /** Buyers who had one already: a payment's, or one as early. */
  readonly known: number;
  readonly refused: number;
  /** Values that name nobody, of lines that were taken for others that do. */
  readonly leftOut: number;
  /** Columns that mean nothing here. */
  readonly ignoredColumns: number;
  /** The first of what was wrong with lines; never a value of theirs. */
  readonly problems: readonly ImportProblem[];
}

export interface ImportProblem {
  /** From 1, the header's. */
  readonly line: number;
  /** Null for the line as a whole. */
  readonly column: ImportColumn | null;
  readonly message: string;
}

export type ImportResult =
  | { readonly kind: 'read'; readonly report: ImportReport }
  /** The first line names no columns, or not enough. */
  | { readonly kind: 'unreadable'; readonly message: string };

/** Of all providers, for their customer ids. */
const psps = manifests.map(({ name }) => name);

/** Problems that a report names; the rest is counted. */
export const mostProblems = 1_000;

/**
 * Lines of a transaction. Each identifier of them is locked meanwhile, in a table that by default has room for 6,400 locks of all
 * transactions (https://www.postgresql.org/docs/15/runtime-config-locks.html), which webhooks need too.
 */
const batchSize = 500;

/**
 * Imports a list. A repetition changes nothing. What was taken in is noted in the audit, also of a list that broke off.
 * @throws what the source or the database throws; the batches before are taken in then.
 */
export async function importBuyers(deps: BuyerImportDeps, { integration, source, by }: BuyerImport): Promise<ImportResult> {
  const counts = { imported: 0, known: 0, refused: 0, leftOut: 0, ignoredColumns: 0 };
  const problems: ImportProblem[] = [];
  let rules: LineRules | null = null;
  let batch: ImportedBuyer[] = [];
  const refuse = (line: number, found: readonly Omit<ImportProblem, 'line'>[]): void => {
    counts.refused += 1;
    problems.push(...found.slice(0, mostProblems - problems.length).map((problem) => ({ line, ...problem })));
  };
  const takeBatch = async (): Promise<void> => {
    const { imported, known, joined } = await deps.buyerImports.take(integration, batch, deps.nowMs());
    if (joined > 0) deps.telemetry.usersJoined(integration, 'import', joined);
    counts.imported += imported;
    counts.known += known;
    batch = [];
  };
  let end = 'broke off';
  try {
    for await (const record of csvRecords(source)) {
      if (rules === null) {
        const header = readHeader(record.kind === 'fields' ? record.fields : []);
        if (header.kind === 'refused') return { kind: 'unreadable', message: header.message };
        counts.ignoredColumns = header.ignored;
        rules = { columns: header.columns, psps, nowMs: deps.nowMs() };
        continue;
      }
      if (record.kind === 'broken') {
        refuse(record.line, [{ column: null, message: record.message }]);
        continue;
      }
      const reading = readLine(record.fields, rules);
      if (reading.kind === 'refused') {
        refuse(record.line, reading.problems);
        continue;
      }
      counts.leftOut += reading.leftOut;
      batch.push({ keys: keysOf(deps.keys, integration, reading.buyer), firstPurchaseAtMs: reading.buyer.firstPurchaseAtMs });
      if (batch.length === batchSize) await takeBatch();
    }
    if (batch.length > 0) await takeBatch();
    end = 'read to its end';
  } finally {
    const { imported, known, refused } = counts;
    const reason = `${imported} imported, ${known} known, ${refused} refused; ${end}`;
    const entry = { integration, by, action: 'buyers.import', target: 'list', reason, atMs: deps.nowMs() };
    if (imported + known + refused > 0) await deps.audit.append(entry);
  }
  if (rules === null) return { kind: 'unreadable', message: 'the list is empty' };
  return { kind: 'read', report: { ...counts, problems } };
}

function keysOf(keys: BuyerImportDeps['keys'], integration: string, { userId, emailSha256, customer }: ListedBuyer) {
  const named = keys.ofBuyer(integration, userId === null ? {} : { userId }, emailSha256 === null ? {} : { emailSha256 });
  return customer === null ? named : [...named, keys.customer(integration, customer.psp, customer.id)];
}
