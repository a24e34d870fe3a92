/**
 * Which payments were a trial's, by the provider's count of billed cycles (PayPal). The count says nothing of a single payment, so it
 * is read together with the payments before and after it.
 */
import { dayMs, hourMs } from '../duration';
import type { BillingCycles } from '../fact';

/** A payment as far as counting goes. */
export interface CountedPayment {
  readonly moneyId: string;
  /** When it was made: a slow one is paid days later. */
  readonly occurredAtMs: number;
  readonly amountMinor: number;
}

/** `first` and `later` are periods at the regular price; null when the counts do not say. */
export type CycleVerdict = 'trial' | 'first' | 'regular' | 'later' | null;

/** The verdict on each payment, by money id. `counts` are in the order in which they were said. */
export function cycleVerdicts(
  payments: readonly CountedPayment[],
  counts: readonly BillingCycles[],
): ReadonlyMap<string, CycleVerdict> {
  const inOrder = [...payments].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  const verdicts = new Map<string, CycleVerdict>();
  for (const payment of inOrder) verdicts.set(payment.moneyId, verdictOn(payment, { payments: inOrder, counts, verdicts }));
  return verdicts;
}

interface Counted {
  /** In the order of time. */
  readonly payments: readonly CountedPayment[];
  readonly counts: readonly BillingCycles[];
  /** Of the payments before. */
  readonly verdicts: ReadonlyMap<string, CycleVerdict>;
}

function verdictOn(payment: CountedPayment, { payments, counts, verdicts }: Counted): CycleVerdict {
  const after = counts.find(({ saidAtMs }) => saidAtMs >= payment.occurredAtMs);
  const earlier = counts.filter(({ saidAtMs }) => saidAtMs < payment.occurredAtMs);
  const before = earlier.at(-1);
  const isBilledInVain = (count: BillingCycles): boolean =>
    count.regularBilled > 0 && !isRegularPaid(count, { payments, verdicts });
  if (before && isBilledInVain(before)) return expectedBy(before, payment, payments);
  // A trial that only the later count has came with a change of the plan.
  const isOfPlan = after !== undefined && !(before && hasTrial(after) && !hasTrial(before));
  const counted = isOfPlan ? countedIn(after, payment, payments) : null;
  if (counted !== null) return counted;
  // A plan that was changed is counted anew.
  if (earlier.some((count) => count.regularBilled > 0 && !isBilledInVain(count))) return 'later';
  return before ? expectedBy(before, payment, payments) : null;
}

/** A cycle is billed although its payment fails: only the last payment tells, unless it was a trial's. */
function isRegularPaid({ lastPaidAtMs, saidAtMs }: BillingCycles, { payments, verdicts }: Omit<Counted, 'counts'>): boolean {
  const isRegular = ({ moneyId }: CountedPayment): boolean => verdicts.get(moneyId) !== 'trial';
  if (lastPaidAtMs === undefined) return payments.some((one) => one.occurredAtMs <= saidAtMs && isRegular(one));
  const last = payments.find(({ occurredAtMs }) => Math.abs(occurredAtMs - lastPaidAtMs) <= hourMs);
  return last === undefined || isRegular(last);
}

function hasTrial({ trialsBilled, trialsLeft }: BillingCycles): boolean {
  return trialsBilled > 0 || trialsLeft.length > 0;
}

/** A payment that was made before the count may be missing in it. */
function withPayments(count: BillingCycles, payments: readonly CountedPayment[]): BillingCycles {
  const times = payments.map(({ occurredAtMs }) => occurredAtMs).filter((atMs) => atMs <= count.saidAtMs);
  const lastPaidAtMs = Math.max(count.lastPaidAtMs ?? -Infinity, ...times);
  return lastPaidAtMs === -Infinity ? count : { ...count, lastPaidAtMs };
}

/**
 * A count that was said after the payment includes it. Payments whose webhooks were lost may stand between the two, so that only the last
 * payment before the count has a sure place; of any other its place is that or an earlier one.
 */
