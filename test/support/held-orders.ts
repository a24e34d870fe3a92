/** Orders whose trial starts are held for a day. */
import { hourMs } from '../../src/domain/duration';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../../src/domain/fact';
import type { Policy } from '../../src/domain/policy';
import { presets } from '../../src/domain/policy';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import type { DecidingSettings } from '../../src/domain/settings';
import { FirstPurchases, Order, t0 } from './order-scenario';

/** The default policy, whose trial starts are held for `hours`. */
export function holding(hours: number): Policy {
  const { free_trial, paid_trial, ...others } = presets.default.policy;
  const trial_start = { send: true, hold: { hours } };
  return { ...others, free_trial: { ...free_trial, trial_start }, paid_trial: { ...paid_trial, trial_start } };
}

export const heldForADay: DecidingSettings = {
  ...decidingSettings(defaultSettings),
  version: 4,
  policy: presets.qualified_trials.policy,
};

/** Facts by the hour after the start of the trial. */
export const atHour = {
  state: (kind: LifecycleFact['kind'], hour: number, more: Partial<LifecycleFact> = {}): LifecycleFact => ({
    ...{ kind, occurredAtMs: t0 + hour * hourMs },
    ...more,
  }),
  payment: (kind: PaymentFact['kind'], moneyId: string, hour: number, more: Partial<PaymentFact> = {}): PaymentFact => ({
    ...{ kind, moneyId, occurredAtMs: t0 + hour * hourMs, amountMinor: 1999, currency: 'USD' },
    ...more,
  }),
  refund: (moneyId: string, hour: number, more: Partial<RefundFact> = {}): RefundFact => ({
    ...{ kind: 'refund', moneyId, occurredAtMs: t0 + hour * hourMs, refundId: `re_${moneyId}`, cause: 'refund' },
    ...more,
  }),
};

export const startId = 'in_0';
export const freeStart = atHour.payment('trial_start', startId, 0, { amountMinor: 0, inferredType: 'free_trial' });
export const paidStart = atHour.payment('trial_start', startId, 0, { amountMinor: 100, inferredType: 'paid_trial' });

/** An order that hears of each fact when it happens, and of time as the workflow does: when a wait of its is over. */
export class HeldOrder extends Order {
  constructor(settings: DecidingSettings = heldForADay, firstPurchases = new FirstPurchases(), id = 'sub_1') {
    super(id, firstPurchases, settings);
  }

  /** The clock goes to each fact's time first. */
  hears(...facts: SubscriptionFact[]): this {
    for (const fact of facts) {
      this.passesTo((fact.occurredAtMs - t0) / hourMs);
      this.receives(fact).finish();
    }
    return this;
  }

  passesTo(hour: number): this {
    const untilMs = t0 + hour * hourMs;
    for (const dueMs of this.waits()) {
      if (dueMs > untilMs || dueMs < this.nowMs) continue;
      this.nowMs = dueMs;
      this.applies([]).finish();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return this;
  }

  /** What became of the trial's start. */
  get start(): string | undefined {
    return this.outcomes()[startId];
  }

  private waits(): readonly number[] {
    const waits = Object.values(this.state.payments).flatMap(({ progress }) =>
      progress?.state === 'waiting' ? [progress.untilMs] : [],
    );
    return waits.sort((a, b) => a - b);
  }
}
