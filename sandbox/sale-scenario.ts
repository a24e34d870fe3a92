/** One sale from its start to its last renewal. From it each provider's `…EventsOf` makes the webhooks that the provider would send. */
import type { Phase, PurchaseType } from '../src/domain/fact';

/** The sale in no provider's words; a provider's own options extend it. All that is sent is derived from it. */
export interface SaleScenario {
  readonly type: PurchaseType;
  /** The merchant's id of the buyer, in the metadata. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The provider's id of the buyer. */
  readonly customerId: string;
  /** In the provider's form; the ids of payments, and all ids of a one-off, are derived from it. */
  readonly subscriptionId: string;
  /** When the buyer buys, Unix milliseconds. */
  readonly startMs: number;
  readonly email?: string;
  /** ISO 4217, upper or lower case. */
  readonly currency?: string;
  /** Of a full period or the one-off, in the unit of the provider. `defaultAmountMinor` unless said. */
  readonly amountMinor?: number;
  /** Of a paid trial. `defaultTrialAmountMinor` unless said. */
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
}

/** A webhook, and the phase of the payment that it reports: `state` for one that reports no payment, or a payment again. */
export interface ScenarioEvent<Event> {
  readonly phase: Phase | 'state';
  readonly event: Event;
}

export const dayMs = 86_400_000;
/** How long every trial is. */
export const trialMs = 7 * dayMs;
/** How long every full period is. */
export const periodMs = 30 * dayMs;
export const defaultAmountMinor = 1999;
export const defaultTrialAmountMinor = 100;

/** What a merchant puts into the provider's metadata for us. */
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
