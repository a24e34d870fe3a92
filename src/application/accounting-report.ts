/** The account over a period: what providers charged, what became of it, and what they have that we do not. */
import { compact } from '../domain/compact';
import { hourMs } from '../domain/duration';
import { isPayment } from '../domain/fact';
import { decimalFromMinor } from '../domain/money';
import type { PurchaseRecord, PurchaseState } from '../domain/purchase';
import { purchaseStates } from '../domain/purchase';
import type { PspApi, TimeWindow } from '../psp/adapter';
import type { PurchaseFilter, PurchaseSum, Store } from '../store';

/** `amount` is a decimal string in the row's currency. */
export interface Total {
  readonly count: number;
  readonly amount: string;
}

export type ReportRow = { readonly psp: string; readonly currency: string; readonly charged: Total } & Readonly<
  Record<PurchaseState, Total>
>;

export interface AccountingReport {
  readonly rows: readonly ReportRow[];
  /** Payments that a provider's own list has and we do not. */
  readonly missing: readonly { readonly psp: string; readonly moneyId: string }[];
  /** Providers whose API did not answer, and why: payments that only they have are not in the report. */
  readonly unchecked: readonly { readonly psp: string; readonly reason: string }[];
  readonly payments?: readonly PurchaseRecord[];
}

export interface ReportQuery extends TimeWindow {
  readonly integration: string;
  readonly psp?: string;
  readonly withPayments?: boolean;
}

export interface ReportDeps {
  readonly purchases: Pick<Store['purchases'], 'sums' | 'known' | 'list'>;
  /** Null when the provider can't be asked. */
  readonly api: (account: { readonly integration: string; readonly psp: string }) => Promise<PspApi | null>;
  /** The providers that are on. */
  readonly psps: (integration: string) => readonly string[];
}

/** Compares the purchases table with the payments that the providers have, for a period. */
export async function report(deps: ReportDeps, query: ReportQuery): Promise<AccountingReport> {
  const { integration, psp, fromMs, toMs } = query;
  const sums = await deps.purchases.sums({ integration, ...(psp === undefined ? {} : { psp }), fromMs, toMs });
  const asked = await Promise.all(
    (psp === undefined ? deps.psps(integration) : [psp]).map((name) => missingAt(deps, query, name)),
  );
  const payments = query.withPayments ? { payments: await allPayments(deps, query) } : {};
  return {
    rows: rowsOf(sums),
    missing: asked.flatMap(({ missing }) => missing),
    unchecked: asked.flatMap(({ unchecked }) => unchecked),
    ...payments,
  };
}

/** One row per provider and currency, in their order. */
export function rowsOf(sums: readonly PurchaseSum[]): readonly ReportRow[] {
  return [...grouped(sums).values()].flatMap((group): ReportRow[] => {
    const [first] = group;
    if (!first) return [];
    const { psp, currency } = first;
    const total = (of: readonly PurchaseSum[]): Total => ({
      count: of.reduce((sum, { count }) => sum + count, 0),
      amount: decimalFromMinor(
        of.reduce((sum, { chargedMinor }) => sum + chargedMinor, 0),
        currency,
      ),
    });
    const states = Object.fromEntries(
      purchaseStates.map((state) => [state, total(group.filter((sum) => sum.state === state))]),
    ) as Record<PurchaseState, Total>; // one entry per state
    return [{ psp, currency, charged: total(group), ...states }];
  });
}

function grouped(sums: readonly PurchaseSum[]): ReadonlyMap<string, readonly PurchaseSum[]> {
  const groups = new Map<string, PurchaseSum[]>();
  for (const sum of sums) {
    const key = `${sum.psp} ${sum.currency}`;
    groups.set(key, [...(groups.get(key) ?? []), sum]);
  }
  return groups;
}

/** Providers list a payment by the time of its event, which may be after the period in which the payment happened. */
const reportedLateMs = 2 * hourMs;

async function missingAt(
  { api, purchases }: ReportDeps,
  { integration, fromMs, toMs }: ReportQuery,
  psp: string,
): Promise<Pick<AccountingReport, 'missing' | 'unchecked'>> {
  const account = await api({ integration, psp });
  if (!account) return { missing: [], unchecked: [{ psp, reason: 'no API key is configured, or the provider has no API' }] };
  const moneyIds = new Set<string>();
  try {
    for (let page: string | null = null, isFirst = true; isFirst || page !== null; isFirst = false) {
      const read = await account.changes({ fromMs, toMs: toMs + reportedLateMs }, page);
      for (const { fact } of read.facts)
        if (isPayment(fact) && fact.occurredAtMs >= fromMs && fact.occurredAtMs < toMs) moneyIds.add(fact.moneyId);
      page = read.nextPage;
    }
  } catch (error) {
    return { missing: [], unchecked: [{ psp, reason: error instanceof Error ? error.message : String(error) }] };
  }
  const known = await purchases.known(integration, psp, [...moneyIds]);
  return { missing: [...moneyIds].filter((id) => !known.has(id)).map((moneyId) => ({ psp, moneyId })), unchecked: [] };
}

async function allPayments(
  { purchases }: ReportDeps,
  { integration, psp, fromMs, toMs }: ReportQuery,
): Promise<readonly PurchaseRecord[]> {
  const all: PurchaseRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await purchases.list(compact<PurchaseFilter>({ integration, fromMs, toMs, limit: 500, psp, cursor }));
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** One table in long form: a line per provider, currency and state, then one per missing payment and per provider that was not asked. */
export function reportCsv({ rows, missing, unchecked }: AccountingReport): string {
  const lines = rows.flatMap((row) =>
    (['charged', ...purchaseStates] as const).map((state) => [
      row.psp,
      row.currency,
      state,
      String(row[state].count),
      row[state].amount,
      '',
    ]),
  );
  const lost = missing.map(({ psp, moneyId }) => [psp, '', 'missing', '1', '', moneyId]);
  // Else nothing missing would look like nothing lost.
  const notAsked = unchecked.map(({ psp }) => [psp, '', 'unchecked', '', '', '']);
  return [['psp', 'currency', 'state', 'count', 'amount', 'money_id'], ...lines, ...lost, ...notAsked]
    .map((line) => `${line.map(csvField).join(',')}\r\n`)
    .join('');
}

/** RFC 4180; a text that a spreadsheet would take for a formula is quoted by an apostrophe. */
function csvField(text: string): string {
  const inert = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
