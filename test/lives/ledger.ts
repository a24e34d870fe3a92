/** What a generator writes down while it tells a life: webhooks and purchases, on a clock that only goes forward. */
import type { Phase, PurchaseType } from '../../src/domain/fact';
import type { WebhookHeaders } from '../../src/psp/adapter';
import type { Purchase, Told, Webhook } from './life';
import { byTime } from './life';

export class Ledger {
  private readonly webhooks: Webhook[] = [];
  private readonly purchases: Purchase[] = [];

  constructor(
    /** Unix milliseconds. */
    public nowMs: number,
    private readonly type: PurchaseType,
  ) {}

  passes(ms: number): void {
    this.nowMs += ms;
  }

  reaches(ms: number): void {
    this.nowMs = Math.max(this.nowMs, ms);
  }

  says(body: unknown, headers?: WebhookHeaders): void {
    this.webhooks.push({ atMs: this.nowMs, body, ...(headers && { headers }) });
  }

  /** How many records there are, for ids. */
  get records(): number {
    return this.purchases.length;
  }

  /** A record. What costs nothing is a purchase only if a trial starts with it; `phase` null: it is none. */
  counts(moneyId: string, phase: Phase | null, amountMinor: Purchase['amountMinor']): void {
    const isPurchase = amountMinor !== 0 || phase === 'trial_start';
    this.purchases.push({ moneyId, atMs: this.nowMs, type: this.type, phase: isPurchase ? phase : null, amountMinor });
  }

  told(isFirstPeriodFree = false): Told {
    return { webhooks: byTime(this.webhooks), purchases: byTime(this.purchases), isFirstPeriodFree };
  }
}
