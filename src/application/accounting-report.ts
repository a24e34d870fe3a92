/** The account over a period: what providers charged, what became of it, and what they have that we do not. */
import { compact } from '../domain/compact';
import { groupedBy } from '../domain/grouped-by';
import { decimalFromMinor } from '../domain/money';
import type { PurchaseRecord, PurchaseState } from '../domain/purchase';
import { isFailedCharge, purchaseStates } from '../domain/purchase';
import type { Belonging } from '../domain/routing';
import type { PspApi, ReadFact, TimeWindow } from '../psp/adapter';
import type { PurchaseFilter, PurchaseSum, Store } from '../store';
import { csvLine } from './csv';
import type { AccountRef } from '../../workflows/contract';
import { comparePayments, type KnownHere } from './provider-payments';

/** `amount` is a decimal string in the row's currency. */
export interface Total {
  readonly count: number;
  readonly amount: string;
}

/** `charged` is the sum of the states. A charge that failed charged nothing: it is counted in `failed` and nowhere else. */
export type ReportRow = {
  readonly psp: string;
  readonly currency: string;
  readonly charged: Total;
  readonly failed: Total;
} & Readonly<Record<PurchaseState, Total>>;

export interface AccountingReport {
  readonly rows: readonly ReportRow[];
  /** Payments that a provider's own list has and we do not. */
  readonly missing: readonly { readonly psp: string; readonly moneyId: string }[];
  /** Providers with which the comparison is not complete, and why: payments that only they have may be absent from `missing`. */
  readonly unchecked: readonly { readonly psp: string; readonly reason: string }[];
  /** The payments behind `charged` and the states of the rows; samples are in neither. */
  readonly payments?: readonly PurchaseRecord[];
  /** The charges behind `failed`. */
  readonly failed?: readonly PurchaseRecord[];
}

export interface ReportQuery extends TimeWindow {
  readonly integration: string;
  readonly psp?: string;
  readonly withPayments?: boolean;
  readonly nowMs: number;
}

export interface ReportDeps {
  readonly purchases: Pick<Store['purchases'], 'sums' | 'known' | 'list'>;
  /** Null when the provider can't be asked. */
  readonly api: (account: { readonly integration: string; readonly psp: string }) => Promise<PspApi | null>;
  /** The providers that are on. */
  readonly psps: (integration: string) => readonly string[];
  /** Whose payments of an account are, where the integration takes only some of it. */
  readonly placesOf: (account: AccountRef, facts: readonly ReadFact[]) => Promise<readonly Belonging[]>;
}

/** Compares the purchases table with the payments that the providers have, for a period. */
export async function report(deps: ReportDeps, query: ReportQuery): Promise<AccountingReport> {
  const { integration, psp, fromMs, toMs } = query;
  const sums = await deps.purchases.sums({ integration, ...(psp === undefined ? {} : { psp }), fromMs, toMs });
  const asked = await Promise.all(
    (psp === undefined ? deps.psps(integration) : [psp]).map((name) => missingAt(deps, query, name)),
  );
  return {
    rows: rowsOf(sums),
    missing: asked.flatMap(({ missing }) => missing),
    unchecked: asked.flatMap(({ unchecked }) => unchecked),
    ...(query.withPayments ? await detailsOf(deps, query) : {}),
  };
}

/** One row per provider and currency, in their order. */
export function rowsOf(sums: readonly PurchaseSum[]): readonly ReportRow[] {
  return [...groupedBy(sums, ({ psp, currency }) => `${psp} ${currency}`).values()].flatMap((group): ReportRow[] => {
    const [first] = group;
    if (!first) return [];
    const { psp, currency } = first;
    const total = (of: readonly PurchaseSum[]): Total => ({
      count: of.reduce((sum, { count }) => sum + count, 0),
      amount: decimalFromMinor(
        of.reduce((sum, { chargedMinor }) => sum + chargedMinor, 0n),
        currency,
      ),
    });
    const failed = { count: group.reduce((sum, one) => sum + one.failed, 0), amount: decimalFromMinor(0, currency) };
    const states = Object.fromEntries(
      purchaseStates.map((state) => [state, total(group.filter((sum) => sum.state === state))]),
    ) as Record<PurchaseState, Total>; // one entry per state
    return [{ psp, currency, charged: total(group), ...states, failed }];
  });
}

async function missingAt(
  { api, purchases, placesOf }: ReportDeps,
  { integration, fromMs, toMs, nowMs }: ReportQuery,
  psp: string,
): Promise<Pick<AccountingReport, 'missing' | 'unchecked'>> {
  const account = await api({ integration, psp });
  if (!account) return { missing: [], unchecked: [{ psp, reason: 'no API key is configured, or the provider has no API' }] };
  const here: KnownHere = {
    known: (ids) => purchases.known(integration, psp, ids),
    placesOf: (facts) => placesOf({ integration, psp }, facts),
  };
  const { missing, reasons } = await comparePayments(account, { fromMs, toMs }, here, nowMs);
  return { missing: missing.map((moneyId) => ({ psp, moneyId })), unchecked: reasons.map((reason) => ({ psp, reason })) };
}

/** The records behind the rows: all of the period, failed charges apart, as in the rows. */
async function detailsOf(deps: ReportDeps, query: ReportQuery): Promise<Pick<AccountingReport, 'payments' | 'failed'>> {
  const all = await allRecords(deps, query);
  return { payments: all.filter((one) => !isFailedCharge(one)), failed: all.filter(isFailedCharge) };
}

async function allRecords(
  { purchases }: ReportDeps,
  { integration, psp, fromMs, toMs }: ReportQuery,
): Promise<readonly PurchaseRecord[]> {
  const all: PurchaseRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await purchases.list(
      compact<PurchaseFilter>({ integration, fromMs, toMs, limit: 500, withoutSamples: true, psp, cursor }),
    );
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** One table in long form: a line per provider, currency and state, then one per missing payment and per provider that was not asked. */
export function reportCsv({ rows, missing, unchecked }: AccountingReport): string {
  const lines = rows.flatMap((row) =>
    (['charged', ...purchaseStates, ...(row.failed.count > 0 ? (['failed'] as const) : [])] as const).map((state) => [
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
  return [['psp', 'currency', 'state', 'count', 'amount', 'money_id'], ...lines, ...lost, ...notAsked].map(csvLine).join('');
}
