/** RevenueCat's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment. */
import type {} from '../../src/domain/fact';
import { decimalNumber } from '../../src/domain/money';
import { defaultAmountMinor, defaultTrialAmountMinor, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** Without `userId` the customer is anonymous. `customerId` is without `$RCAnonymousID:`; `subscriptionId` is the first transaction's id. */
export interface RevenuecatScenario extends SaleScenario {
  readonly productId?: string;
  readonly environment?: 'SANDBOX' | 'PRODUCTION';
}

export type RevenuecatScenarioEvent = ScenarioEvent<RevenuecatBody>;

export interface RevenuecatBody {
  readonly api_version: '1.0';
  readonly event: Fields & { readonly id: string; readonly type: string; readonly event_timestamp_ms: number };
}

type Fields = Readonly<Record<string, unknown>>;

/** The webhooks of one sale, ordered by time. A paid trial is an introductory price. */
export function revenuecatEventsOf(scenario: RevenuecatScenario): readonly RevenuecatScenarioEvent[] {
  const { type, startMs, renewals = 1 } = scenario;
  const full = scenario.amountMinor ?? defaultAmountMinor;
  const event = (
    name: string,
    index: number,
    { atMs, lengthMs, amount }: { readonly atMs: number; readonly lengthMs: number; readonly amount: number },
    more: Fields = {},
  ): RevenuecatBody =>
    revenuecatEvent(scenario, name, {
      index,
      atMs,
      amount,
      ...(lengthMs > 0 ? { untilMs: atMs + lengthMs } : {}),
      more: { period_type: 'NORMAL', ...more },
    });
  if (type === 'lifetime')
    return [{ phase: 'conversion', event: event('NON_RENEWING_PURCHASE', 0, { atMs: startMs, lengthMs: 0, amount: full }) }];
  const isTrial = type !== 'subscription';
  const firstPeriodMs = isTrial ? startMs + trialMs : startMs;
  const trialAmount = type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  const first = isTrial ? 1 : 0;
  const trial = { period_type: type === 'free_trial' ? 'TRIAL' : 'INTRO' };
  const later = Array.from({ length: renewals }, (_, index) => ({
    phase: 'renewal' as const,
    event: event(
      'RENEWAL',
      first + index + 1,
      { atMs: firstPeriodMs + (index + 1) * periodMs, lengthMs: periodMs, amount: full },
      {
        is_trial_conversion: false,
      },
    ),
  }));
  return [
    ...(isTrial
      ? [
          {
            phase: 'trial_start' as const,
            event: event('INITIAL_PURCHASE', 0, { atMs: startMs, lengthMs: trialMs, amount: trialAmount }, trial),
          },
          {
            phase: 'state' as const,
            event: event('PRODUCT_CHANGE', 0, { atMs: startMs + 1_000, lengthMs: trialMs, amount: 0 }, trial),
          },
        ]
      : []),
    {
      phase: 'conversion',
      event: isTrial
        ? event(
            'RENEWAL',
            1,
            { atMs: firstPeriodMs, lengthMs: periodMs, amount: full },
            { is_trial_conversion: type === 'free_trial' },
          )
        : event('INITIAL_PURCHASE', 0, { atMs: firstPeriodMs, lengthMs: periodMs, amount: full }),
    },
    { phase: 'state', event: event('BILLING_ISSUE', first, { atMs: firstPeriodMs + periodMs - 1_000, lengthMs: 0, amount: 0 }) },
    ...later,
  ];
}

export interface RevenuecatMoment {
  /** Which transaction, from 0. */
  readonly index: number;
  readonly atMs: number;
  readonly untilMs?: number;
  readonly amount: number;
  readonly more?: Fields;
}

/** One event, for tests that need a single event. */
export function revenuecatEvent(scenario: RevenuecatScenario, type: string, moment: RevenuecatMoment): RevenuecatBody {
  const { index, atMs, untilMs = null, amount, more = {} } = moment;
  const currency = (scenario.currency ?? 'USD').toUpperCase();
  const anonymous = `$RCAnonymousID:${scenario.customerId}`;
  const price = decimalNumber(amount, currency);
  const attributes: Readonly<Record<string, string | undefined>> = {
    $email: scenario.email,
    checkout_id: scenario.checkoutId,
    ...scenario.metadata,
  };
  return {
    api_version: '1.0',
    event: {
      id: `${type}-${scenario.subscriptionId}-${index}-${atMs}`,
      type,
      event_timestamp_ms: atMs + 2_000,
      app_id: 'app1a2b3c4',
      app_user_id: scenario.userId ?? anonymous,
      original_app_user_id: anonymous,
      aliases: [anonymous],
      product_id: scenario.productId ?? 'com.example.premium.monthly',
      purchased_at_ms: atMs,
      expiration_at_ms: untilMs,
      environment: scenario.environment ?? 'PRODUCTION',
      store: 'RC_BILLING',
      transaction_id: transactionId(scenario, index),
      original_transaction_id: transactionId(scenario, 0),
      is_family_share: false,
      currency,
      price,
      price_in_purchased_currency: price,
      tax_percentage: 0,
      commission_percentage: 0.03,
      subscriber_attributes: Object.fromEntries(
        Object.entries(attributes).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, { value, updated_at_ms: atMs }]],
        ),
      ),
      ...more,
    },
  };
}

/** The id of the n-th transaction; the first is the subscription's, too. */
export function transactionId({ subscriptionId }: Pick<RevenuecatScenario, 'subscriptionId'>, index: number): string {
  return index === 0 ? subscriptionId : `${subscriptionId}..${index - 1}`;
}

/** RevenueCat does not sign webhooks: the header is the secret. */
export function revenuecatHeaders(secret: string): Readonly<Record<string, string>> {
  return { authorization: secret };
}
