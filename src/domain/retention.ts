/** How long each class of rows is kept, in days. What has no number here is kept as long as the account: see docs/privacy.md. */
export interface RetentionDays {
  /** What TikTok matches by (hashes, address, browser, click) of a buyer, after the last order was over and nothing was heard of them. */
  readonly buyers: number;
  /** What was sent to TikTok with an attempt. The attempt stays. */
  readonly requests: number;
  /** Bodies that nobody has read since. */
  readonly quarantine: number;
  /** Visitors without an order, after their last visit. */
  readonly visitors: number;
  readonly webhookLog: number;
  /** Hashes of facts; a renewal check reads them again for less. */
  readonly signalledFacts: number;
  readonly openPayments: number;
  readonly unmatchedRefunds: number;
  /** Facts of a shared account of which nothing said whose they are. */
  readonly waitingFacts: number;
  /** Orders of a shared account that are another integration's, after the last fact that said so. */
  readonly declinedOrders: number;
  /** Counts by day, and alerts that are closed: a year to compare with, and the month before it. */
  readonly counts: number;
  /** What operators did. */
  readonly audit: number;
}

export const defaultRetention: RetentionDays = {
  buyers: 400,
  requests: 90,
  quarantine: 90,
  visitors: 90,
  webhookLog: 30,
  signalledFacts: 7,
  openPayments: 60,
  unmatchedRefunds: 400,
  waitingFacts: 30,
  declinedOrders: 400,
  counts: 400,
  audit: 1_096,
};
