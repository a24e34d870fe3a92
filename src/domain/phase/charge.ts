/** What was charged, by the lines of a payment. One reading for all providers that list lines; a payment without lines is one line. */
import type { PaymentFact, PaymentLine, PriceRole } from '../fact';

/** The parts of a charge that decide what it was for. Add-ons (role `ignore`) are left out. */
export interface Charge {
  /** Periods with a price. */
  readonly periods: readonly PaymentLine[];
  /** Periods for nothing: a trial, or a price of zero. */
  readonly freePeriods: readonly PaymentLine[];
  /** Something with a price was sold once beside them. */
  readonly hasFee: boolean;
  /** Money went back for a part of a period that had been paid. */
  readonly hasCredit: boolean;
  readonly hasProration: boolean;
  /** A part of a period was charged, after a change within it. */
  readonly hasPart: boolean;
  /** Nothing was given back for the rest of the former period: it had cost nothing. */
  readonly hasEmptyCredit: boolean;
}

type Lines = Pick<PaymentFact, 'lines' | 'amountMinor' | 'trial' | 'unpriced'>;

/** Reads the lines of a payment. */
export function chargeOf(fact: Lines): Charge {
  const lines = (fact.lines ?? [onlyLine(fact)]).filter(({ role }) => role !== 'ignore');
  const whole = lines.filter(({ proration, amountMinor }) => proration !== true && amountMinor >= 0);
  const periods = whole.filter((line) => line.of === 'period');
  const parts = lines.filter(({ proration }) => proration === true);
  return {
    periods: periods.filter(({ amountMinor }) => amountMinor > 0),
    freePeriods: periods.filter(({ amountMinor }) => amountMinor === 0),
    hasFee: whole.some((line) => line.of === 'once' && line.amountMinor > 0),
    hasCredit: lines.some(({ amountMinor }) => amountMinor < 0),
    hasProration: parts.length > 0,
    hasPart: parts.some(({ amountMinor }) => amountMinor > 0),
    hasEmptyCredit: parts.some(({ amountMinor }) => amountMinor === 0) && parts.every(({ amountMinor }) => amountMinor >= 0),
  };
}

/** Without lines nothing tells a free period from one that a discount paid: it counts as a period, as if it had a price. */
function onlyLine({ amountMinor, trial }: Lines): PaymentLine {
  const said = trial === undefined ? {} : { trial };
  return { of: 'period', amountMinor: amountMinor === 0 && trial === true ? 0 : Math.max(amountMinor, 1), ...said };
}

/** True when nothing was charged. A price that is not known is something. */
export function isForNothing({ amountMinor, unpriced }: Pick<PaymentFact, 'amountMinor' | 'unpriced'>): boolean {
  return amountMinor === 0 && unpriced !== true;
}

/** True when every period of the charge is a trial's, by the provider's own word. */
export function isSaidTrial({ periods, freePeriods }: Charge): boolean {
  const all = [...periods, ...freePeriods];
  return all.length > 0 && all.every(({ trial }) => trial === true);
}

/** True for a price that may be the regular one: the merchant's map neither calls it a trial's nor leaves it out. */
export function mayBeRegular(role: PriceRole | undefined): boolean {
  return role !== 'trial' && role !== 'ignore';
}

/**
 * The merchant's role of the price that was paid. Lines with an amount decide, periods before what is sold once; add-ons (`ignore`)
 * decide only if there is nothing else. `regular` says nothing of a line that costs nothing: a free trial has the regular price.
 * `lifetime` says nothing of what is sold once beside a period.
 */
export function roleOfLines(lines: readonly PaymentLine[]): PriceRole | undefined {
  const whole = lines.filter(({ proration }) => proration !== true);
  const paid = whole.filter(({ amountMinor }) => amountMinor > 0);
  const paidPeriods = paid.filter((line) => line.of === 'period');
  const speaking = paidPeriods.length > 0 ? paidPeriods : paid.length > 0 ? paid : whole;
  const hasPeriod = whole.some((line) => line.of === 'period' && line.role !== 'ignore');
  const roles = speaking.map((line) => (isBeside(line, hasPeriod) || isFreeRegular(line) ? undefined : line.role));
  const strongest = (['trial', 'regular', 'lifetime'] as const).find((role) => roles.includes(role));
  if (strongest) return strongest;
  // An add-on bought together with a free trial does not make the trial disappear.
  const isAllIgnored = whole.length > 0 && whole.every(({ role }) => role === 'ignore');
  return isAllIgnored ? 'ignore' : undefined;
}

function isFreeRegular({ role, amountMinor }: PaymentLine): boolean {
  return role === 'regular' && amountMinor === 0;
}

/** True for a lifetime product in a subscription's charge, which does not make a one-off of the subscription. */
function isBeside({ of, role }: PaymentLine, hasPeriod: boolean): boolean {
  return hasPeriod && of === 'once' && role === 'lifetime';
}
