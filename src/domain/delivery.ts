/** The outcome of one attempt to report a purchase, named by who must act (docs/architecture.md, "Failures"). */
export type DeliveryOutcome =
  /** TikTok accepted the event. `warning` says what was odd about the answer. */
  | { readonly kind: 'accepted'; readonly code: number; readonly requestId: string | null; readonly warning?: string }
  /** Too many requests; retried. `retryAfterMs` is the pause that TikTok asked for, at most 5 minutes. */
  | { readonly kind: 'throttled'; readonly code: number | null; readonly message: string; readonly retryAfterMs?: number }
  /** Network, timeout, 5xx, maintenance, or an answer that is not TikTok's; retried. */
  | { readonly kind: 'unreachable'; readonly code: number | null; readonly message: string; readonly retryAfterMs?: number }
  /** The token or the pixel is wrong: the operator has to act. */
  | { readonly kind: 'unauthorized'; readonly code: number | null; readonly message: string; readonly requestId: string | null }
  /** TikTok refused the body: a developer has to act. */
  | { readonly kind: 'rejected'; readonly code: number | null; readonly message: string; readonly requestId: string | null };
