/** The verdicts of src/domain/phase/cycles.ts, which look nothing up twice, are those of their definition, which looks through everything. */
import fc from 'fast-check';
import { hourMs } from '../../src/domain/duration';
import type { BillingCycles } from '../../src/domain/fact';
import type { CountedPayment, CycleVerdict } from '../../src/domain/phase/cycles';
import { cycleVerdicts } from '../../src/domain/phase/cycles';
import { runs } from '../support/effort';

const step = 12 * hourMs;
const times = fc.oneof(fc.nat(24), fc.constantFrom(2.05, 4.05, 6.05)).map((at) => at * step);

const payments: fc.Arbitrary<readonly CountedPayment[]> = fc
  .array(fc.record({ occurredAtMs: times, amountMinor: fc.constantFrom(100, 100, 1999, 2999) }), { maxLength: 14 })
  .map((all) => all.map((one, n) => ({ moneyId: `p${n}`, ...one })));

const counts: fc.Arbitrary<readonly BillingCycles[]> = fc
  .array(
    fc.record(
      {
        saidAtMs: times,
        startsAtMs: fc.constantFrom(0, step),
        trialsLeft: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
        trialsBilled: fc.nat(2),
        regularBilled: fc.nat(6),
        trialKind: fc.constantFrom('free' as const, 'paid' as const),
        lastPaidAtMs: times,
        nextBilledAtMs: times,
      },
      { requiredKeys: ['saidAtMs', 'startsAtMs', 'trialsLeft', 'trialsBilled', 'regularBilled'] },
    ),
    { maxLength: 8 },
  )
  .map((all) => [...all].sort((a, b) => a.saidAtMs - b.saidAtMs));

it('says of every payment what the definition says', () => {
  const seen = new Set<CycleVerdict>();
  fc.assert(
    fc.property(payments, counts, (paid, said) => {
      const verdicts = cycleVerdicts(paid, said);
      for (const verdict of verdicts.values()) seen.add(verdict);
      expect([...verdicts]).toEqual([...definedVerdicts(paid, said)]);
    }),
    { numRuns: runs(20_000) },
  );
  expect(seen).toEqual(new Set(['trial', 'first', 'regular', 'later', null]));
});

function definedVerdicts(paid: readonly CountedPayment[], said: readonly BillingCycles[]): ReadonlyMap<string, CycleVerdict> {
  const inOrder = [...paid].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  const verdicts = new Map<string, CycleVerdict>();
  for (const payment of inOrder) verdicts.set(payment.moneyId, verdictOn(payment, inOrder, said, verdicts));
  return verdicts;
}

type Known = ReadonlyMap<string, CycleVerdict>;

function verdictOn(
  payment: CountedPayment,
  inOrder: readonly CountedPayment[],
  said: readonly BillingCycles[],
  known: Known,
): CycleVerdict {
  const after = said.find(({ saidAtMs }) => saidAtMs >= payment.occurredAtMs);
  const earlier = said.filter(({ saidAtMs }) => saidAtMs < payment.occurredAtMs);
  const before = earlier.at(-1);
  const isInVain = (count: BillingCycles): boolean => count.regularBilled > 0 && !isRegularPaid(count, inOrder, known);
  if (before && isInVain(before)) return expectedBy(before, payment, inOrder);
  const isOfPlan = after !== undefined && !(before && hasTrial(after) && !hasTrial(before));
  const counted = isOfPlan ? countedIn(after, payment, inOrder) : null;
  if (counted !== null) return counted;
  if (earlier.some((count) => count.regularBilled > 0 && !isInVain(count))) return 'later';
  return before ? expectedBy(before, payment, inOrder) : null;
}

function isRegularPaid({ lastPaidAtMs, saidAtMs }: BillingCycles, inOrder: readonly CountedPayment[], known: Known): boolean {
  const isRegular = ({ moneyId }: CountedPayment): boolean => known.get(moneyId) !== 'trial';
  if (lastPaidAtMs === undefined) return inOrder.some((one) => one.occurredAtMs <= saidAtMs && isRegular(one));
  const last = inOrder.find(({ occurredAtMs }) => Math.abs(occurredAtMs - lastPaidAtMs) <= hourMs);
  return last === undefined || isRegular(last);
}

