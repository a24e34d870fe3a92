/** What a backfill would do with a page, counted; nothing is taken in. */
import type { PaymentFact } from '../src/domain/fact';
import { isPayment } from '../src/domain/fact';
import { hourMs } from '../src/domain/duration';
import { wasPurchase } from '../src/domain/first-purchase';
import type { ApiPage } from '../src/psp/adapter';
import type { AccountRef, DryRunCounts } from '../workflows/contract';
import { belongingOf } from '../src/domain/routing';
import type { IngestPageDeps } from './check-ingest';
import { knownPayments } from './check-ingest';

export interface CountPageDeps extends Pick<IngestPageDeps, 'purchases' | 'shared' | 'nowMs'> {
  readonly maxEventAgeHours: (integration: string) => Promise<number>;
}

export interface CountedPage {
  readonly facts: number;
  /** Payments that are not known. */
  readonly found: number;
  readonly unreadable: number;
  readonly dryRun: DryRunCounts;
}

/**
 * A payment is counted by what its own fact says, unless its metadata says that no integration takes it. The limit, the policy and consent may
 * keep more of them back.
 */
export async function countPage(deps: CountPageDeps, account: AccountRef, page: ApiPage): Promise<CountedPage> {
  const shares = deps.shared.sharesOf(account);
  const taken = page.facts.filter(({ metadata }) => shares.some(({ only }) => belongingOf(only, metadata) !== 'elsewhere'));
  const payments = new Map(taken.flatMap(({ fact }) => (isPayment(fact) ? [[fact.moneyId, fact] as const] : [])));
  const known = await knownPayments(deps, account)([...payments.keys()]);
  const found = [...payments.values()].filter(({ moneyId }) => !known.has(moneyId));
  const oldestMs = deps.nowMs() - (await deps.maxEventAgeHours(account.integration)) * hourMs;
  const purchases = found.filter(wasPurchase);
  const tooOld = purchases.filter(({ occurredAtMs }: PaymentFact) => occurredAtMs < oldestMs).length;
  return {
    facts: page.facts.length,
    found: found.length,
    unreadable: page.unreadable.length,
    dryRun: { wouldSend: purchases.length - tooOld, tooOld, notPurchases: found.length - purchases.length },
  };
}
