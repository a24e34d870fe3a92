/**
 * Which payments were a trial's, by the provider's count of billed cycles (PayPal). The count says nothing of a single payment, so it
 * is read together with the payments before and after it.
 */
import { dayMs, hourMs } from '../duration';
import type { BillingCycles } from '../fact';
import { firstIndex } from '../first-index';

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
  const order = new CountedOrder(payments, counts);
  return new Map(order.payments.map(({ moneyId }) => [moneyId, order.nextVerdict()]));
}

/** Gives its verdicts in the order of time, since each of them rests on those before. No verdict looks through all payments or counts. */
class CountedOrder {
  /** In the order of time. */
  readonly payments: readonly CountedPayment[];
  private readonly verdicts: CycleVerdict[] = [];
  /** When the first payment was made that is not a trial's. */
  private firstRegularAtMs = Infinity;
  /** So many of the first counts count no regular cycle that was paid, whatever comes later. */
  private countsInVain = 0;
  /** By count: the index of the first payment after it that is no trial's. */
  private readonly firstRegulars = new Map<BillingCycles, number>();

  constructor(
    payments: readonly CountedPayment[],
    private readonly counts: readonly BillingCycles[],
  ) {
    this.payments = [...payments].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  }

  nextVerdict(): CycleVerdict {
    const index = this.verdicts.length;
    const payment = this.payments[index];
    if (!payment) return null;
    const verdict = this.verdictOn(payment, index);
    this.verdicts.push(verdict);
    if (verdict !== 'trial') this.firstRegularAtMs = Math.min(this.firstRegularAtMs, payment.occurredAtMs);
    return verdict;
  }

  private verdictOn(payment: CountedPayment, index: number): CycleVerdict {
    const earlier = firstIndex(this.counts, ({ saidAtMs }) => saidAtMs >= payment.occurredAtMs);
    const before = this.counts[earlier - 1];
    const after = this.counts[earlier];
    if (before && before.regularBilled > 0 && !this.isRegularPaid(before)) return this.expectedBy(before, payment, index);
    // A trial that only the later count has came with a change of the plan.
    const isOfPlan = after !== undefined && !(before && hasTrial(after) && !hasTrial(before));
    const counted = isOfPlan ? this.countedIn(after, payment) : null;
    if (counted !== null) return counted;
    // A plan that was changed is counted anew.
    if (this.isRegularPaidIn(earlier)) return 'later';
    return before ? this.expectedBy(before, payment, index) : null;
  }

  /** A cycle is billed although its payment fails: only the last payment tells, unless it was a trial's. For counts before the next verdict's payment. */
  private isRegularPaid(count: BillingCycles): boolean {
    if (count.lastPaidAtMs === undefined) return this.firstRegularAtMs <= count.saidAtMs;
    const last = this.lastPaid(count.lastPaidAtMs);
    return last === null || this.verdicts[last] !== 'trial';
  }

  /** True when one of the first counts, so many of them, counts a regular cycle that was paid. */
  private isRegularPaidIn(earlier: number): boolean {
    for (; this.countsInVain < earlier; this.countsInVain += 1) {
      const count = this.counts[this.countsInVain];
      if (count && count.regularBilled > 0 && this.isRegularPaid(count)) return true;
    }
    return false;
  }

  /** The index of the payment that was the last one at that time, Unix milliseconds; null when it is not known. */
  private lastPaid(atMs: number): number | null {
    const index = firstIndex(this.payments, ({ occurredAtMs }) => occurredAtMs >= atMs - hourMs);
    const payment = this.payments[index];
    return payment && payment.occurredAtMs <= atMs + hourMs ? index : null;
  }

  /** How many payments were made until then. */
  private madeUntil(atMs: number): number {
    return firstIndex(this.payments, ({ occurredAtMs }) => occurredAtMs > atMs);
  }

  /**
   * A count that was said after the payment includes it. Payments whose webhooks were lost may stand between the two, so that only the last
   * payment before the count has a sure place; of any other its place is that or an earlier one.
   */
  private countedIn(count: BillingCycles, payment: CountedPayment): CycleVerdict {
    const { regularBilled, saidAtMs, lastPaidAtMs } = count;
    const since = this.madeUntil(saidAtMs) - this.madeUntil(payment.occurredAtMs);
    const place = regularBilled - since;
    if (place <= 0) return hasTrial(count) ? 'trial' : null;
    const isLast = since === 0 && (lastPaidAtMs ?? payment.occurredAtMs) <= payment.occurredAtMs + hourMs;
    if (place === 1) return isLast || !hasTrial(count) ? 'first' : null;
    return isLast && lastPaidAtMs !== undefined ? 'later' : null;
  }

  /** After the last count: the trial cycles that were left come first, if they cost something, then the regular ones. */
  private expectedBy(said: BillingCycles, payment: CountedPayment, index: number): CycleVerdict {
    if (isOfCountedTrial(said, payment)) return 'trial';
    const firstRegular = this.firstRegularAfter(said);
    if (index < firstRegular) return 'trial';
    return index === firstRegular ? 'first' : 'regular';
  }

  private firstRegularAfter(said: BillingCycles): number {
    const known = this.firstRegulars.get(said);
    if (known !== undefined) return known;
    const next = firstIndex(this.payments, (one) => one.occurredAtMs > said.saidAtMs && !isOfCountedTrial(said, one));
    const count = this.withPayments(said);
    const left = cyclesAhead(count);
    const firstRegular = isTrialPaid(count, left, this.payments[next]) ? endOfTrials(left, this.payments, next) : next;
    this.firstRegulars.set(said, firstRegular);
    return firstRegular;
  }

  /** A payment that was made before the count may be missing in it. */
  private withPayments(count: BillingCycles): BillingCycles {
    const last = this.payments[this.madeUntil(count.saidAtMs) - 1];
    const lastPaidAtMs = Math.max(count.lastPaidAtMs ?? -Infinity, last?.occurredAtMs ?? -Infinity);
    return lastPaidAtMs === -Infinity ? count : { ...count, lastPaidAtMs };
  }
}

function hasTrial({ trialsBilled, trialsLeft }: BillingCycles): boolean {
  return trialsBilled > 0 || trialsLeft.length > 0;
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
 * Where the payments of the trial tenures end, which begin at `from`. A tenure has one price, so another price begins the next tenure,
 * also where a payment between them is not known.
 */
function endOfTrials(tenures: readonly number[], payments: readonly CountedPayment[], from: number): number {
  return tenures.reduce((start, cycles) => {
    const price = payments[start]?.amountMinor;
    let end = start;
    while (end < payments.length && end - start < cycles && payments[end]?.amountMinor === price) end += 1;
    return end;
  }, from);
}
