/** Builders of facts, and a driver that plays them through `transition` with the report's end simulated. */
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../../src/domain/fact';
import type { UserKey } from '../../src/domain/identity';
import type { Acceptance } from '../../src/domain/observe';
import type { PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import { recordsOf } from '../../src/domain/record';
import type { DecidingSettings } from '../../src/domain/settings';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import type { Subscription } from '../../src/domain/subscription';
import { newSubscription } from '../../src/domain/subscription';
import type { Effect, Input, ReportOrder, ReportResult } from '../../src/domain/transition';
import { transition } from '../../src/domain/transition';

export const t0 = Date.UTC(2026, 10, 1, 12);
export const day = 86_400_000;

export function payment(kind: PaymentFact['kind'], moneyId: string, atDay: number, more: Partial<PaymentFact> = {}): PaymentFact {
  return { kind, moneyId, occurredAtMs: t0 + atDay * day, amountMinor: 1999, currency: 'USD', ...more };
}

export function lifecycle(kind: LifecycleFact['kind'], atDay: number, more: Partial<LifecycleFact> = {}): LifecycleFact {
  return { kind, occurredAtMs: t0 + atDay * day, ...more };
}

export function refund(moneyId: string, atDay: number, more: Partial<RefundFact> = {}): RefundFact {
  return { kind: 'refund', moneyId, occurredAtMs: t0 + atDay * day, refundId: `re_${moneyId}`, cause: 'refund', ...more };
}

export const limitOff = decidingSettings(defaultSettings);
export const limitOn = { ...limitOff, version: 2, limitPurchaseEvents: true };

export const userKey: UserKey = { kind: 'user_id', hmac: 'hmac-of-u1' };

/** Holds the first places of all users, as the store does. */
export class Places {
  private readonly holders = new Map<string, PaymentRef>();

  claim({ record, userKeys, claim }: ReportOrder): { granted: boolean; holder: PaymentRef | null } {
    if (claim === null) return { granted: true, holder: null };
    const key = userKeys[0]?.hmac ?? `order ${record.subscription}`;
    const { psp, subscription, moneyId } = record;
    const holder = this.holders.get(key) ?? { psp, subscription, moneyId };
    this.holders.set(key, holder);
    const isOurOrder = holder.subscription === subscription;
    const granted = claim === 'take_if_free' || (isOurOrder && (claim === 'this_order' || holder.moneyId === moneyId));
    return { granted, holder };
  }

  release(moneyId: string): void {
    for (const [key, holder] of this.holders) if (holder.moneyId === moneyId) this.holders.delete(key);
  }
}

/** One order played fact by fact; reports stay under way until `finish`. */
export class Order {
  state: Subscription;
  readonly underWay: ReportOrder[] = [];
  readonly sent: ReportOrder[] = [];
  /** The purchases table, as effects and reports write it. */
  readonly table = new Map<string, PurchaseRecord>();
  nowMs = t0;

  constructor(
    id = 'sub_1',
    private readonly places = new Places(),
    private readonly settings: DecidingSettings = limitOff,
    private readonly accepted: Partial<Acceptance> = {},
  ) {
    this.state = newSubscription('stripe', id);
  }

  hears(...facts: SubscriptionFact[]): this {
    return this.takes(facts.map((fact) => ({ kind: 'fact', fact, accepted: this.acceptance() })));
  }

  /** As `hears`, with settings or other circumstances of its own. */
  hearsWith(accepted: Partial<Acceptance>, ...facts: SubscriptionFact[]): this {
    return this.takes(facts.map((fact) => ({ kind: 'fact', fact, accepted: { ...this.acceptance(), ...accepted } })));
  }

  takes(inputs: readonly Input[]): this {
    const { state, effects } = transition(this.state, inputs, this.nowMs);
    this.state = state;
    for (const effect of effects) this.does(effect);
    return this;
  }

  /** Every report under way ends: TikTok takes it, unless the first place is denied. */
  finish(result?: (order: ReportOrder) => ReportResult): this {
    while (this.underWay.length > 0) {
      const order = this.underWay.shift()!;
      const given = result?.(order) ?? this.tikTokTakes(order);
      if (given.kind === 'sent') this.sent.push(order);
      this.takes([{ kind: 'reported', moneyId: order.record.moneyId, result: given }]);
    }
    return this;
  }

  records(): Record<string, PurchaseRecord> {
    return Object.fromEntries(recordsOf(this.state).map((record) => [record.moneyId, record]));
  }

  /** `phase state reason` of each payment, by money id. */
  story(): Record<string, string> {
    const tell = ({ phase, state, reason }: PurchaseRecord): string => [phase, state, reason].filter((word) => word !== null).join(' ');
    return Object.fromEntries(recordsOf(this.state).map((record) => [record.moneyId, tell(record)]));
  }

  private acceptance(): Acceptance {
    return { acceptedAtMs: this.nowMs, settings: this.settings, tooOld: false, userKeys: [userKey], checkoutId: null, ...this.accepted };
  }

  private does(effect: Effect): void {
    if (effect.kind === 'report') {
      this.underWay.push(effect.order);
      this.table.set(effect.order.record.moneyId, effect.order.record);
    } else if (effect.kind === 'record') {
      this.table.set(effect.record.moneyId, effect.record);
    } else if (effect.kind === 'release') {
      this.places.release(effect.moneyId);
    }
  }

  private tikTokTakes(order: ReportOrder): ReportResult {
    const { granted, holder } = this.places.claim(order);
    if (!granted) return { kind: 'suppressed', reason: 'limited', holder, attempts: 0 };
    const { eventId } = order.record;
    return { kind: 'sent', eventId, requestId: 'req_1', sentAtMs: this.nowMs, attempts: 1, holder, droppedCurrency: null };
  }
}
