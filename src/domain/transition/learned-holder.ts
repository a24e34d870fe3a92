/**
 * What the limit kept back names the purchase that came first. While a delivery claims the first purchase, that is the payment being delivered;
 * its result may say that another one had it.
 */
import { isSamePayment } from '../first-purchase';
import type { PaymentRef } from '../purchase';
import type { Payment, Subscription } from '../subscription';
import { isOfOrder } from '../subscription';
import type { DeliveryResultInput } from './delivery-result';
import type { Input } from './transition';

/** The payments of the order that are to name another purchase than before, now that these inputs have come, each as it then is. */
export function renamedByResults(state: Subscription, inputs: readonly Input[]): readonly Payment[] {
  const learned = new Map(inputs.flatMap((input) => (input.kind === 'delivery_result' ? holderBeside(state, input) : [])));
  if (learned.size === 0) return [];
  return Object.values(state.payments).flatMap((payment) => {
    const { progress } = payment;
    if (progress?.state !== 'suppressed' || progress.reason !== 'limited' || progress.heldBy === null) return [];
    const holder = isOfOrder(state, progress.heldBy) ? learned.get(progress.heldBy.moneyId) : undefined;
    if (!holder || isSamePayment(refOf(state, payment.moneyId), holder)) return [];
    return [{ ...payment, progress: { ...progress, heldBy: holder } }];
  });
}

/** A delivery that was kept back itself tells nothing here: what names it is decided again. */
function holderBeside(state: Subscription, { moneyId, result }: DeliveryResultInput): readonly (readonly [string, PaymentRef])[] {
  if ((result.kind !== 'sent' && result.kind !== 'failed') || result.holder === null) return [];
  return isSamePayment(refOf(state, moneyId), result.holder) ? [] : [[moneyId, result.holder]];
}

function refOf({ psp, id }: Subscription, moneyId: string): PaymentRef {
  return { psp, subscription: id, moneyId };
}
