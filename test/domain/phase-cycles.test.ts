/**
 * Which payments were a trial's, by PayPal's counts of cycles: each rule of src/domain/phase/cycles.ts with its near misses. The numbers in
 * titles are those of real inputs that once went wrong (shared/fixtures/faults/README.md, PayPal).
 */
import type { BillingCycles } from '../../src/domain/fact';
import { cycleVerdicts } from '../../src/domain/phase/cycles';
import type { CountedPayment, CycleVerdict } from '../../src/domain/phase/cycles';
import { day, t0 } from '../support/order-scenario';

const second = 1000;

/** Payments by money id, in the order of time since the checkout. */
type Payments = Readonly<Record<string, readonly [atMs: number, amountMinor: number]>>;
type Verdicts = Readonly<Record<string, CycleVerdict>>;

interface Count {
  /** Since the checkout, as are the others. */
  readonly saidMs: number;
  readonly startsMs?: number;
  readonly left?: readonly number[];
  readonly trials?: number;
  readonly regular?: number;
  readonly kind?: 'free' | 'paid';
  readonly lastPaidMs?: number;
  readonly nextMs?: number;
}

function count({ saidMs, startsMs = 0, left = [], trials = 0, regular = 0, kind, lastPaidMs, nextMs }: Count): BillingCycles {
  return {
    saidAtMs: t0 + saidMs,
    startsAtMs: t0 + startsMs,
    trialsLeft: left,
    trialsBilled: trials,
    regularBilled: regular,
    ...(kind === undefined ? {} : { trialKind: kind }),
    ...(lastPaidMs === undefined ? {} : { lastPaidAtMs: t0 + lastPaidMs }),
    ...(nextMs === undefined ? {} : { nextBilledAtMs: t0 + nextMs }),
  };
}

function verdictsOn(payments: Payments, counts: readonly Count[]): Verdicts {
  const counted = Object.entries(payments).map(([moneyId, [atMs, amountMinor]]): CountedPayment => ({
    moneyId,
    occurredAtMs: t0 + atMs,
    amountMinor,
  }));
  const verdicts = cycleVerdicts(
    counted,
    counts.map((said) => count(said)),
  );
  expect(verdicts.size).toBe(counted.length);
  return Object.fromEntries(verdicts);
}

type Row = readonly [title: string, payments: Payments, counts: readonly Count[], verdicts: Verdicts];

const at = (ms: number, amountMinor = 2000): readonly [number, number] => [ms, amountMinor];
const hour = 3_600_000;

