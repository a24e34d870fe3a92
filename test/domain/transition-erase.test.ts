import type { UserKey } from '../../src/domain/identity';
import { accepted, limitOn, Order, payment, FirstPurchases } from '../support/order-scenario';

const own: UserKey = { kind: 'order', hmac: 'hmac-of-the-order' };
const person: UserKey = { kind: 'user_id', hmac: 'hmac-of-u1' };

function erased(firstPurchases = new FirstPurchases()): Order {
  const order = new Order('sub_1', firstPurchases, limitOn, { userKeys: [person, own] })
    .receives(payment('conversion', 'in_1', 0))
    .finish();
  return order.applies([{ kind: 'erase' }]);
}

describe('after an erasure', () => {
  it('an order has only its own identifier', () => {
    expect(erased().state.userKeys).toEqual([own]);
  });

  it('what was sent stays sent, and nothing is to be done', () => {
    const order = erased();
    expect(order.outcomes()).toEqual({ in_1: 'conversion sent' });
    expect(order.underWay).toEqual([]);
    expect(order.records()['in_1']?.revision).toBe(2);
  });

  it('what is sent again names nobody', () => {
    const order = erased().resend('in_1');
    expect(order.underWay.map(({ userKeys }) => userKeys)).toEqual([[own]]);
    order.finish(accepted);
  });

  it('a repetition is done once', () => {
    const order = erased();
    const { state } = order;
    expect(order.applies([{ kind: 'erase' }]).state).toEqual(state);
  });
});
