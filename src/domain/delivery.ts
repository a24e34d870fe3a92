/** What can become of one attempt to report a purchase, named by who must act (docs/architecture.md, "Failures"). */
export type DeliveryOutcome =
  /** TikTok took it. `warning` says what was odd about the answer. */
  | { readonly kind: 'accepted'; readonly code: number; readonly requestId: string | null; readonly warning?: string }
  /** Too much at once: nobody has to act. `retryAfterMs` where TikTok named a time, at most 5 minutes. */
  | { readonly kind: 'throttled'; readonly code: number | null; readonly message: string; readonly retryAfterMs?: number }
  /** Network, timeout, 5xx, maintenance, an answer that is not TikTok's: nobody has to act. */
  | { readonly kind: 'unreachable'; readonly code: number | null; readonly message: string; readonly retryAfterMs?: number }
  /** Token or pixel: the operator has to act. */
  | { readonly kind: 'unauthorized'; readonly code: number | null; readonly message: string; readonly requestId: string | null }
  /** The body was refused: a developer has to act. */
  | { readonly kind: 'rejected'; readonly code: number | null; readonly message: string; readonly requestId: string | null };
