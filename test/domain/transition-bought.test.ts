/** What a delivery says of what was bought and of who came first. */
import type { BoughtItem } from '../../src/domain/fact';
import { migrate } from '../../src/domain/migrate';
import { lifecycle, limitOff, limitOn, FirstPurchases, Order, payment } from '../support/order-scenario';

const plan: BoughtItem = { id: 'plan_1', name: 'Premium', unitMinor: 1999 };
const other: BoughtItem = { id: 'plan_2', unitMinor: 2999 };
const asked = (order: Order) => order.underWay.at(-1);

describe('what a delivery says was bought', () => {
  it('is what the payment’s own event says', () => {
    const order = new Order().receives(
      lifecycle('began', 0, { bought: { items: [other] } }),
      payment('conversion', 'in_1', 0, { bought: [plan] }),
    );
    expect(asked(order)?.bought).toEqual([plan]);
  });

  it('is what a second event of the payment says, where the first does not', () => {
    const order = new Order().receives(
      payment('conversion', 'in_1', 0, { netMinor: 1500 }),
      payment('conversion', 'in_1', 0, { bought: [plan] }),
    );
    expect(asked(order)?.bought).toEqual([plan]);
  });

  it('is else what the subscription sells', () => {
    const order = new Order().receives(
      lifecycle('began', 0, { bought: { currency: 'USD', items: [plan] } }),
      payment('conversion', 'pay_1', 0),
    );
    expect(asked(order)?.bought).toEqual([plan]);
  });

  it.each([
    ['in another currency', 'EUR'],
    ['in no currency', undefined],
  ])('has no prices where those are %s', (_which, currency) => {
    const sold = { items: [plan], ...(currency === undefined ? {} : { currency }) };
    const order = new Order().receives(lifecycle('began', 0, { bought: sold }), payment('conversion', 'pay_1', 0));
    expect(asked(order)?.bought).toEqual([{ id: 'plan_1', name: 'Premium' }]);
  });

  it('is absent where nothing says it', () => {
    expect(asked(new Order().receives(payment('conversion', 'in_1', 0)))).not.toHaveProperty('bought');
  });

  it.each([
    ['in order', [0, 1, 2]],
    ['the other way round', [2, 1, 0]],
    ['mixed, and twice', [1, 2, 0, 1]],
  ])('follows the latest statement, arriving %s', (_how, arrival) => {
    const statements = [
      lifecycle('began', 0, { bought: { currency: 'USD', items: [plan] } }),
      lifecycle('price_changed', 1, { bought: { currency: 'USD', items: [other] } }),
      lifecycle('updated', 2),
    ];
    const order = new Order().receives(...arrival.map((index) => statements[index]!)).receives(payment('renewal', 'pay_9', 3));
    expect(asked(order)?.bought).toEqual([other]);
  });

  it.each([
    ['in order', [0, 1]],
    ['the other way round', [1, 0]],
  ])('keeps what an earlier statement said more of the same plan, arriving %s', (_how, arrival) => {
    const statements = [
      lifecycle('began', 0, { bought: { currency: 'USD', items: [plan] } }),
      lifecycle('updated', 1, { bought: { items: [{ id: 'plan_1', quantity: 3 }] } }),
    ];
    const order = new Order().receives(...arrival.map((index) => statements[index]!)).receives(payment('renewal', 'pay_9', 3));
    expect(asked(order)?.bought).toEqual([{ ...plan, quantity: 3 }]);
  });

  it('does not depend on the order of two statements of one moment', () => {
    const at = (items: readonly BoughtItem[]) => lifecycle('updated', 0, { bought: { currency: 'USD', items } });
    const boughtBy = (...facts: Parameters<Order['receives']>) =>
      asked(new Order().receives(...facts).receives(payment('renewal', 'pay_1', 1)))?.bought;
    expect(boughtBy(at([plan]), at([other]))).toEqual(boughtBy(at([other]), at([plan])));
  });

  it('outlives continue-as-new', () => {
    const order = new Order().receives(lifecycle('began', 0, { bought: { currency: 'USD', items: [plan] } }));
    order.state = migrate(JSON.parse(JSON.stringify(order.state)) as Parameters<typeof migrate>[0]);
    expect(asked(order.receives(payment('conversion', 'pay_1', 0)))?.bought).toEqual([plan]);
  });

  it('goes with an operator’s resend as well', () => {
    const order = new Order()
      .receives(payment('conversion', 'in_1', 0, { bought: [plan] }))
      .finish()
      .resend('in_1');
    expect(asked(order)?.bought).toEqual([plan]);
  });
});

describe('whom a delivery names as the holder of the first purchase', () => {
  const first = { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_1' };

  it('is nobody, before anything is known', () => {
    expect(asked(new Order().receives(payment('conversion', 'in_1', 0)))).not.toHaveProperty('knownHolder');
  });

  it('is the order’s own first payment, for its later ones', () => {
    const order = new Order()
      .receives(payment('conversion', 'in_1', 0))
      .finish()
      .receives(payment('renewal', 'in_2', 30));
    expect(asked(order)).toMatchObject({ claim: null, knownHolder: first });
  });

  it.each([
    ['off', limitOff],
    ['on', limitOn],
  ])('is the other order’s, once a delivery has learned it, with the limit %s', (_limit, settings) => {
    const users = new FirstPurchases();
    new Order('sub_1', users, settings).receives(payment('trial_start', 'in_1', 0, { inferredType: 'free_trial' })).finish();
    const order = new Order('sub_2', users, settings)
      .receives(payment('trial_start', 'in_7', 1, { inferredType: 'free_trial' }))
      .finish();
    order.receives(payment('conversion', 'in_8', 8, { inferredType: 'free_trial' }));
    expect(asked(order)).toMatchObject({ claim: null, knownHolder: first });
  });
});
