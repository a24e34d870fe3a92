/** The payment providers that the demo plays: how each tells a life, and what the service must know to believe it. */
import type { Phase, PurchaseType } from '../domain/fact';
import { genericLife, signGeneric } from '../sandbox/generic-webhooks';
import { intentId, invoiceId, signStripe, stripeLife } from '../sandbox/stripe-webhooks';

/** One provider. A new one is one more entry in `providers`. */
export interface Provider {
  /** As in `/webhooks/:psp`. */
  readonly name: string;
  /** The variables that switch it on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Each has another one, so that a mix-up shows. */
  readonly currency: string;
  /** All that the provider sends of one purchase, in its natural order, the noise included; signed as of `nowMs`. */
  life(sale: Sale, nowMs: number): Life;
}

/** Who buys what, in no provider's words. */
export interface Sale {
  readonly type: PurchaseType;
  /** Unlike any other; what a provider's ids are derived from. */
  readonly name: string;
  readonly userId: string;
  readonly checkoutId: string;
  readonly email: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly startMs: number;
  readonly currency: string;
  readonly amountMinor: number;
  readonly trialAmountMinor: number;
}

export interface Life {
  /** The subscription's id, or a one-off's money id. */
  readonly order: string;
  readonly webhooks: readonly Webhook[];
}

export interface Webhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for the noise: state, and what tells a payment again. */
  readonly payment: Payment | null;
}

export interface Payment {
  readonly phase: Phase;
  readonly moneyId: string;
  readonly atMs: number;
}

const stripeSecret = 'whsec_of_the_demo';
const genericSecret = `whsec_${Buffer.from('the secret of the demo’s own billing').toString('base64')}`;

const stripe: Provider = {
  name: 'stripe',
  environment: { STRIPE_WEBHOOK_SECRETS: stripeSecret },
  currency: 'USD',
  life(sale, nowMs) {
    const life = { ...sale, subscriptionId: `sub_${sale.name}`, customerId: `cus_${sale.name}` };
    const nextInvoice = counter();
    const moneyId = (): string => (sale.type === 'lifetime' ? intentId(life, 0) : invoiceId(life, nextInvoice()));
    return {
      order: sale.type === 'lifetime' ? intentId(life, 0) : life.subscriptionId,
      webhooks: stripeLife(life).map(({ phase, event }) => {
        const body = JSON.stringify(event);
        return {
          body,
          headers: { 'stripe-signature': signStripe(body, stripeSecret, Math.floor(nowMs / 1000)) },
          payment: phase === 'state' ? null : { phase, moneyId: moneyId(), atMs: event.created * 1000 },
        };
      }),
    };
  },
};

const generic: Provider = {
  name: 'generic',
  environment: { GENERIC_WEBHOOK_SECRETS: genericSecret },
  currency: 'EUR',
  life(sale, nowMs) {
    const events = genericLife({ ...sale, subscriptionId: sale.name });
    const webhooks = events.map(({ phase, event }) => {
      const { money_id: moneyId, occurred_at: occurredAt } = event as { money_id: string; occurred_at: string }; // of every payment
      const body = JSON.stringify(event);
      return {
        body,
        headers: { ...signGeneric(body, genericSecret, `msg_${moneyId}`, Math.floor(nowMs / 1000)) },
        payment: { phase, moneyId, atMs: Date.parse(occurredAt) },
      };
    });
    return { order: sale.type === 'lifetime' ? (webhooks[0]?.payment.moneyId ?? '') : sale.name, webhooks };
  },
};

export const providers: readonly Provider[] = [stripe, generic];

function counter(): () => number {
  let next = 0;
  return () => next++;
}
