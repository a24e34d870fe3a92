import { createHash } from 'node:crypto';
import { freeTrialMoneyId } from '../../src/domain/fact';
import { lemonsqueezyEventsOf, orderId, signLemonsqueezy } from '../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyEventBody } from '../../sandbox/lemonsqueezy/webhooks';
import type { Provider } from '../provider';

const secret = 'squeezed_in_the_demo';

export const lemonsqueezy: Provider = {
  name: 'lemonsqueezy',
  currency: 'BRL',
  freeTrialHasNoValue: true,
  environment: () => ({ LEMONSQUEEZY_WEBHOOK_SECRETS: secret }),
  soldAs: () => [{ id: '1', price: null }],
  webhooksOf(sale) {
    const number = numberOf(sale.name);
    const scenario = { ...sale, subscriptionId: number, customerId: numberOf(`customer ${sale.name}`) };
    return {
      order: sale.type === 'lifetime' ? `order_${orderId(scenario)}` : number,
      webhooks: lemonsqueezyEventsOf(scenario).map(({ phase, event, headers }) => {
        const body = JSON.stringify(event);
        return {
          body,
          headers: { ...headers, ...signLemonsqueezy(body, secret) },
          atMs: Date.parse(String(event.data.attributes.updated_at)),
          payment: phase === 'state' ? null : { phase, moneyId: moneyIdOf(event.data) },
        };
      }),
    };
  },
  remark: {
    text: 'a free trial’s start goes without value: its event names no currency',
  },
};

/** Orders and invoices are numbered alike; a free trial has neither. */
function moneyIdOf({ type, id }: LemonSqueezyEventBody['data']): string {
  if (type === 'subscriptions') return freeTrialMoneyId(id);
  return type === 'orders' ? `order_${id}` : `invoice_${id}`;
}

/** Its ids are numbers. */
function numberOf(name: string): string {
  return String(100_000_000 + (createHash('sha256').update(name).digest().readUInt32BE() % 900_000_000));
}
