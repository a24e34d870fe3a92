/** What the tests of the store put into it. Times and ids are constants. */
import { createHash } from 'node:crypto';
import type { IdentifierKind, IdentityHints, UserKey } from '../../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import { Keyring } from '../../src/crypto/keyring';
import type { DeliveryAttempt, EndedAttempt, Registration } from '../../src/store';

export const integration = 'default';
export const noonMs = Date.UTC(2026, 10, 22, 12);

const oldKey = { id: 'old', key: Buffer.alloc(32, 1) };
const newKey = { id: 'new', key: Buffer.alloc(32, 2) };
export const oldKeyring = new Keyring([oldKey]);
export const rotatedKeyring = new Keyring([newKey, oldKey]);
export const newKeyring = new Keyring([newKey]);

export function key(kind: IdentifierKind, value: string): UserKey {
  return { kind, hmac: createHash('sha256').update(`${kind} ${value}`).digest('base64url') };
}

export function payment(moneyId: string, subscription = `sub_of_${moneyId}`, psp = 'stripe'): PaymentRef {
  return { psp, subscription, moneyId };
}

/** A fact of a shared account that waits under these ids. */
export function waiting(moneyId: string, ids: readonly string[], identity: IdentityHints = {}) {
  const fact = { kind: 'renewal', moneyId, occurredAtMs: noonMs, amountMinor: 1999, currency: 'USD' } as const;
  return { hash: `hash of ${moneyId}`, ids, read: { fact, subscription: ids[0] ?? null, identity, paymentIds: [] } };
}

/** A registration of a payment under its order's key and `keys`. */
export function registration(
  ref: PaymentRef,
  keys: readonly UserKey[] = [],
  overrides: Partial<Registration> = {},
): Registration {
  return {
    ...ref,
    integration,
    keys: [...keys, key('order', `${ref.psp}/${ref.subscription}`)],
    identity: {},
    checkout: null,
    paymentIds: [],
    pending: record(ref),
    atMs: noonMs,
    ...overrides,
  };
}

/** An attempt that TikTok did not answer, and what it made of the purchase. */
export function tried(
  ref: PaymentRef,
  attempt: Partial<DeliveryAttempt>,
  became: EndedAttempt['became'],
  matchedBy: EndedAttempt['matchedBy'] = null,
): EndedAttempt {
  return {
    payment: ref,
    attempt: {
      ...{ number: 1, atMs: noonMs, durationMs: 20, outcome: 'unreachable', code: null, message: 'no answer within 15 s' },
      ...{ requestId: null, by: null, destination: 'tiktok', request: null },
      ...attempt,
    },
    matchedBy,
    became,
  };
}

export function record(ref: PaymentRef, overrides: Partial<PurchaseRecord> = {}): PurchaseRecord {
  return {
    ...ref,
    purchaseType: 'subscription',
    phase: 'conversion',
    state: 'pending',
    reason: null,
    heldBy: null,
    eventId: `${ref.psp}:${ref.moneyId}`,
    eventName: 'CompletePayment',
    value: { amountMinor: 1999, currency: 'USD' },
    chargedMinor: 1999,
    refundedMinor: 0,
    currency: 'USD',
    occurredAtMs: noonMs,
    attempts: 0,
    lastError: null,
    requestId: null,
    sentAtMs: null,
    by: null,
    settingsVersion: 1,
    revision: 0,
    ...overrides,
  };
}
