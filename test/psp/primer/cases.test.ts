/** Payments whose metadata and types merchants and Primer write in unusual ways. */
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo } from '../../support/order-cases';

const day = 86_400_000;
const start = Date.UTC(2026, 8, 21, 9);
const trialEnd = start + 7 * day;
const nextEnd = trialEnd + 30 * day;
const text = (ms: number): string => new Date(ms).toISOString().replace('Z', '000');

type Fields = Readonly<Record<string, unknown>>;

function paid(id: string, at: number, amount: number, type: string, metadata: Fields, change: Fields = {}): ToldEvent {
  const payment = {
    id,
    date: text(at),
    status: amount === 0 ? 'AUTHORIZED' : 'SETTLED',
    amount,
    currencyCode: 'USD',
    paymentMethod: { paymentType: type },
    metadata: { user_id: 'u1', ...metadata },
    ...change,
  };
  return { atMs: at, body: { eventType: 'PAYMENT.STATUS', payment } };
}

const iteration = (nth: number, more: Fields = {}): Fields => ({ subs_id: 's1', subs_iteration: nth, ...more });
const trial = { purchase_type: 'paid_trial' };

describe('iterations that are counted from 0', () => {
  itComesTo('primer', 'have their conversion as UNSCHEDULED payments, too', {
    events: [
      paid('P0', start, 100, 'ECOMMERCE', iteration(0, trial)),
      paid('P1', trialEnd, 2000, 'UNSCHEDULED', iteration(1)),
      paid('P2', nextEnd, 2000, 'UNSCHEDULED', iteration(2)),
    ],
    right: { P0: 'trial_start 100', P1: 'conversion 2000', P2: 'renewal 2000' },
  });

  itComesTo('primer', 'have a renewal after a conversion that a discount paid', {
    events: [
      paid('P0', start, 100, 'FIRST_PAYMENT', iteration(0, trial)),
      paid('P1', trialEnd, 0, 'SUBSCRIPTION', iteration(1, trial)),
      paid('P2', nextEnd, 2000, 'SUBSCRIPTION', iteration(2, trial)),
    ],
    right: { P0: 'trial_start 100', P1: 'zero_amount', P2: 'renewal 2000' },
  });

  itComesTo('primer', 'also of a free trial', {
    events: [
      paid('P0', start, 0, 'FIRST_PAYMENT', iteration(0, { purchase_type: 'free_trial' })),
      paid('P1', trialEnd, 0, 'SUBSCRIPTION', iteration(1, { purchase_type: 'free_trial' })),
      paid('P2', nextEnd, 2000, 'SUBSCRIPTION', iteration(2, { purchase_type: 'free_trial' })),
    ],
    right: { P0: 'trial_start 0', P1: 'zero_amount', P2: 'renewal 2000' },
    isInTime: true,
  });
});

itComesTo('primer', 'a card that is replaced in a declared paid trial is no purchase', {
  events: [
    paid('P0', start, 100, 'FIRST_PAYMENT', { subscription_id: 's1', ...trial }),
    paid('C', start + day, 0, 'FIRST_PAYMENT', { subscription_id: 's1', ...trial }),
    paid('P1', trialEnd, 2000, 'SUBSCRIPTION', { subscription_id: 's1', ...trial }),
  ],
  right: { P0: 'trial_start 100', C: 'payment_method_change', P1: 'conversion 2000' },
});

itComesTo('primer', 'a customer may be a number, and a type in small letters', {
  events: [
    paid('P0', start, 2000, 'first_payment', {}, { customerId: 77 }),
    paid('P1', start + 30 * day, 2000, 'subscription', {}, { customerId: 77 }),
  ],
  right: { P0: 'conversion 2000', P1: 'renewal 2000' },
});

describe('transactions', () => {
  const transaction = (transactionType: string, amount: number | null): Fields => ({
    ...{ date: text(start + 1000), amount, transactionType, processorStatus: 'SETTLED' },
  });
  const once = { kind: 'conversion', subscription_id: 's1' };

  itComesTo('primer', 'without an amount do not matter where they are no refunds', {
    events: [paid('P0', start, 2000, 'ECOMMERCE', once, { transactions: [transaction('SALE', null)] })],
    right: { P0: 'conversion 2000' },
  });

  itComesTo('primer', 'with a minus sign give back as those without', {
    events: [
      {
        atMs: start,
        body: {
          ...{ eventType: 'PAYMENT.REFUND' },
          payment: {
            ...(paid('P0', start, 2000, 'ECOMMERCE', once).body as { payment: Fields }).payment,
            transactions: [transaction('REFUND', -2000)],
          },
        },
      },
      paid('P0', start, 2000, 'ECOMMERCE', once),
    ],
    right: { P0: 'refunded_before_sent' },
    isInTime: true,
  });
});

itComesTo('primer', 'lifetime products that one customer buys with a card that is saved are one-offs each', {
  events: ['P0', 'P1'].map((id, nth) =>
    paid(id, start + nth * day, 9900, 'FIRST_PAYMENT', { purchase_type: 'lifetime' }, { customerId: 'c1' }),
  ),
  right: { P0: 'conversion 9900', P1: 'conversion 9900' },
});