describe('without a count', () => {
  it.each<Row>([
    ['nothing is known', { A: at(0), B: at(30 * day) }, [], { A: null, B: null }],
    ['there is nothing to say', {}, [{ saidMs: 0, left: [1] }], {}],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('the inputs that once went wrong', () => {
  const dueAtOnce: Count = { saidMs: 8 * second, left: [1], nextMs: 0 };

  it.each<Row>([
    [
      '07a: a paid trial, charged after it was counted',
      { TR1: at(30 * second, 100), REG1: at(7 * day) },
      [dueAtOnce],
      { TR1: 'trial', REG1: 'first' },
    ],
    [
      '07b: a paid trial, charged before it was counted',
      { TR1: at(3 * second, 100), REG1: at(7 * day) },
      [dueAtOnce],
      { TR1: 'trial', REG1: 'first' },
    ],
    [
      '07a with another regular payment',
      { TR1: at(30 * second, 100), REG1: at(7 * day), REG2: at(37 * day) },
      [dueAtOnce],
      { TR1: 'trial', REG1: 'first', REG2: 'regular' },
    ],
    [
      '07a, but free: nothing is paid before the trial is over',
      { REG1: at(7 * day), REG2: at(37 * day) },
      [dueAtOnce],
      { REG1: 'first', REG2: 'regular' },
    ],
    [
      '08: a set-up fee, then trials of two and of three cycles from the next day on',
      {
        SETUP: at(second, 1100),
        TR1: at(14 * hour, 300),
        TR2: at(31 * day, 300),
        TR3: at(62 * day, 600),
        REG1: at(151 * day, 1000),
        REG2: at(181 * day, 1000),
      },
      [{ saidMs: 2 * second, startsMs: 20 * hour, left: [2, 3], lastPaidMs: second, nextMs: 14 * hour }],
      { SETUP: 'trial', TR1: 'trial', TR2: 'trial', TR3: 'trial', REG1: 'first', REG2: 'regular' },
    ],
    [
      '09: a paid trial of three cycles, the first paid and not counted yet',
      { TR1: at(6 * second, 100), TR2: at(30 * day, 100), TR3: at(60 * day, 100), REG1: at(90 * day), REG2: at(120 * day) },
      [{ saidMs: 8 * second, left: [3], lastPaidMs: 6 * second, nextMs: 0 }],
      { TR1: 'trial', TR2: 'trial', TR3: 'trial', REG1: 'first', REG2: 'regular' },
    ],
    [
      '09, counted: two are left',
      { TR1: at(6 * second, 100), TR2: at(30 * day, 100), TR3: at(60 * day, 100), REG1: at(90 * day) },
      [{ saidMs: 8 * second, trials: 1, left: [2], lastPaidMs: 6 * second, nextMs: 30 * day }],
      { TR1: 'trial', TR2: 'trial', TR3: 'trial', REG1: 'first' },
    ],
    [
      '10a: approved 25 hours later, the free cycle executed',
      { REG1: at(8 * day + hour), REG2: at(38 * day) },
      [{ saidMs: 25 * hour, startsMs: 25 * hour, trials: 1, nextMs: 8 * day + hour }],
      { REG1: 'first', REG2: 'regular' },
    ],
    [
      'a set-up fee beside a free trial, charged after the count',
      { FEE: at(30 * second, 500), REG1: at(7 * day), REG2: at(37 * day) },
      [{ saidMs: 8 * second, trials: 1, nextMs: 7 * day }],
      { FEE: 'trial', REG1: 'first', REG2: 'regular' },
    ],
    [
      'a set-up fee beside a free trial, and the first cycle charged a little early',
      { FEE: at(30 * second, 500), REG1: at(7 * day - hour), REG2: at(37 * day) },
      [{ saidMs: 8 * second, trials: 1, nextMs: 7 * day }],
      { FEE: 'trial', REG1: 'first', REG2: 'regular' },
    ],
    [
      'a set-up fee without a trial',
      { FEE: at(30 * second, 500), REG1: at(7 * day), REG2: at(37 * day) },
      [{ saidMs: 8 * second, nextMs: 7 * day }],
      { FEE: 'first', REG1: 'regular', REG2: 'regular' },
    ],
    [
      '11: an outstanding balance, collected with the reactivation',
      { S14: at(400 * day + 5 * second), S15: at(430 * day) },
      [{ saidMs: 400 * day + 8 * second, regular: 13, lastPaidMs: 400 * day + 5 * second, nextMs: 430 * day }],
      { S14: 'later', S15: 'later' },
    ],
    [
      '12: revised onto a plan with a trial, after a payment',
      { S1: at(5 * second, 1000), S2: at(30 * day), S3: at(60 * day) },
      [
        { saidMs: 8 * second, regular: 1, lastPaidMs: 5 * second, nextMs: 30 * day },
        { saidMs: 20 * day, left: [1], lastPaidMs: 5 * second, nextMs: 30 * day },
      ],
      { S1: 'first', S2: 'later', S3: 'later' },
    ],
    [
      '12, revised before anything was paid: the trial of the new plan',
      { REG1: at(37 * day), REG2: at(67 * day) },
      [
        { saidMs: 8 * second, left: [1], nextMs: 30 * day },
        { saidMs: 20 * day, left: [1], kind: 'free', nextMs: 37 * day },
      ],
      { REG1: 'first', REG2: 'regular' },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('a plan that was changed', () => {
  it.each<Row>([
    [
      'to one with a trial: what was paid before is none of it',
      { S1: at(30 * second, 1000), S2: at(30 * day) },
      [
        { saidMs: 8 * second, nextMs: 0 },
        { saidMs: 20 * day, left: [1], lastPaidMs: 30 * second, nextMs: 30 * day },
      ],
      { S1: 'first', S2: 'first' },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('a count that was said after a payment includes it', () => {
  it.each<Row>([
    ['no regular cycle: a trial’s', { A: at(0, 100) }, [{ saidMs: second, trials: 1 }], { A: 'trial' }],
    ['no regular cycle, the trial’s not billed yet', { A: at(0, 100) }, [{ saidMs: second, left: [1] }], { A: 'trial' }],
    ['no cycle at all: nothing is said', { A: at(0) }, [{ saidMs: second }], { A: null }],
    ['one regular cycle: the first', { A: at(0) }, [{ saidMs: second, regular: 1 }], { A: 'first' }],
    ['one, after a trial', { A: at(7 * day) }, [{ saidMs: 8 * day, trials: 1, regular: 1 }], { A: 'first' }],
    ['said in the same moment', { A: at(0) }, [{ saidMs: 0, regular: 1 }], { A: 'first' }],
    [
      'each payment since takes one cycle away',
      { TR1: at(0, 100), REG1: at(7 * day), REG2: at(37 * day), REG3: at(67 * day) },
      [{ saidMs: 70 * day, trials: 1, regular: 3, lastPaidMs: 67 * day }],
      { TR1: 'trial', REG1: null, REG2: null, REG3: 'later' },
    ],
    [
      'a payment after the count takes none',
      { REG1: at(7 * day), REG2: at(37 * day) },
      [{ saidMs: 8 * day, trials: 1, regular: 1 }],
      { REG1: 'first', REG2: 'later' },
    ],
    [
      'more than one, and this is the last: a later one',
      { A: at(60 * day) },
      [{ saidMs: 61 * day, regular: 3, lastPaidMs: 60 * day }],
      { A: 'later' },
    ],
    [
      'more than one, settled within an hour',
      { A: at(60 * day) },
      [{ saidMs: 62 * day, regular: 3, lastPaidMs: 60 * day + 3_600_000 }],
      { A: 'later' },
    ],
    ['more than one, but others came since', { A: at(0) }, [{ saidMs: 62 * day, regular: 3, lastPaidMs: 60 * day }], { A: null }],
    [
      'more than one, settled a moment more than an hour later',
      { A: at(60 * day) },
      [{ saidMs: 62 * day, regular: 3, lastPaidMs: 60 * day + 3_600_001 }],
      { A: null },
    ],
    [
      'more than one, and when the last was paid is not said',
      { A: at(60 * day) },
      [{ saidMs: 61 * day, regular: 3 }],
      { A: null },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('after the last count', () => {
  it.each<Row>([
    [
      'a regular cycle was billed and paid: a later one',
      { A: at(30 * day) },
      [{ saidMs: second, regular: 1, lastPaidMs: 0 }],
      { A: 'later' },
    ],
    [
      'regular cycles were billed, and nothing was paid: the first',
      { A: at(75 * day), B: at(90 * day) },
      [
        { saidMs: 31 * day, regular: 1 },
        { saidMs: 61 * day, regular: 2 },
        { saidMs: 76 * day, regular: 2, lastPaidMs: 75 * day },
      ],
      { A: 'first', B: 'later' },
    ],
    [
      'a regular cycle was billed, and the last payment was the trial’s: the first',
      { TR1: at(0, 100), A: at(12 * day) },
      [
        { saidMs: second, trials: 1, lastPaidMs: 0, nextMs: 7 * day },
        { saidMs: 8 * day, trials: 1, regular: 1, lastPaidMs: 0 },
      ],
      { TR1: 'trial', A: 'first' },
    ],
    [
      'none was billed, and there is no trial: the first',
      { A: at(70 * second), B: at(30 * day) },
      [{ saidMs: second, nextMs: 0 }],
      { A: 'first', B: 'regular' },
    ],
    ['the trial is over: the first', { A: at(7 * day) }, [{ saidMs: second, trials: 1, nextMs: 7 * day }], { A: 'first' }],
    [
      'a tenure without cycles left is no trial’s',
      { A: at(7 * day) },
      [{ saidMs: second, trials: 1, left: [0], kind: 'paid', nextMs: 7 * day }],
      { A: 'first' },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('whether the cycles that are left cost something', () => {
  const left = (more: Partial<Count> = {}): Count => ({ saidMs: 8 * second, left: [1], nextMs: 0, ...more });
  const trialAndRegular = { A: at(30 * second, 100), B: at(7 * day) };

  it.each<Row>([
    ['the provider says: paid', { A: at(3 * day, 100), B: at(10 * day) }, [left({ kind: 'paid' })], { A: 'trial', B: 'first' }],
    ['the provider says: free', trialAndRegular, [left({ kind: 'free' })], { A: 'first', B: 'regular' }],
    ['paid within a day of its due time', { A: at(day - 1, 100), B: at(7 * day) }, [left()], { A: 'trial', B: 'first' }],
    ['not within a day: it was free', { A: at(day, 100), B: at(7 * day) }, [left()], { A: 'first', B: 'regular' }],
    [
      'due later: within a day of then',
      { A: at(5 * day + hour, 100), B: at(12 * day) },
      [left({ startsMs: 5 * day, nextMs: 5 * day })],
      { A: 'trial', B: 'first' },
    ],
    [
      'due later, and free: the first payment comes a cycle later',
      { A: at(12 * day), B: at(42 * day) },
      [left({ startsMs: 5 * day, nextMs: 5 * day })],
      { A: 'first', B: 'regular' },
    ],
    [
      'cycles of it were billed, and paid',
      { A: at(9 * day, 100), B: at(16 * day) },
      [left({ trials: 1, lastPaidMs: second, nextMs: 7 * day })],
      { A: 'trial', B: 'first' },
    ],
    [
      'cycles of it were billed, and nothing was paid',
      { A: at(14 * day), B: at(44 * day) },
      [left({ trials: 1, nextMs: 7 * day })],
      { A: 'first', B: 'regular' },
    ],
    [
      'only a fee was paid before it is due: it does not make the trial a paid one',
      { A: at(8 * day), B: at(38 * day) },
      [left({ startsMs: day, lastPaidMs: second, nextMs: day })],
      { A: 'first', B: 'regular' },
    ],
    [
      'when it is due is not said: when it was said',
      { A: at(hour, 100), B: at(7 * day) },
      [{ saidMs: 8 * second, left: [1] }],
      { A: 'trial', B: 'first' },
    ],
    [
      'when it is due is not said, and nothing was paid then',
      { A: at(7 * day) },
      [{ saidMs: 8 * second, left: [1] }],
      { A: 'first' },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('the cycle that is under way', () => {
  // Each costs as much as a regular one, so that only the count tells.
  const paid: Partial<Count> = { kind: 'paid' };
  const two = { A: at(30 * day), B: at(60 * day), C: at(90 * day) };

  it.each<Row>([
    [
      'was paid, and is not counted yet',
      two,
      [{ saidMs: 8 * second, left: [3], ...paid, lastPaidMs: 6 * second, nextMs: 0 }],
      { A: 'trial', B: 'trial', C: 'first' },
    ],
    [
      'was paid, by a payment that the count does not show',
      { TR1: at(6 * second), ...two },
      [{ saidMs: 8 * second, left: [3], ...paid, nextMs: 0 }],
      { TR1: 'trial', A: 'trial', B: 'trial', C: 'first' },
    ],
    [
      'was not paid yet: all of them are ahead',
      { A: at(30 * second), B: at(30 * day), C: at(60 * day), D: at(90 * day) },
      [{ saidMs: 8 * second, left: [3], ...paid, nextMs: 0 }],
      { A: 'trial', B: 'trial', C: 'trial', D: 'first' },
    ],
    [
      'is due next, though something was paid before',
      { A: at(day + 30 * second), B: at(31 * day), C: at(61 * day) },
      [{ saidMs: 8 * second, startsMs: day, left: [2], ...paid, lastPaidMs: second, nextMs: day }],
      { A: 'trial', B: 'trial', C: 'first' },
    ],
    [
      'is billed, when the next one is due a cycle later',
      { A: at(30 * day), B: at(60 * day) },
      [{ saidMs: 8 * second, left: [2], ...paid, nextMs: 30 * day }],
      { A: 'trial', B: 'first' },
    ],
    [
      'was counted: what is left is ahead',
      { A: at(30 * day), B: at(60 * day), C: at(90 * day) },
      [{ saidMs: 8 * second, trials: 1, left: [2], ...paid, lastPaidMs: second, nextMs: 30 * day }],
      { A: 'trial', B: 'trial', C: 'first' },
    ],
    [
      'is a later one, paid and not counted yet',
      { A: at(14 * day), B: at(21 * day) },
      [{ saidMs: 7 * day + 8 * second, trials: 1, left: [2], ...paid, lastPaidMs: 7 * day, nextMs: 7 * day }],
      { A: 'trial', B: 'first' },
    ],
    [
      'is a later one, due and not paid yet',
      { A: at(8 * day), B: at(14 * day), C: at(21 * day) },
      [{ saidMs: 7 * day + 8 * second, trials: 1, left: [2], ...paid, lastPaidMs: second, nextMs: 7 * day }],
      { A: 'trial', B: 'trial', C: 'first' },
    ],
    [
      'was the last of its tenure: the next tenure is ahead',
      { A: at(30 * day), B: at(60 * day), C: at(90 * day) },
      [{ saidMs: 8 * second, left: [1, 2], ...paid, lastPaidMs: 6 * second, nextMs: 0 }],
      { A: 'trial', B: 'trial', C: 'first' },
    ],
  ])('%s', (_, payments, counts, verdicts) => {
    expect(verdictsOn(payments, counts)).toEqual(verdicts);
  });
});

describe('the payments of a tenure have one price', () => {
  const said = (left: readonly number[]): readonly Count[] => [{ saidMs: 8 * second, left, kind: 'paid', nextMs: 0 }];
  const from = (prices: readonly number[]): Payments =>
    Object.fromEntries(prices.map((amountMinor, nth) => [`P${nth + 1}`, at(30 * second + nth * 30 * day, amountMinor)]));

  it.each<readonly [string, readonly number[], readonly number[], readonly CycleVerdict[]]>([
    ['as many as cycles are left', [2], [100, 100, 2000], ['trial', 'trial', 'first']],
    ['and no more, at the same price', [2], [100, 100, 100], ['trial', 'trial', 'first']],
    ['another price ends it, where a payment is not known', [3], [100, 2000, 2000], ['trial', 'first', 'regular']],
    [
      'and begins the next tenure',
      [2, 3],
      [300, 300, 600, 600, 600, 1000],
      ['trial', 'trial', 'trial', 'trial', 'trial', 'first'],
    ],
    ['also where a payment between them is not known', [2, 3], [300, 600, 600, 1000], ['trial', 'trial', 'trial', 'first']],
    ['tenures of one price follow each other', [1, 2], [300, 300, 300, 300], ['trial', 'trial', 'trial', 'first']],
    ['only the first regular one is the first', [1], [100, 2000, 2000, 3000], ['trial', 'first', 'regular', 'regular']],
    ['nothing else was paid yet', [3], [100], ['trial']],
  ])('%s', (_, left, prices, verdicts) => {
    expect(Object.values(verdictsOn(from(prices), said(left)))).toEqual(verdicts);
  });
});

describe('of several counts', () => {
  const payments: Payments = { TR1: at(30 * second, 100), REG1: at(7 * day), REG2: at(37 * day) };
  const activated: Count = { saidMs: 8 * second, left: [1], nextMs: 0 };
  const failed: Count = { saidMs: 6 * day, trials: 1, lastPaidMs: 30 * second, nextMs: 7 * day };
  const between: Count = { saidMs: 20 * day, trials: 1, regular: 1, lastPaidMs: 7 * day, nextMs: 37 * day };
  const ended: Count = { saidMs: 40 * day, trials: 1, regular: 2, lastPaidMs: 37 * day, nextMs: 67 * day };
  const known = { TR1: 'trial', REG1: 'first' } as const;

  it.each<readonly [string, readonly Count[], CycleVerdict]>([
    ['the one before the payments', [activated], 'regular'],
    ['one before and one after the first payment', [activated, failed], 'regular'],
    ['one within', [activated, between], 'later'],
    ['one within alone', [between], 'later'],
    ['one at the end', [activated, ended], 'later'],
    ['all of them', [activated, failed, between, ended], 'later'],
  ])('the verdicts agree: %s', (_, counts, last) => {
    expect(verdictsOn(payments, counts)).toEqual({ ...known, REG2: last });
  });

  it('of one that is not the last a later count says little: a webhook between may be lost', () => {
    expect(verdictsOn(payments, [ended])).toEqual({ TR1: 'trial', REG1: null, REG2: 'later' });
    const { REG1: _, ...heard } = payments;
    expect(verdictsOn(heard, [ended])).toEqual({ TR1: null, REG2: 'later' });
  });

  it('the first one after a payment decides, since a plan that was changed is counted anew', () => {
    const revised: Count = { saidMs: 50 * day, left: [1], lastPaidMs: 37 * day, nextMs: 67 * day };
    expect(verdictsOn({ ...payments, S: at(67 * day) }, [activated, ended, revised])).toEqual({
      ...known,
      REG2: 'later',
      S: 'later',
    });
    // Alone it would call each of them a trial's.
    expect(verdictsOn(payments, [revised])).toEqual({ TR1: 'trial', REG1: 'trial', REG2: 'trial' });
  });

  it('the last one tells what is expected, while nothing regular was billed', () => {
    const longer: Count = { saidMs: 2 * day, trials: 1, left: [2], kind: 'paid', lastPaidMs: 30 * second, nextMs: 7 * day };
    const cycles = { TR1: at(30 * second, 100), TR2: at(7 * day, 100), TR3: at(14 * day, 100), REG1: at(21 * day) };
    expect(verdictsOn(cycles, [activated, longer])).toEqual({ TR1: 'trial', TR2: 'trial', TR3: 'trial', REG1: 'first' });
    expect(verdictsOn(cycles, [activated])).toEqual({ TR1: 'trial', TR2: 'first', TR3: 'regular', REG1: 'regular' });
  });
});
