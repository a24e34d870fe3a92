/** What was charged, by the lines of a payment. */
import type { PaymentFact, PaymentLine, PriceRole } from '../../src/domain/fact';
import type { Charge } from '../../src/domain/phase/charge';
import { chargeOf, isSaidTrial, roleOfLines } from '../../src/domain/phase';

const period = (amountMinor: number, more: Partial<PaymentLine> = {}): PaymentLine => ({ of: 'period', amountMinor, ...more });
const once = (amountMinor: number, more: Partial<PaymentLine> = {}): PaymentLine => ({ of: 'once', amountMinor, ...more });
const proration = { proration: true } as const;

function charged(lines: readonly PaymentLine[]): Charge {
  return chargeOf({ amountMinor: lines.reduce((sum, line) => sum + line.amountMinor, 0), lines });
}

describe('a charge', () => {
  const nothing: Charge = {
    periods: [],
    freePeriods: [],
    hasFee: false,
    hasCredit: false,
    hasProration: false,
    hasPart: false,
    hasEmptyCredit: false,
  };

  it.each<[string, readonly PaymentLine[], Partial<Charge>]>([
    ['of no lines at all is nothing', [], {}],
    ['of a period', [period(1999)], { periods: [period(1999)] }],
    ['of a period for nothing', [period(0)], { freePeriods: [period(0)] }],
    ['of a fee', [once(100)], { hasFee: true }],
    ['of a fee for nothing', [once(0)], {}],
    ['of a fee beside a free period', [period(0), once(100)], { freePeriods: [period(0)], hasFee: true }],
    ['of a fee beside a period', [period(1999), once(100)], { periods: [period(1999)], hasFee: true }],
    ['of a credit', [period(-500)], { hasCredit: true }],
    ['of a credit that is a proration', [period(-500, proration)], { hasCredit: true, hasProration: true }],
    ['of a part of a period, which is no period', [period(500, proration)], { hasProration: true, hasPart: true }],
    ['of a part of a period for nothing', [period(0, proration)], { hasProration: true, hasEmptyCredit: true }],
    [
      'of a part for nothing and a whole',
      [period(0, proration), period(1999)],
      { periods: [period(1999)], hasProration: true, hasEmptyCredit: true },
    ],
    [
      'of a part, and of nothing for the former period',
      [period(0, proration), period(900, proration)],
      { hasProration: true, hasPart: true, hasEmptyCredit: true },
    ],
    [
      'of a part, and of a credit for the former period',
      [period(-500, proration), period(900, proration), period(0, proration)],
      { hasCredit: true, hasProration: true, hasPart: true },
    ],
    ['of a fee that is prorated', [once(100, proration)], { hasProration: true, hasPart: true }],
    ['of an add-on, which is left out', [period(500, { role: 'ignore' })], {}],
    ['of a credit for an add-on', [period(-500, { ...proration, role: 'ignore' })], {}],
    ['of an add-on beside a free period', [period(0), once(500, { role: 'ignore' })], { freePeriods: [period(0)] }],
    [
      'of two periods, one of a trial',
      [period(100, { trial: true }), period(1999, { trial: false })],
      { periods: [period(100, { trial: true }), period(1999, { trial: false })] },
    ],
  ])('%s', (_, lines, charge) => {
    expect(charged(lines)).toEqual({ ...nothing, ...charge });
  });

  it.each<[string, Pick<PaymentFact, 'amountMinor' | 'trial' | 'unpriced'>, Partial<Charge>]>([
    ['an amount', { amountMinor: 1999 }, { periods: [period(1999)] }],
    ['an amount that is a trial’s', { amountMinor: 100, trial: true }, { periods: [period(100, { trial: true })] }],
    ['an amount that is none’s', { amountMinor: 1999, trial: false }, { periods: [period(1999, { trial: false })] }],
    ['nothing, in a trial', { amountMinor: 0, trial: true }, { freePeriods: [period(0, { trial: true })] }],
    // A discount of 100 % pays a period.
    ['nothing', { amountMinor: 0 }, { periods: [period(1)] }],
    ['nothing, in no trial', { amountMinor: 0, trial: false }, { periods: [period(1, { trial: false })] }],
    ['an unknown amount', { amountMinor: 0, unpriced: true }, { periods: [period(1)] }],
  ])('without lines is one line: %s', (_, fact, charge) => {
    expect(chargeOf(fact)).toEqual({ ...nothing, ...charge });
  });
});

describe('a charge is said to be a trial’s', () => {
  const [yes, no] = [{ trial: true }, { trial: false }];

  it.each<[string, readonly PaymentLine[], boolean]>([
    ['where its period is', [period(100, yes)], true],
    ['where its free period is', [period(0, yes)], true],
    ['where all its periods are', [period(100, yes), period(0, yes)], true],
    ['whatever the fee beside it', [period(0, yes), once(100)], true],
    ['whatever the add-on beside it', [period(0, yes), period(500, { ...no, role: 'ignore' })], true],
    ['but not where the provider does not say', [period(100)], false],
    ['but not where it says no', [period(100, no)], false],
    ['but not where one period is none', [period(100, yes), period(1999, no)], false],
    ['but not where nothing is said of one period', [period(100, yes), period(0)], false],
    ['but not without a period', [once(100, yes)], false],
    ['but not by a part of a period', [period(100, { ...yes, ...proration })], false],
    ['but not without lines', [], false],
  ])('%s', (_, lines, is) => {
    expect(isSaidTrial(charged(lines))).toBe(is);
  });
});

describe('the role of the price that was paid', () => {
  const role = (name: PriceRole): Partial<PaymentLine> => ({ role: name });

  it.each<[string, readonly PaymentLine[], PriceRole | undefined]>([
    ['is unknown without lines', [], undefined],
    ['is unknown without roles', [period(1999)], undefined],
    ['is that of the line', [period(100, role('trial'))], 'trial'],
    ['is that of a fee, if nothing else was paid', [once(100, role('trial'))], 'trial'],
    ['is that of a one-off', [once(4900, role('lifetime'))], 'lifetime'],
    ['is that of the period, not of the fee beside it', [once(500, role('lifetime')), period(1999, role('regular'))], 'regular'],
    ['is that of what was paid, not of what was free', [period(0, role('lifetime')), once(500, role('trial'))], 'trial'],
    ['is not a lifetime product’s beside a period', [period(0), once(500, role('lifetime'))], undefined],
    ['is the trial’s before the regular one', [period(1999, role('regular')), period(100, role('trial'))], 'trial'],
    ['is the regular one before a lifetime’s', [period(4900, role('lifetime')), period(1999, role('regular'))], 'regular'],
    ['is unknown for nothing at the regular price', [period(0, role('regular'))], undefined],
    ['is the trial’s for nothing at the trial’s price', [period(0, role('trial'))], 'trial'],
    ['is not a proration’s', [period(500, { ...proration, ...role('regular') })], undefined],
    ['is ignore, if all is an add-on', [period(500, role('ignore')), once(100, role('ignore'))], 'ignore'],
    ['is ignore, whatever proration is beside it', [period(500, role('ignore')), period(10, proration)], 'ignore'],
    ['is unknown for an add-on beside a free period', [period(0), once(500, role('ignore'))], undefined],
    ['is the regular one, whatever add-on is beside it', [period(500, role('ignore')), period(1999, role('regular'))], 'regular'],
  ])('%s', (_, lines, expected) => {
    expect(roleOfLines(lines)).toBe(expected);
  });
});
