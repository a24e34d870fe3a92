import { genericEventsOf, signGeneric } from '../../sandbox/generic/webhooks';
import type { Phase } from '../../src/domain/fact';
import type { Provider, Webhook } from '../provider';
import { priceOf } from '../provider';

const secret = `whsec_${Buffer.from('the secret of the demo’s own billing').toString('base64')}`;

export const generic: Provider = {
  name: 'generic',
  currency: 'EUR',
  environment: () => ({ GENERIC_WEBHOOK_SECRETS: secret }),
  soldAs: (sale) => [{ id: 'premium', price: priceOf(sale) }],
  webhooksOf(sale, nowMs) {
    const events = genericEventsOf({
      ...sale,
      subscriptionId: sale.name,
      items: [{ id: 'premium', name: 'Premium', price: priceOf(sale) }],
    });
    const webhooks = events.map(({ phase, event }) => genericWebhook(event, nowMs, phase));
    return { order: sale.type === 'lifetime' ? (webhooks[0]?.payment?.moneyId ?? '') : sale.name, webhooks };
  },
};

/** One event, signed as of `nowMs`. `phase`: of the payment that it tells; null where it tells none. */
export function genericWebhook(event: Readonly<Record<string, unknown>>, nowMs: number, phase: Phase | null = null): Webhook {
  // Texts, in every event of the demo.
  const { kind = '', money_id: moneyId, occurred_at: occurredAt = '' } = event as Readonly<Record<string, string>>;
  const id = `${kind}_${moneyId ?? occurredAt}`;
  const body = JSON.stringify(event);
  return {
    body,
    headers: { ...signGeneric(body, secret, id, Math.floor(nowMs / 1000)) },
    atMs: Date.parse(occurredAt),
    payment: phase === null || moneyId === undefined ? null : { phase, moneyId },
  };
}
