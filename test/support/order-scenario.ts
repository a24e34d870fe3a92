/** Builders of facts, and an order that runs them through `transition`; a `DeliveryEnd` takes the part of the activity. */
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../../src/domain/fact';
import type { UserKey } from '../../src/domain/identity';
import type { Acceptance } from '../../src/domain/observe';
import type { PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import { recordsOf, reportedRecord } from '../../src/domain/record';
import type { DecidingSettings } from '../../src/domain/settings';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import type { Subscription } from '../../src/domain/subscription';
import { newSubscription } from '../../src/domain/subscription';
import type { DeliveryRequest, DeliveryResult } from '../../src/domain/delivery-request';
import type { Effect, Input } from '../../src/domain/transition';
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

/** Holds the first purchases of all users, as the store does. */
export class FirstPurchases {
  private readonly holders = new Map<string, PaymentRef>();

  claim({ record, userKeys, claim }: DeliveryRequest): { granted: boolean; holder: PaymentRef | null } {
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

/** How a delivery ends. It claims the first purchase as the activity does. */
export type DeliveryEnd = (request: DeliveryRequest, firstPurchases: FirstPurchases) => DeliveryResult;

/** TikTok accepts it, unless the claim is denied. */
export const accepted: DeliveryEnd = (request, firstPurchases) => {
  const { granted, holder } = firstPurchases.claim(request);
  if (!granted) return { kind: 'suppressed', reason: 'limited', holder, attempts: request.record.attempts };
  const { eventId, attempts } = request.record;
  return { kind: 'sent', eventId, requestId: 'req_1', sentAtMs: t0, attempts: attempts + 1, holder, droppedCurrency: null };
};

/** TikTok refuses it for good, unless the claim is denied. */
export const refused: DeliveryEnd = (request, firstPurchases) => {
  const { granted, holder } = firstPurchases.claim(request);
  if (!granted) return accepted(request, firstPurchases);
  const error = { type: 'TikTokUnauthorized', code: 40105, message: 'invalid token' };
  return { kind: 'failed', error, holder, attempts: request.record.attempts + 1 };
};

/** Consent is checked before the claim. */
export const suppressedByConsent: DeliveryEnd = ({ record }) => ({
  kind: 'suppressed',
  reason: 'consent',
  holder: null,
  attempts: record.attempts,
});

export const cancelled: DeliveryEnd = () => ({ kind: 'cancelled' });

/** One order, fact by fact. Deliveries stay under way until `finish`. */
export class Order {
  state: Subscription;
  readonly underWay: DeliveryRequest[] = [];
  readonly sent: DeliveryRequest[] = [];
  /** Payments whose delivery was asked to stop. */
  readonly cancelled: string[] = [];
  /** The purchases table, as effects and deliveries write it. */
  readonly table = new Map<string, PurchaseRecord>();
  nowMs = t0;

  constructor(
    id = 'sub_1',
    readonly firstPurchases = new FirstPurchases(),
    private readonly settings: DecidingSettings = limitOff,
    private readonly accepted: Partial<Acceptance> = {},
  ) {
    this.state = newSubscription('stripe', id);
  }

  receives(...facts: SubscriptionFact[]): this {
    return this.applies(facts.map((fact) => ({ kind: 'fact', fact, accepted: this.acceptance(fact) })));
  }

  /** As `receives`, with another acceptance: settings, age, identifiers. */
  receivesWith(accepted: Partial<Acceptance>, ...facts: SubscriptionFact[]): this {
    return this.applies(facts.map((fact) => ({ kind: 'fact', fact, accepted: { ...this.acceptance(fact), ...accepted } })));
  }

  applies(inputs: readonly Input[]): this {
    const { state, effects } = transition(this.state, inputs, this.nowMs);
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    return this;
  }

  /** Ends every delivery under way. */
  finish(end: DeliveryEnd = accepted): this {
    while (this.underWay.length > 0) this.finishDelivery(this.underWay[0]!.record.moneyId, end);
    return this;
  }

  /** Ends one delivery; the others stay under way. */
  finishDelivery(moneyId: string, end: DeliveryEnd = accepted): this {
    const at = this.underWay.findIndex(({ record }) => record.moneyId === moneyId);
    const [request] = this.underWay.splice(at, 1);
    if (at < 0 || !request) throw new Error(`${moneyId} is not under way`);
    const result = end(request, this.firstPurchases);
    if (result.kind === 'sent') this.sent.push(request);
    if (result.kind !== 'cancelled' && result.kind !== 'repeated') this.write(reportedRecord(request.record, result));
    return this.applies([{ kind: 'delivery_result', moneyId, result }]);
  }

  resend(moneyId: string, by = 'anna'): this {
    return this.applies([{ kind: 'resend', moneyId, by }]);
  }

  skip(moneyId: string, by = 'anna', reason: string | null = null): this {
    return this.applies([{ kind: 'skip', moneyId, by, reason }]);
  }

  records(): Record<string, PurchaseRecord> {
    return Object.fromEntries(recordsOf(this.state).map((record) => [record.moneyId, record]));
  }

  /** `phase state reason` of each payment, by money id. */
  outcomes(): Record<string, string> {
    const outcome = ({ phase, state, reason }: PurchaseRecord): string =>
      [phase, state, reason].filter((part) => part !== null).join(' ');
    return Object.fromEntries(recordsOf(this.state).map((record) => [record.moneyId, outcome(record)]));
  }

  /** A fact is accepted when it happens, or later if the clock is. */
  private acceptance(fact: SubscriptionFact): Acceptance {
    return {
      acceptedAtMs: Math.max(this.nowMs, fact.occurredAtMs),
      settings: this.settings,
      tooOld: false,
      userKeys: [userKey],
      checkoutId: null,
      ...this.accepted,
    };
  }

  private carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'deliver':
        this.underWay.push(effect.request);
        return this.write(effect.request.record);
      case 'record':
        return this.write(effect.record);
      case 'release_claim':
        return this.firstPurchases.release(effect.moneyId);
      case 'withdraw':
        this.table.delete(effect.moneyId);
        return;
      case 'cancel_delivery':
        this.cancelled.push(effect.moneyId);
    }
  }

  /** As the store does: an older revision never overwrites a newer one. */
  private write(record: PurchaseRecord): void {
    const before = this.table.get(record.moneyId);
    if (!before || record.revision >= before.revision) this.table.set(record.moneyId, record);
  }
}
