/**
 * The tests that every provider's lifecycle shares: the sandbox plays a whole sale, its webhooks go through the adapter and the domain,
 * and the account is the same in every order of arrival and with every repetition.
 */
import type { Phase, PurchaseType, SubscriptionFact } from '../../src/domain/fact';
import { isPayment } from '../../src/domain/fact';
import type { Order } from './order-scenario';
import { accountOf, inTime, oneByOne, together } from './sale-scenarios';
import { orders } from './effort';

export const purchaseTypes: readonly PurchaseType[] = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];

/** The phases of a sale of each type with one renewal. */
export const phasesOf: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};

/** One webhook of the sandbox, as the adapter reads it. */
export interface LifecycleWebhook {
  /** The phase of the payment that it carries; `state` when it carries none. */
  readonly phase: Phase | 'state';
  readonly facts: readonly SubscriptionFact[];
}

export interface Lifecycle {
  readonly title: string;
  readonly type: PurchaseType;
  readonly phases: readonly Phase[];
  /** In the order in which the provider sends them. */
  readonly webhooks: readonly LifecycleWebhook[];
  /** The webhooks whose orders are all tried: six have 720. Without it, all payments and the first states, six in all. */
  readonly permuted?: readonly LifecycleWebhook[];
  readonly subscription?: string;
  /** Ends a wait of the order, where the provider's payments wait for a state. */
  readonly settle?: (order: Order) => Order;
}

const mostPermuted = 6;

export function describeLifecycles(lifecycles: readonly Lifecycle[]): void {
  describe.each(lifecycles.map((lifecycle) => [lifecycle.title, lifecycle] as const))('given a %s', (_, lifecycle) => {
    const { type, phases, webhooks, subscription = 'sub_1', settle = (order: Order) => order } = lifecycle;
    const arrived = (facts: LifecycleWebhook['facts'][]): Order => settle(oneByOne(facts, subscription));
    const inOrder = webhooks.map(({ facts }) => facts);
    const payments = webhooks.filter(({ phase }) => phase !== 'state');
    const states = webhooks.filter(({ phase }) => phase === 'state');
    const permuted = lifecycle.permuted ?? [...payments, ...states].slice(0, mostPermuted);

    it('when the sandbox plays it, then each phase comes once', () => {
      expect(payments.map(({ phase }) => phase)).toEqual(phases);
    });

    it('when the adapter reads it, then each phase has a payment of its own', () => {
      const moneyIds = inOrder
        .flat()
        .filter(isPayment)
        .map(({ moneyId }) => moneyId);
      expect(new Set(moneyIds).size).toBe(phases.length);
    });

    it('when its webhooks come in order, then each payment is sent once, in its phase', () => {
      const order = arrived(inOrder);
      expect(inTime(order).map((record) => [record.phase, record.purchaseType, record.state])).toEqual(
        phases.map((phase) => [phase, type, 'sent']),
      );
      expect(order.sent).toHaveLength(phases.length);
    });

    it('when its webhooks come in any order, then the account is the same', () => {
      const some = permuted.map(({ facts }) => facts);
      const expected = JSON.stringify(accountOf(arrived(some)));
      expect(expected).toBe(JSON.stringify(accountOf(arrived(inOrder))));
      const outcomesOf = (facts: LifecycleWebhook['facts'][]): string =>
        JSON.stringify(Object.entries(settle(together(facts, subscription)).outcomes()).sort());
      const outcomes = outcomesOf(some);
      for (const [nth, order] of orders(some).entries()) {
        // Decided together, each payment also has the same phase: that of the time at which it happened.
        expect(outcomesOf([...order])).toBe(outcomes);
        for (const arrivals of nth % 24 === 0 ? [order, [...order, ...order]] : [order])
          expect(JSON.stringify(accountOf(arrived([...arrivals])))).toBe(expected);
      }
    });

    it('when its webhooks come twice, then nothing changes', () => {
      const outcomes = arrived(inOrder).outcomes();
      expect(arrived([...inOrder, ...inOrder]).outcomes()).toEqual(outcomes);
      expect(arrived(inOrder.flatMap((facts) => [facts, facts])).outcomes()).toEqual(outcomes);
    });
  });
}
