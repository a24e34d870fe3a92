/** The table of rules, row by row: evidence that a rule decides, and its near misses, which another one does. */
import type { PaymentFact, PaymentKind, PaymentLine, PurchaseType, TrialWindow } from '../../src/domain/fact';
import type { CycleVerdict } from '../../src/domain/phase/cycles';
import type { Evidence } from '../../src/domain/phase/meaning';
import { evidenceOn, ruleFor, rules, startsAtTrialEnd } from '../../src/domain/phase/meaning';
import type { Context } from '../../src/domain/subscription';
import { newSubscription } from '../../src/domain/subscription';
import { day, payment, t0 } from '../support/order-scenario';

interface Given {
  readonly kind?: PaymentKind;
  readonly fact?: Partial<PaymentFact>;
  readonly trials?: readonly TrialWindow[];
  readonly noTrial?: boolean;
  readonly declared?: PurchaseType;
  readonly cycle?: CycleVerdict;
}

function contextOf({ trials = [], noTrial = false }: Given): Context {
  const described = trials.map((trial) => ({ ...trial, saidAtMs: t0 }));
  return { ...newSubscription('stripe', 'sub_1').context, trials: described, noTrial };
}

function evidence(given: Given): Evidence {
  const { kind = 'conversion', fact = {}, declared = null, cycle = null } = given;
  return evidenceOn(payment(kind, 'in_1', 0, fact), { context: contextOf(given), declared, cycle });
}

function deciding(given: Given): string | undefined {
  return rules.find(({ applies }) => applies(evidence(given)))?.says;
}

const period = (amountMinor: number, more: Partial<PaymentLine> = {}): PaymentLine => ({ of: 'period', amountMinor, ...more });
const hour = 3_600_000;
const free = { amountMinor: 0 };
const ofItem = (item: string): PaymentLine => period(1999, { items: [item] });
const lasting = { startsAtMs: t0, endsAtMs: t0 + 7 * day };
const start = { occasion: 'start' } as const;
const change = { occasion: 'change' } as const;

const otherwise = 'any other charge';
const ignored = 'the price is ignored';
const once = 'bought once';
const trialPrice = 'the price is a trial’s';
const regularPrice = 'the price is the regular one';
const declaredChange = 'a trial is declared, and the subscription changed to a whole period at the regular price';
const changed = 'the subscription changed, and a period or a part of one was charged';
const noPeriod = 'none of the subscription’s periods';
const saidTrial = 'the provider calls it a trial';
const besideTrial = 'a regular price was charged beside a trial';
const trialCycle = 'the provider counts it as a trial’s cycle';
const regularCycle = 'the provider counts it as a regular cycle';
const withinTrial = 'a state says that the trial lasts';
const declaredStart = 'the merchant declares a trial, and this is the checkout';
const forNothing = 'nothing was charged, and the provider says that there is no trial';
const readsLikeTrial = 'it reads like the start of a trial, and nothing says otherwise';

