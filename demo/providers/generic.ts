import { genericEventsOf, signGeneric } from '../../sandbox/generic/webhooks';
import type { Provider } from '../provider';
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
    const webhooks = events.map(({ phase, event }) => {
      const { money_id: moneyId, occurred_at: occurredAt } = event as { money_id: string; occurred_at: string }; // of every payment
      const body = JSON.stringify(event);
      return {
        body,
        headers: { ...signGeneric(body, secret, `msg_${moneyId}`, Math.floor(nowMs / 1000)) },
        atMs: Date.parse(occurredAt),
        payment: { phase, moneyId },
      };
    });
    return { order: sale.type === 'lifetime' ? (webhooks[0]?.payment.moneyId ?? '') : sale.name, webhooks };
  },
};
