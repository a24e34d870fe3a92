/** The best reading of a charge that lists its lines: the name of its signal, and what is shown until the workflow has decided. */
import type { OtherChargeReason, PaymentFact, PriceRole, PurchaseType } from '../fact';
import type { Charge } from './charge';
import { isSaidTrial } from './charge';

export type ChargeReading = Pick<PaymentFact, 'kind' | 'inferredType' | 'otherCharge' | 'occasion'>;

/** A charge, and what the merchant says of it. */
export interface ListedCharge {
  readonly charge: Charge;
  readonly amountMinor: number;
  readonly role: PriceRole | undefined;
  readonly declared: PurchaseType | undefined;
}

/**
 * Reads the charge of the checkout that created a subscription. A trial's lines cost nothing, or what the provider calls the trial's
 * price; a fee beside a free trial pays for it. `readsLikeTrial`: the provider's wording says so, where nothing else does.
 */
export function readStart({ charge, amountMinor, role, declared }: ListedCharge, readsLikeTrial = false): ChargeReading {
  const isPaid = amountMinor > 0;
  const mayBeTrial = declared !== 'subscription' && declared !== 'lifetime';
  if (mayBeTrial && (isSaidTrial(charge) || (charge.periods.length === 0 && readsLikeTrial))) {
    return trialStart(isPaid && (charge.hasFee || charge.periods.length > 0));
  }
  if (role === 'trial') return trialStart(isPaid);
  if (declared === 'paid_trial' && isPaid && role !== 'regular') return trialStart(true);
  if (declared === 'free_trial' && !isPaid) return trialStart(false);
  return { kind: 'conversion', occasion: 'start', inferredType: 'subscription' };
}

/**
 * Reads a charge that a change of the subscription brought: a proration, a change of plan, or a new period from now on. The last is also
 * what the next phase of a schedule looks like: where the map or the metadata knows the price it reads like a period.
 */
export function readChange({ charge, role, declared }: Omit<ListedCharge, 'amountMinor'>): ChargeReading {
  const isWhole = charge.periods.length > 0 && !charge.hasCredit;
  if (isWhole && (role === 'regular' || declared === 'paid_trial')) return { kind: 'renewal', occasion: 'change' };
  const isPart = charge.hasCredit || (charge.hasProration && !isWhole);
  return { ...readOther(isPart ? 'proration' : 'plan_change'), occasion: 'change' };
}

/** Reads a charge beside the subscription's periods. */
export function readOther(reason: OtherChargeReason): ChargeReading {
  return { kind: 'other_charge', otherCharge: reason };
}

function trialStart(isPaid: boolean): ChargeReading {
  return { kind: 'trial_start', occasion: 'start', inferredType: isPaid ? 'paid_trial' : 'free_trial' };
}