/** The rule, evidence that it decides, and near misses with the rule that decides them. */
const table: readonly [string, readonly Given[], readonly (readonly [Given, string])[]][] = [
  [
    ignored,
    [
      { fact: { role: 'ignore' } },
      { kind: 'one_off', fact: { role: 'ignore' } },
      { kind: 'other_charge', fact: { role: 'ignore' }, declared: 'paid_trial' },
    ],
    [[{ fact: { lines: [period(1999, { role: 'ignore' })] } }, otherwise]],
  ],
  [
    once,
    [{ kind: 'one_off' }, { fact: { role: 'lifetime' } }, { kind: 'one_off', fact: { role: 'regular' }, declared: 'paid_trial' }],
    [
      [{ kind: 'other_charge', fact: { role: 'lifetime' } }, noPeriod],
      [{ declared: 'lifetime' }, otherwise],
    ],
  ],
  [
    trialPrice,
    [{ fact: { role: 'trial' } }, { fact: { role: 'trial', trial: false } }, { fact: { role: 'trial' }, noTrial: true }],
    [
      [{ kind: 'other_charge', fact: { role: 'trial' } }, noPeriod],
      [{ fact: { role: 'trial' }, declared: 'subscription' }, otherwise],
    ],
  ],
  [
    regularPrice,
    [
      { fact: { role: 'regular' } },
      { kind: 'trial_start', fact: { role: 'regular', trial: true }, trials: [lasting] },
      { kind: 'other_charge', fact: { role: 'regular', ...change } },
    ],
    [
      [{ kind: 'trial_start', fact: { role: 'regular', ...free } }, readsLikeTrial],
      [{ kind: 'other_charge', fact: { role: 'regular' } }, noPeriod],
      [{ kind: 'other_charge', fact: { role: 'regular', ...change, lines: [period(1999), period(-500)] } }, changed],
    ],
  ],
  [
    declaredChange,
    [{ kind: 'other_charge', fact: change, declared: 'paid_trial' }],
    [
      [{ kind: 'other_charge', fact: change, declared: 'free_trial' }, changed],
      [{ kind: 'other_charge', fact: { ...change, lines: [period(1999), period(-5)] }, declared: 'paid_trial' }, changed],
      [{ kind: 'other_charge', fact: { ...change, role: 'lifetime' }, declared: 'paid_trial' }, changed],
    ],
  ],
  [
    changed,
    [
      { kind: 'other_charge', fact: change },
      { kind: 'renewal', fact: { ...change, lines: [period(0, { proration: true }), period(1999)] } },
      { kind: 'other_charge', fact: { ...change, lines: [ofItem('seat')] }, trials: [{ item: 'base', ...lasting }] },
      // Whether something was paid before decides later: a plan of nothing leaves no credit, a trial leaves its own.
      { kind: 'other_charge', fact: { ...change, lines: [period(500, { proration: true })] } },
      { kind: 'other_charge', fact: { ...change, lines: [period(1999), period(-500, { proration: true })] } },
    ],
    [
      [{ kind: 'other_charge', fact: { ...change, lines: [period(0, { proration: true })] } }, noPeriod],
      [{ kind: 'other_charge', fact: { ...change, lines: [period(-500, { proration: true })] } }, noPeriod],
      [{ kind: 'other_charge', fact: { ...change, lines: [{ of: 'once', amountMinor: 500 }] } }, noPeriod],
      [{ kind: 'other_charge', fact: { ...change, lines: [period(0)] } }, noPeriod],
      [{ kind: 'other_charge', fact: { ...change, lines: [period(100, { trial: true })] } }, noPeriod],
      [{ kind: 'other_charge', fact: { ...change, lines: [ofItem('base')] }, trials: [{ item: 'base', ...lasting }] }, noPeriod],
      [{ kind: 'other_charge', fact: { occasion: 'cycle' } }, noPeriod],
    ],
  ],
  [
    noPeriod,
    [{ kind: 'other_charge' }, { kind: 'other_charge', fact: { trial: true, ...start }, trials: [lasting] }],
    [[{ kind: 'renewal' }, otherwise]],
  ],
  [
    saidTrial,
    [
      { fact: { trial: true } },
      { kind: 'renewal', fact: { trial: true, ...free } },
      { fact: { trial: true }, noTrial: true },
      { fact: { lines: [period(0, { trial: true }), { of: 'once', amountMinor: 100 }] } },
      { fact: { trial: true }, declared: 'paid_trial' },
      { fact: { trial: true }, cycle: 'first' },
    ],
    [
      [{ fact: { trial: false }, trials: [lasting] }, besideTrial],
      [{ fact: { lines: [period(100, { trial: true }), period(1999)] } }, otherwise],
      [{ fact: { trial: true }, declared: 'subscription' }, otherwise],
      // A period for nothing is a trial's only until the subscription says that it has none.
      [{ kind: 'renewal', fact: { trial: true, ...free }, noTrial: true }, forNothing],
    ],
  ],
  [
    declaredStart,
    [
      { fact: start, declared: 'paid_trial' },
      { fact: { ...start, ...free }, declared: 'free_trial' },
      // A fee alone is not the trial's price where there is no trial; a period's price may be.
      { fact: start, declared: 'paid_trial', noTrial: true },
    ],
    [
      [{ declared: 'paid_trial' }, otherwise],
      [{ fact: { occasion: 'cycle' }, declared: 'paid_trial' }, otherwise],
      [{ fact: start, declared: 'free_trial' }, otherwise],
      [{ fact: { ...start, ...free }, declared: 'paid_trial' }, otherwise],
      [{ fact: { ...start, ...free }, declared: 'free_trial', noTrial: true }, otherwise],
      [{ fact: { ...start, lines: [{ of: 'once', amountMinor: 100 }] }, declared: 'paid_trial', noTrial: true }, otherwise],
    ],
  ],
  [
    besideTrial,
    [
      { kind: 'trial_start', fact: { trial: false } },
      { fact: { lines: [period(100, { trial: true }), period(1999, { trial: false })], ...start }, trials: [lasting] },
      { fact: { lines: [ofItem('base'), ofItem('seat')], ...start }, trials: [{ item: 'base', ...lasting }] },
    ],
    [
      [{ fact: { lines: [ofItem('base')], ...start }, trials: [{ item: 'base', ...lasting }] }, withinTrial],
      [{ fact: { lines: [ofItem('seat')], ...start }, trials: [lasting] }, withinTrial],
      [{ fact: { lines: [period(0, { trial: false })] }, noTrial: true }, otherwise],
    ],
  ],
  [
    trialCycle,
    [{ cycle: 'trial' }, { cycle: 'trial', declared: 'paid_trial', fact: { paidPeriod: 'first' } }],
    [[{ cycle: 'trial', declared: 'subscription' }, otherwise]],
  ],
  [
    regularCycle,
    [
      { cycle: 'first', trials: [lasting], fact: start },
      { cycle: 'regular' },
      { cycle: 'later' },
      { fact: { paidPeriod: 'first', ...start }, trials: [lasting] },
      { fact: { paidPeriod: 'later' }, declared: 'paid_trial' },
      { kind: 'trial_start', fact: { paidPeriod: 'first' }, cycle: 'trial', declared: 'subscription' },
    ],
    [[{ cycle: null, fact: start, trials: [lasting] }, withinTrial]],
  ],
  [
    withinTrial,
    [
      { fact: free, trials: [lasting] },
      { fact: start, trials: [lasting] },
      { fact: { awaits: ['trial'] }, trials: [lasting] },
      { fact: start, trials: [{ ...lasting, kind: 'paid' }] },
      { fact: start, trials: [{}] },
      {
        fact: { lines: [period(0), { of: 'once', amountMinor: 100 }], amountMinor: 100 },
        trials: [{ ...lasting, kind: 'free' }],
      },
      { fact: { lines: [ofItem('base')] }, trials: [{ ...lasting, item: 'base' }] },
      { fact: { ...start, periodStartMs: t0 + 7 * day - hour - 1 }, trials: [lasting] },
      { fact: { ...start, periodStartMs: t0 - hour }, trials: [lasting] },
    ],
    [
      // Within a free trial nothing but a fee is paid, and later payments are not the trial's.
      [{ fact: start, trials: [{ ...lasting, kind: 'free' }] }, otherwise],
      [{ fact: {}, trials: [lasting] }, otherwise],
      [{ fact: { awaits: ['buyer'] }, trials: [lasting] }, otherwise],
      [{ fact: { ...start, periodStartMs: t0 + 7 * day - hour }, trials: [lasting] }, otherwise],
      [{ fact: { ...start, periodStartMs: t0 - hour - 1 }, trials: [lasting] }, otherwise],
      [{ fact: start, trials: [lasting], declared: 'subscription' }, otherwise],
    ],
  ],
  [
    forNothing,
    [
      { fact: { ...free, lines: [period(0)] } },
      { kind: 'trial_start', fact: { ...free, lines: [period(0)] }, noTrial: true },
      { kind: 'trial_start', fact: { ...free, lines: [period(0)] }, declared: 'subscription' },
      { kind: 'renewal', fact: { ...free, lines: [] } },
    ],
    [
      // A discount of 100 % has paid it.
      [{ fact: free, noTrial: true }, otherwise],
      [{ fact: { ...free, lines: [period(1999)] }, noTrial: true }, otherwise],
      [{ fact: { amountMinor: 100, lines: [period(0), { of: 'once', amountMinor: 100 }] }, noTrial: true }, otherwise],
      [{ kind: 'trial_start', fact: { ...free, lines: [period(0)] } }, readsLikeTrial],
    ],
  ],
  [
    readsLikeTrial,
    [{ kind: 'trial_start' }, { kind: 'trial_start', fact: free }, { kind: 'trial_start', declared: 'free_trial' }],
    [
      [{ kind: 'trial_start', noTrial: true }, otherwise],
      [{ kind: 'trial_start', declared: 'subscription' }, otherwise],
      [{ kind: 'conversion' }, otherwise],
    ],
  ],
  [otherwise, [{}, { kind: 'renewal' }, { kind: 'renewal', fact: free }, { fact: start, noTrial: true }], []],
];

