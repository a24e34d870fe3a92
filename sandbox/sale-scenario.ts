/** One sale from its start to its last renewal. Each provider's `…EventsOf` makes the webhooks that the provider would send for it. */
import type { Phase, PurchaseType } from '../src/domain/fact';

/** A sale without any provider's terms; a provider's own options extend it. */
export interface SaleScenario {
  readonly type: PurchaseType;
  /** The merchant's id of the buyer, in the metadata. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The provider's id of the buyer. */
  readonly customerId: string;
  /** The provider's subscription id. The ids of payments, and all ids of a one-off, are derived from it. */
  readonly subscriptionId: string;
  /** When the buyer buys, Unix milliseconds. */
  readonly startMs: number;
  readonly email?: string;
  /** ISO 4217, upper or lower case. */
  readonly currency?: string;
  /** The price of a full period or the one-off, in minor units. Default: `defaultAmountMinor`. */
  readonly amountMinor?: number;
  /** The price of a paid trial, in minor units. Default: `defaultTrialAmountMinor`. */
  readonly trialAmountMinor?: number;
  /** The number of renewals after the conversion. Default: 1. */
  readonly renewals?: number;
}

/** A webhook, and the phase of the payment that it reports: `state` for one that reports no payment, or a payment again. */
export interface ScenarioEvent<Event> {
  readonly phase: Phase | 'state';
  readonly event: Event;
}

export const dayMs = 86_400_000;
/** The length of a trial. */
export const trialMs = 7 * dayMs;
/** The length of a full period. */
export const periodMs = 30 * dayMs;
export const defaultAmountMinor = 1999;
export const defaultTrialAmountMinor = 100;

/** The metadata that a merchant sets at the provider for this service. */
export function merchantMetadata({
  userId,
  checkoutId,
  metadata,
}: Pick<SaleScenario, 'userId' | 'checkoutId' | 'metadata'>): Readonly<Record<string, string>> {
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(checkoutId === undefined ? {} : { checkout_id: checkoutId }),
    ...metadata,
  };
}
