/** The messages between the workflow, which asks for a delivery, and the activity, which makes it. */
import type { BoughtItem } from './fact';
import type { UserKey } from './identity';
import type { ClaimMode } from './limit';
import type { DeliveryError, PaymentRef, PurchaseRecord, SuppressedReason } from './purchase';

/** Everything a delivery needs but identity and credentials, which the activity reads at each attempt. */
export interface DeliveryRequest {
  readonly record: PurchaseRecord;
  readonly userKeys: readonly UserKey[];
  /** How the delivery claims the user's first purchase; null when it need not. */
  readonly claim: ClaimMode | null;
  /** The payment that holds the user's first purchase, as far as the order knows: for a delivery that does not claim it. */
  readonly knownHolder?: PaymentRef;
  /** What the payment bought, as the provider names it. */
  readonly bought?: readonly BoughtItem[];
  /** An operator asked for it: it is sent whatever the limit, consent or the 48 h window say. */
  readonly byOperator: boolean;
  /** The payment may be another one of the same buyer, which no event has said yet: it is looked for before the first attempt. */
  readonly mayRepeat?: true;
}

/** The result of a delivery. `holder` is the payment that holds the user's first purchase now, where the delivery claimed it. */
export type DeliveryResult =
  | {
      readonly kind: 'sent';
      readonly eventId: string;
      readonly requestId: string | null;
      readonly sentAtMs: number;
      readonly attempts: number;
      readonly holder: PaymentRef | null;
      /** A currency that TikTok does not list: the event was sent without value. Null otherwise. */
      readonly droppedCurrency: string | null;
    }
  | {
      readonly kind: 'suppressed';
      readonly reason: SuppressedReason;
      readonly holder: PaymentRef | null;
      readonly attempts: number;
    }
  | ({ readonly kind: 'failed' } & DeliveryFailure)
  /** It is another payment of the same buyer, and is counted there. */
  | { readonly kind: 'repeated'; readonly of: PaymentRef }
  /** Cancelled before it was sent. */
  | { readonly kind: 'cancelled' };

/** Why a delivery failed for good; the only detail of the activity's `ApplicationFailure`. */
export interface DeliveryFailure {
  readonly error: DeliveryError;
  readonly attempts: number;
  readonly holder: PaymentRef | null;
}
