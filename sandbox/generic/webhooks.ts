/** Someone's own billing, for demo and tests: bodies of the generic webhook and their signature. */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { decimalFromMinor } from '../../src/domain/money';

export interface GenericLife {
  readonly type: PurchaseType;
  readonly userId?: string;
  readonly checkoutId?: string;
  readonly email?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly customerId?: string;
  /** For a one-off what its money id is derived from. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly currency?: string;
  readonly amountMinor?: number;
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
}

export interface GenericLifeEvent {
  readonly phase: Phase;
  readonly event: Readonly<Record<string, unknown>>;
}

const dayMs = 86_400_000;

/** The life of one purchase of this type: each payment is one event. */
export function genericLife(life: GenericLife): readonly GenericLifeEvent[] {
  const { type, startMs, subscriptionId, currency = 'USD', amountMinor = 1999, trialAmountMinor = 100, renewals = 1 } = life;
  const event = (phase: Phase, kind: string, index: number, atMs: number, minor: number): GenericLifeEvent => ({
    phase,
    event: {
      kind,
      ...(kind === 'one_off' ? {} : { subscription_id: subscriptionId }),
      money_id: `pay_${subscriptionId}_${index}`,
      purchase_type: type,
      amount: decimalFromMinor(minor, currency),
      currency,
      occurred_at: new Date(atMs).toISOString(),
      ...(life.customerId === undefined ? {} : { customer_id: life.customerId }),
      metadata: metadataOf(life),
    },
  });
  if (type === 'lifetime') return [event('conversion', 'one_off', 0, startMs, amountMinor)];
  const isTrial = type !== 'subscription';
  const firstPeriodMs = isTrial ? startMs + 7 * dayMs : startMs;
  const first = isTrial ? 1 : 0;
  return [
    ...(isTrial ? [event('trial_start', 'trial_start', 0, startMs, type === 'paid_trial' ? trialAmountMinor : 0)] : []),
    event('conversion', 'conversion', first, firstPeriodMs, amountMinor),
    ...Array.from({ length: renewals }, (_, index) =>
      event('renewal', 'renewal', first + index + 1, firstPeriodMs + (index + 1) * 30 * dayMs, amountMinor),
    ),
  ];
}

/** The three headers of Standard Webhooks for a body. */
export function signGeneric(
  raw: string | Buffer,
  secret: string,
  id: string,
  atSeconds: number,
): { readonly 'webhook-id': string; readonly 'webhook-timestamp': string; readonly 'webhook-signature': string } {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${atSeconds}.`).update(raw).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(atSeconds), 'webhook-signature': `v1,${mac}` };
}

function metadataOf({ userId, checkoutId, email, metadata }: GenericLife): Readonly<Record<string, string>> {
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(checkoutId === undefined ? {} : { checkout_id: checkoutId }),
    ...(email === undefined ? {} : { email }),
    ...metadata,
  };
}
