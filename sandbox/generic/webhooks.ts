/** A merchant's own billing, for demo and tests: bodies of the generic webhook and their signature. */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { decimalFromMinor } from '../../src/domain/money';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `customerId` is optional in the generic webhook. */
export interface GenericScenario extends Omit<SaleScenario, 'customerId'> {
  readonly customerId?: string;
  /** What is bought, as the body says it. */
  readonly items?: readonly Readonly<Record<string, unknown>>[];
}

/** An event of the generic webhook; each reports a payment. */
export interface GenericScenarioEvent extends ScenarioEvent<Readonly<Record<string, unknown>>> {
  readonly phase: Phase;
}

/** The kinds of payments of the generic webhook. */
type Kind = Phase | 'one_off';

/** The events of one sale; each of them reports a payment. */
export function genericEventsOf(scenario: GenericScenario): readonly GenericScenarioEvent[] {
  const {
    type,
    startMs,
    subscriptionId,
    currency = 'USD',
    amountMinor = defaultAmountMinor,
    trialAmountMinor = defaultTrialAmountMinor,
    renewals = 1,
  } = scenario;
  const event = (kind: Kind, index: number, atMs: number, minor: number): GenericScenarioEvent => ({
    phase: kind === 'one_off' ? 'conversion' : kind,
    event: {
      kind,
      ...(kind === 'one_off' ? {} : { subscription_id: subscriptionId }),
      money_id: `pay_${subscriptionId}_${index}`,
      purchase_type: type,
      amount: decimalFromMinor(minor, currency),
      currency,
      occurred_at: new Date(atMs).toISOString(),
      ...(scenario.customerId === undefined ? {} : { customer_id: scenario.customerId }),
      ...(scenario.items === undefined ? {} : { items: scenario.items }),
      metadata: metadataOf(scenario),
    },
  });
  if (type === 'lifetime') return [event('one_off', 0, startMs, amountMinor)];
  const isTrial = type !== 'subscription';
  const firstPeriodMs = isTrial ? startMs + trialMs : startMs;
  const first = isTrial ? 1 : 0;
  return [
    ...(isTrial ? [event('trial_start', 0, startMs, type === 'paid_trial' ? trialAmountMinor : 0)] : []),
    event('conversion', first, firstPeriodMs, amountMinor),
    ...Array.from({ length: renewals }, (_, index) =>
      event('renewal', first + index + 1, firstPeriodMs + (index + 1) * periodMs, amountMinor),
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

function metadataOf(scenario: GenericScenario): Readonly<Record<string, string>> {
  const { email, metadata } = scenario;
  return merchantMetadata({ ...scenario, metadata: { ...(email === undefined ? {} : { email }), ...metadata } });
}
