/** The value of an event, by the value mode of the policy's cell. */
import { assertNever } from './assert-never';
import { minorFromDecimal } from './money';
import type { ValueMode } from './policy';
import type { EventValue } from './purchase';

/** The amounts of a payment, all in `currency`'s minor unit. A `PaymentFact` is one. */
export interface Charge {
  readonly amountMinor: number;
  readonly currency: string;
  readonly netMinor?: number;
  readonly regularMinor?: number;
  /** The amount or its currency is not known. */
  readonly unpriced?: true;
}

/** The event's value; null when it is to be sent without one. Without a mode it is the amount charged. */
export function eventValue(mode: ValueMode = { mode: 'charged' }, charge: Charge): EventValue | null {
  const { amountMinor, currency, netMinor, regularMinor, unpriced } = charge;
  if (unpriced && mode.mode !== 'fixed') return null;
  switch (mode.mode) {
    case 'charged':
      return { amountMinor, currency };
    case 'net':
      return { amountMinor: netMinor ?? amountMinor, currency };
    case 'percent':
      return { amountMinor: percentOf(regularMinor ?? amountMinor, mode.percent), currency };
    case 'fixed':
      return fixedValue(mode.amount, mode.currency);
    case 'zero':
      return { amountMinor: 0, currency };
    case 'omit':
      return null;
    default:
      return assertNever(mode);
  }
}

/** Settings are checked when they are written. Should an amount be malformed all the same, the event has no value rather than a wrong one. */
function fixedValue(amount: string, currency: string): EventValue | null {
  const amountMinor = minorFromDecimal(amount, currency);
  return amountMinor === null ? null : { amountMinor, currency };
}

/** Rounds half up, in integers: a percentage counts to four decimals (`33.3333`). */
function percentOf(amountMinor: number, percent: number): number {
  const millionths = BigInt(Math.round(percent * 10_000));
  return Number((BigInt(amountMinor) * millionths + 500_000n) / 1_000_000n);
}
