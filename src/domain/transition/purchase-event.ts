/** The event that TikTok receives for a payment: its id, name and value. */
import type { PaymentFact } from '../fact';
import { mergedFact } from '../observe';
import { cellOf } from '../policy';
import { derivedEventId } from '../purchase';
import type { DecidingSettings } from '../settings';
import type { Payment, PurchaseEvent, Subscription } from '../subscription';
import { isOpen } from '../subscription';
import { eventValue } from '../value';

/** The event of a payment by its present phase and the settings it came with. */
export function purchaseEventOf(state: Subscription, payment: Payment): PurchaseEvent {
  const fact = mergedFact(payment);
  const settings = settingsOf(state, payment);
  const cell = payment.phase === null ? undefined : cellOf(settings.policy, payment.purchaseType, payment.phase);
  return {
    eventId: (mayUseCheckoutId(state, payment) ? state.checkoutId : null) ?? derivedEventId(state.psp, payment.moneyId),
    eventName: cell?.eventName ?? settings.eventName,
    value: fact ? eventValue(cell?.value, withRegularPrice(fact, state, payment)) : null,
  };
}

/** The start of a trial that does not say the regular price has the one with which the subscription began. */
function withRegularPrice(fact: PaymentFact, { context }: Subscription, { phase }: Payment): PaymentFact {
  const { regularPrice: price } = context;
  const isUnsaid = phase === 'trial_start' && fact.regularMinor === undefined;
  return isUnsaid && price?.currency === fact.currency ? { ...fact, regularMinor: price.amountMinor } : fact;
}

/**
 * The settings that decide a payment.
 * @throws Error when the order has not kept their version, which is a bug.
 */
export function settingsOf(state: Subscription, payment: Payment): DecidingSettings {
  const settings = state.settings[String(payment.settingsVersion)];
  if (!settings) throw new Error(`settings version ${payment.settingsVersion} of ${payment.moneyId} is not kept`);
  return settings;
}

/** The checkout id is the event id of the order's first phase, and of no second payment. */
function mayUseCheckoutId(state: Subscription, payment: Payment): boolean {
  const hasTrial = payment.purchaseType === 'free_trial' || payment.purchaseType === 'paid_trial';
  const isFirstPhase = payment.phase === 'trial_start' || (payment.phase === 'conversion' && !hasTrial);
  if (state.checkoutId === null || !isFirstPhase) return false;
  const isUsed = Object.values(state.payments).some(
    (other) => other.moneyId !== payment.moneyId && other.event.eventId === state.checkoutId && !isOpen(other.progress),
  );
  return !isUsed;
}
