/** What passes between the workflow, which orders a report, and the activity, which makes it. */
import type { UserKey } from './identity';
import type { ClaimMode } from './limit';
import type { DeliveryError, PaymentRef, PurchaseRecord, SuppressedReason } from './purchase';

/** Everything a report needs but identity and credentials, which are read when it is sent. */
export interface DeliveryRequest {
  readonly record: PurchaseRecord;
  readonly userKeys: readonly UserKey[];
  readonly claim: ClaimMode | null;
  /** An operator's word: sent whatever the limit, consent or the 48 h window say. */
  readonly byOperator: boolean;
}

/** What came of a report. `holder` is who holds the user's first place now, where it was asked. */
export type DeliveryResult =
  | {
      readonly kind: 'sent';
      readonly eventId: string;
      readonly requestId: string | null;
      readonly sentAtMs: number;
      readonly attempts: number;
      readonly holder: PaymentRef | null;
      /** A currency that TikTok does not list: sent without value. */
      readonly droppedCurrency: string | null;
    }
  | {
      readonly kind: 'suppressed';
      readonly reason: SuppressedReason;
      readonly holder: PaymentRef | null;
      readonly attempts: number;
    }
  | { readonly kind: 'failed'; readonly error: DeliveryError; readonly holder: PaymentRef | null; readonly attempts: number }
  /** Stopped before it was sent, as a withdrawal asked. */
  | { readonly kind: 'withdrawn' };
