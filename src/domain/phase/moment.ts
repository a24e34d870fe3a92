import { hourMs } from '../duration';
import type { PaymentFact } from '../fact';

/** A trial's end and a period's start may be this far apart: Stripe rounds times and drafts invoices, others charge a little early. */
export const sameMomentMs = hourMs;

/** False also where one of the two is not known. */
export function isSameMoment(aMs = NaN, bMs = NaN): boolean {
  return Math.abs(aMs - bMs) <= sameMomentMs;
}

/** When the payment's period begins, else when it was made; Unix milliseconds. */
export function startOf({ periodStartMs, occurredAtMs }: Pick<PaymentFact, 'periodStartMs' | 'occurredAtMs'>): number {
  return periodStartMs ?? occurredAtMs;
}