it('all rules stand here, in their order', () => {
  expect(table.map(([says]) => says)).toEqual(rules.map(({ says }) => says));
});

describe.each(table)('%s', (says, decided, missed) => {
  it.each(decided.map((given) => [JSON.stringify(given), given] as const))('decides %s', (_, given) => {
    expect(deciding(given)).toBe(says);
    expect(ruleFor(evidence(given)).means).toBe(rules.find((rule) => rule.says === says)?.means);
  });

  if (missed.length > 0)
    it.each(missed.map(([given, other]) => [JSON.stringify(given), given, other] as const))('but not %s', (_, given, other) => {
      expect(deciding(given)).toBe(other);
      expect(rules.find((rule) => rule.says === says)?.applies(evidence(given))).toBe(false);
    });
});

describe('the order of the rules', () => {
  const applying = (given: Given): readonly string[] =>
    rules.filter(({ applies }) => applies(evidence(given))).map(({ says }) => says);

  it.each<[string, Given, string, string]>([
    ['the merchant’s map outranks what was bought', { kind: 'one_off', fact: { role: 'ignore' } }, ignored, once],
    ['and the provider’s word', { fact: { role: 'regular', trial: true } }, regularPrice, saidTrial],
    ['what was charged outranks a state', { fact: { trial: false, ...start }, trials: [lasting] }, besideTrial, withinTrial],
    ['the provider’s word outranks its count', { fact: { trial: true }, cycle: 'first' }, saidTrial, regularCycle],
    ['the count outranks a state', { fact: start, cycle: 'first', trials: [lasting] }, regularCycle, withinTrial],
    ['a declaration outranks the count', { fact: start, cycle: 'regular', declared: 'paid_trial' }, declaredStart, regularCycle],
    ['a declaration outranks a state', { fact: start, trials: [lasting], declared: 'paid_trial' }, declaredStart, withinTrial],
    [
      'a declaration outranks the reading',
      { kind: 'trial_start', fact: start, declared: 'paid_trial' },
      declaredStart,
      readsLikeTrial,
    ],
    [
      'a declared trial’s change outranks a change',
      { kind: 'other_charge', fact: change, declared: 'paid_trial' },
      declaredChange,
      changed,
    ],
    ['a whole change outranks its name', { kind: 'other_charge', fact: change }, changed, noPeriod],
  ])('matters: %s', (_, given, first, second) => {
    const both = applying(given);
    expect(both.indexOf(first)).toBe(0);
    expect(both.indexOf(second)).toBeGreaterThan(0);
  });
});

describe('a period begins when the trial ends', () => {
  const end = t0 + 7 * day;
  const begins = (periodStartMs: number | undefined, given: Given): boolean =>
    startsAtTrialEnd(payment('renewal', 'in_1', 7, periodStartMs === undefined ? {} : { periodStartMs }), contextOf(given));

  it.each<[string, number | undefined, Given, boolean]>([
    ['to the moment', end, { trials: [lasting] }, true],
    ['an hour off', end - hour, { trials: [lasting] }, true],
    ['more than an hour off', end + hour + 1, { trials: [lasting] }, false],
    ['of an item alone', end, { trials: [{ ...lasting, item: 'seat' }] }, false],
    ['of a subscription that began without one', end, { trials: [lasting], noTrial: true }, false],
    ['of a trial without an end', end, { trials: [{ startsAtMs: t0 }] }, false],
    ['without a start of the period', undefined, { trials: [lasting] }, false],
  ])('%s', (_, periodStartMs, given, is) => {
    expect(begins(periodStartMs, given)).toBe(is);
  });
});