function countedIn(count: BillingCycles, payment: CountedPayment, inOrder: readonly CountedPayment[]): CycleVerdict {
  const { regularBilled, saidAtMs, lastPaidAtMs } = count;
  const since = inOrder.filter((one) => one.occurredAtMs > payment.occurredAtMs && one.occurredAtMs <= saidAtMs).length;
  const place = regularBilled - since;
  if (place <= 0) return hasTrial(count) ? 'trial' : null;
  const isLast = since === 0 && (lastPaidAtMs ?? payment.occurredAtMs) <= payment.occurredAtMs + hourMs;
  if (place === 1) return isLast || !hasTrial(count) ? 'first' : null;
  return isLast && lastPaidAtMs !== undefined ? 'later' : null;
}

function expectedBy(said: BillingCycles, payment: CountedPayment, inOrder: readonly CountedPayment[]): CycleVerdict {
  if (isOfCountedTrial(said, payment)) return 'trial';
  const next = inOrder.filter((one) => one.occurredAtMs > said.saidAtMs && !isOfCountedTrial(said, one));
  const times = inOrder.map(({ occurredAtMs }) => occurredAtMs).filter((atMs) => atMs <= said.saidAtMs);
  const lastPaidAtMs = Math.max(said.lastPaidAtMs ?? -Infinity, ...times);
  const count = lastPaidAtMs === -Infinity ? said : { ...said, lastPaidAtMs };
  const ahead = cyclesAhead(count);
  const paidTrials = isTrialPaid(count, ahead, next[0]) ? trialPayments(ahead, next) : [];
  return paidTrials.includes(payment) ? 'trial' : next[paidTrials.length] === payment ? 'first' : 'regular';
}

function hasTrial({ trialsBilled, trialsLeft }: BillingCycles): boolean {
  return trialsBilled > 0 || trialsLeft.length > 0;
}

function isOfCountedTrial(count: BillingCycles, { occurredAtMs }: CountedPayment): boolean {
  const { regularBilled, trialsBilled, nextBilledAtMs = -Infinity, saidAtMs } = count;
  return occurredAtMs > saidAtMs && occurredAtMs < nextBilledAtMs - hourMs && trialsBilled > 0 && regularBilled === 0;
}

function cyclesAhead({ startsAtMs, saidAtMs, trialsLeft, trialsBilled, ...billed }: BillingCycles): readonly number[] {
  const { nextBilledAtMs = saidAtMs, lastPaidAtMs } = billed;
  const isDue = nextBilledAtMs <= Math.max(saidAtMs, startsAtMs + 24 * hourMs);
  const isBilled = isDue
    ? nextBilledAtMs <= saidAtMs && lastPaidAtMs !== undefined && lastPaidAtMs >= nextBilledAtMs
    : trialsBilled === 0;
  const [first = 0, ...others] = trialsLeft;
  return [first - (isBilled ? 1 : 0), ...others].filter((cycles) => cycles > 0);
}

function isTrialPaid(count: BillingCycles, ahead: readonly number[], next: CountedPayment | undefined): boolean {
  if (ahead.length === 0) return false;
  if (count.trialKind !== undefined) return count.trialKind === 'paid';
  const { nextBilledAtMs = count.saidAtMs, lastPaidAtMs } = count;
  if (lastPaidAtMs !== undefined && lastPaidAtMs >= nextBilledAtMs) return true;
  const cycleMs = (nextBilledAtMs - count.startsAtMs) / Math.max(count.trialsBilled, 1);
  const lateMs = lastPaidAtMs !== undefined && count.trialsBilled > 0 ? Math.max(cycleMs, 24 * hourMs) : 24 * hourMs;
  return next !== undefined && next.occurredAtMs < nextBilledAtMs + lateMs;
}

function trialPayments(tenures: readonly number[], next: readonly CountedPayment[]): readonly CountedPayment[] {
  const trial: CountedPayment[] = [];
  let rest = [...next];
  for (const cycles of tenures) {
    const price = rest[0]?.amountMinor;
    const end = rest.findIndex(({ amountMinor }, index) => index >= cycles || amountMinor !== price);
    const ofTenure = end < 0 ? rest : rest.slice(0, end);
    trial.push(...ofTenure);
    rest = rest.slice(ofTenure.length);
  }
  return trial;
}