function countedIn(count: BillingCycles, payment: CountedPayment, payments: readonly CountedPayment[]): CycleVerdict {
  const { regularBilled, saidAtMs, lastPaidAtMs } = count;
  const since = payments.filter(({ occurredAtMs }) => occurredAtMs > payment.occurredAtMs && occurredAtMs <= saidAtMs).length;
  const place = regularBilled - since;
  if (place <= 0) return hasTrial(count) ? 'trial' : null;
  const isLast = since === 0 && (lastPaidAtMs ?? payment.occurredAtMs) <= payment.occurredAtMs + hourMs;
  if (place === 1) return isLast || !hasTrial(count) ? 'first' : null;
  return isLast && lastPaidAtMs !== undefined ? 'later' : null;
}

/** After the last count: the trial cycles that were left come first, if they cost something, then the regular ones. */
function expectedBy(said: BillingCycles, payment: CountedPayment, payments: readonly CountedPayment[]): CycleVerdict {
  if (isOfCountedTrial(said, payment)) return 'trial';
  const next = payments.filter((one) => one.occurredAtMs > said.saidAtMs && !isOfCountedTrial(said, one));
  const count = withPayments(said, payments);
  const left = cyclesAhead(count);
  if (!isTrialPaid(count, left, next[0])) return next[0] === payment ? 'first' : 'regular';
  const paidTrials = trialPayments(left, next);
  return paidTrials.includes(payment) ? 'trial' : next[paidTrials.length] === payment ? 'first' : 'regular';
}

/** Before the first regular cycle is due: a set-up fee, or what was owed of the trial's cycle. */
function isOfCountedTrial(count: BillingCycles, { occurredAtMs }: CountedPayment): boolean {
  const { regularBilled, trialsBilled, nextBilledAtMs = -Infinity, saidAtMs } = count;
  const isBefore = occurredAtMs > saidAtMs && occurredAtMs < nextBilledAtMs - hourMs;
  return isBefore && trialsBilled > 0 && regularBilled === 0;
}

/** The trial cycles that are still to be billed after the count: one may be under way that the count does not show as billed yet. */
function cyclesAhead({ startsAtMs, saidAtMs, trialsLeft, trialsBilled, ...billed }: BillingCycles): readonly number[] {
  const { nextBilledAtMs = saidAtMs, lastPaidAtMs } = billed;
  const isDue = nextBilledAtMs <= Math.max(saidAtMs, startsAtMs + smallestCycleMs);
  const isBilled = isDue
    ? nextBilledAtMs <= saidAtMs && lastPaidAtMs !== undefined && lastPaidAtMs >= nextBilledAtMs
    : trialsBilled === 0;
  const [first = 0, ...others] = trialsLeft;
  return [first - (isBilled ? 1 : 0), ...others].filter((cycles) => cycles > 0);
}

/** PayPal bills no cycle shorter than a day. https://developer.paypal.com/docs/api/subscriptions/v1/#definition-frequency */
const smallestCycleMs = dayMs;

/** A trial that costs something is paid when its cycle is due; the first payment of a free one comes a cycle later. */
function isTrialPaid(count: BillingCycles, ahead: readonly number[], next: CountedPayment | undefined): boolean {
  if (ahead.length === 0) return false;
  if (count.trialKind !== undefined) return count.trialKind === 'paid';
  const { nextBilledAtMs = count.saidAtMs, lastPaidAtMs } = count;
  if (lastPaidAtMs !== undefined && lastPaidAtMs >= nextBilledAtMs) return true;
  // The last payment may have been the trial's or a set-up fee beside a free one: the next one tells them apart, even if it is late.
  const cycleMs = (nextBilledAtMs - count.startsAtMs) / Math.max(count.trialsBilled, 1);
  const lateMs = lastPaidAtMs !== undefined && count.trialsBilled > 0 ? Math.max(cycleMs, smallestCycleMs) : smallestCycleMs;
  return next !== undefined && next.occurredAtMs < nextBilledAtMs + lateMs;
}

/**
 * The payments of the trial tenures. A tenure has one price, so another price begins the next tenure, also where a payment between
 * them is not known.
 */
function trialPayments(tenures: readonly number[], payments: readonly CountedPayment[]): readonly CountedPayment[] {
  const trial: CountedPayment[] = [];
  let rest = [...payments];
  for (const cycles of tenures) {
    const price = rest[0]?.amountMinor;
    const end = rest.findIndex(({ amountMinor }, index) => index >= cycles || amountMinor !== price);
    const ofTenure = end < 0 ? rest : rest.slice(0, end);
    trial.push(...ofTenure);
    rest = rest.slice(ofTenure.length);
  }
  return trial;
}
