import { customerType } from '../../src/domain/customer-type';
import type { Phase } from '../../src/domain/fact';
import type { PaymentRef } from '../../src/domain/purchase';

const order = { psp: 'stripe', subscription: 'sub_1' };
const holders: Readonly<Record<string, PaymentRef | null>> = {
  nobody: null,
  'a payment of this order': { ...order, moneyId: 'in_0' },
  'another order': { ...order, subscription: 'sub_0', moneyId: 'in_0' },
  'the order of that name at another provider': { ...order, psp: 'paddle', moneyId: 'in_0' },
  'a purchase of before': { psp: 'import', subscription: 'f6a3', moneyId: '2025-03-31T00:00:00.000Z' },
};

describe('customer_type', () => {
  it.each<[Phase | null, string, 'new' | 'returning']>([
    ['trial_start', 'nobody', 'new'],
    ['conversion', 'nobody', 'new'],
    ['renewal', 'nobody', 'returning'],
    ['trial_start', 'a payment of this order', 'new'],
    ['conversion', 'a payment of this order', 'new'],
    ['renewal', 'a payment of this order', 'returning'],
    ['trial_start', 'another order', 'returning'],
    ['conversion', 'another order', 'returning'],
    ['renewal', 'another order', 'returning'],
    ['conversion', 'the order of that name at another provider', 'returning'],
    ['trial_start', 'a purchase of before', 'returning'],
    ['conversion', 'a purchase of before', 'returning'],
    [null, 'a payment of this order', 'new'],
    [null, 'another order', 'returning'],
  ])('of a %s, when the first purchase is held by %s, is %s', (phase, holder, expected) => {
    expect(customerType({ ...order, phase }, holders[holder]!)).toBe(expected);
  });
});
