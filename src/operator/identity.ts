/**
 * What pages said and what came of it: users who turned out to be one, and refusals of consent that nothing proves. For the JSON API and the
 * console's page alike (docs/decisions/0010).
 */
import { inParallel } from '../application/in-parallel';
import { dayMs } from '../domain/duration';
import { conflict, notFound, Problem } from '../http/problem';
import type { RefusalPeriod, Store, UserJoin } from '../store';
import { resendPurchase, type PurchaseCommandDeps } from './purchase-commands';
import { isoTime } from './purchase-view';

export interface IdentityDeps extends PurchaseCommandDeps {
  readonly userJoins: Store['userJoins'];
  readonly pageRefusals: Store['pageRefusals'];
}

/** A join as the API shows it. */
export function joinView({ id, atMs, evidence, kinds, orders, undone }: UserJoin) {
  return {
    id,
    at: isoTime(atMs),
    evidence,
    kinds: kinds.filter((kind) => kind !== 'order'),
    orders,
    undone: undone && { by: undone.by, at: isoTime(undone.atMs) },
  };
}

/** Takes two users apart. @throws Problem 404 without such a join, 409 when a later one has to be undone first. */
export async function undoJoin(
  { userJoins, audit, nowMs }: Pick<IdentityDeps, 'userJoins' | 'audit' | 'nowMs'>,
  integration: string,
  id: number,
  by: string,
) {
  const atMs = nowMs();
  const undone = await userJoins.undo(integration, id, { by, atMs });
  if (undone.kind === 'unknown') throw notFound('there is no such join, or one of the two users was erased since');
  if (undone.kind === 'joined_since') throw conflict('the user was joined with another one since: undo that join first');
  await audit.append({ integration, atMs, by, action: 'user.take-apart', target: `join ${id}`, reason: null });
  return joinView(undone.join);
}

/** The last 30 days, if nothing else is asked for. */
export function refusalPeriod({ fromMs, toMs }: Partial<RefusalPeriod>, nowMs: number): RefusalPeriod {
  return { fromMs: fromMs ?? nowMs - 30 * dayMs, toMs: toMs ?? nowMs + 1 };
}

export async function refusalCount(
  { pageRefusals }: Pick<IdentityDeps, 'pageRefusals'>,
  integration: string,
  period: RefusalPeriod,
) {
  const { refusals, purchases } = await pageRefusals.count(integration, period);
  return { from: isoTime(period.fromMs), to: isoTime(period.toMs), refusals, purchases };
}

/** Purchases that one call sends: more are named as `remaining`, and the call is made again. */
const resendsPerCall = 200;
const resendsAtOnce = 5;

/**
 * Forgets the refusals of a period, and sends what was kept back for them. What another refusal still keeps back is not sent: an
 * operator's resend would send it whatever its buyer said.
 */
export async function undoRefusals(deps: IdentityDeps, integration: string, period: RefusalPeriod, by: string) {
  const { pageRefusals, audit, nowMs } = deps;
  const undone = await pageRefusals.forget(integration, period);
  const kept = await pageRefusals.keptBack(integration, resendsPerCall + 1);
  let resent = 0;
  let failed = 0;
  await inParallel(kept.slice(0, resendsPerCall), resendsAtOnce, async ({ psp, subscription, moneyId }) => {
    try {
      await resendPurchase(deps, { integration, psp, subscription }, { moneyId, by, reason: 'refusals of pages were undone' });
      resent += 1;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed += 1;
    }
  });
  const target = `${undone} refusals, ${resent} purchases`;
  await audit.append({ integration, atMs: nowMs(), by, action: 'consent.undo-refusals', target, reason: null });
  return { undone, resent, failed, remaining: kept.length > resendsPerCall };
}
