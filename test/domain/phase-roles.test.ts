/** What overrides inference: the map price → role, and `purchase_type` in metadata over both (product.md, section 5). */
import type { PaymentKind, PriceRole, PurchaseType } from '../../src/domain/fact';
import { lifecycle, Order, payment } from '../support/order-scenario';

type Outcome = readonly [PurchaseType, string];

/** Purchase type, then phase with state and reason, of the only payment of an order. */
function outcomeOf(order: Order): Outcome {
  const record = Object.values(order.records())[0]!;
  return [record.purchaseType, order.outcomes()[record.moneyId]!];
}

describe('a price’s role overrides what the provider’s event says', () => {
  const trialStart: Outcome = ['paid_trial', 'trial_start sent'];
  const subscriptionStart: Outcome = ['subscription', 'conversion sent'];
  const oldRenewal: Outcome = ['subscription', 'renewal sent'];
  const oneOff: Outcome = ['lifetime', 'conversion sent'];
  const addOn: Outcome = ['subscription', 'not_a_purchase ignored_price'];

  it.each<[PriceRole | undefined, PaymentKind, Outcome]>([
    [undefined, 'trial_start', trialStart],
    [undefined, 'conversion', subscriptionStart],
    [undefined, 'renewal', oldRenewal],
    [undefined, 'one_off', oneOff],
    ['trial', 'trial_start', trialStart],
    ['trial', 'conversion', trialStart],
    ['trial', 'renewal', trialStart],
    ['trial', 'one_off', oneOff],
    ['regular', 'trial_start', subscriptionStart],
    ['regular', 'conversion', subscriptionStart],
    ['regular', 'renewal', oldRenewal],
    ['regular', 'one_off', oneOff],
    ['lifetime', 'trial_start', oneOff],
    ['lifetime', 'conversion', oneOff],
    ['lifetime', 'renewal', oneOff],
    ['lifetime', 'one_off', oneOff],
    ['ignore', 'trial_start', addOn],
    ['ignore', 'conversion', addOn],
    ['ignore', 'renewal', addOn],
    ['ignore', 'one_off', addOn],
  ])('role %s, named %s: %j', (role, kind, outcome) => {
    const order = new Order().receives(payment(kind, 'in_1', 0, role === undefined ? {} : { role })).finish();
    expect(outcomeOf(order)).toEqual(outcome);
  });

  it.each<[PriceRole, string]>([
    ['trial', 'not_a_purchase proration'],
    ['regular', 'not_a_purchase proration'],
    ['lifetime', 'not_a_purchase proration'],
    ['ignore', 'not_a_purchase ignored_price'],
  ])('a charge that is no purchase stays one: role %s', (role, outcome) => {
    const order = new Order().receives(payment('other_charge', 'in_1', 0, { role, otherCharge: 'proration' })).finish();
    expect(order.outcomes()['in_1']).toBe(outcome);
  });

  it('and over what its adapter took the sale for', () => {
    const order = new Order()
      .receives(payment('conversion', 'in_1', 0, { role: 'trial', inferredType: 'subscription' }))
      .finish();
    expect(outcomeOf(order)).toEqual(trialStart);
  });

  it('a free trial’s zero invoice stays the trial start, though its line has the regular price', () => {
    const order = new Order().receives(payment('trial_start', 'in_0', 0, { amountMinor: 0, role: 'regular' })).finish();
    expect(outcomeOf(order)).toEqual(['free_trial', 'trial_start sent']);
  });

  it('a trial’s price, then the regular one, both named renewal: trial start and conversion', () => {
    const order = new Order().receives(payment('renewal', 'in_0', 0, { role: 'trial', amountMinor: 100 })).finish();
    order
      .receives(payment('renewal', 'in_1', 7, { role: 'regular' }), payment('renewal', 'in_2', 37, { role: 'regular' }))
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent', in_2: 'renewal sent' });
    expect(order.records()['in_1']?.purchaseType).toBe('paid_trial');
  });

  it('an add-on beside a subscription changes neither its type nor its phases', () => {
    const order = new Order().receives(
      payment('trial_start', 'in_0', 0, { amountMinor: 0 }),
      payment('renewal', 'in_a', 1, { role: 'ignore', inferredType: 'paid_trial' }),
      payment('renewal', 'in_1', 7),
    );
    expect(order.finish().outcomes()).toEqual({
      in_0: 'trial_start sent',
      in_a: 'not_a_purchase ignored_price',
      in_1: 'conversion sent',
    });
    expect(order.records()['in_1']?.purchaseType).toBe('free_trial');
  });
});

describe('purchase_type in metadata overrides inference and roles', () => {
  it.each<[PurchaseType, PaymentKind, Partial<Parameters<typeof payment>[3]>, Outcome]>([
    ['subscription', 'conversion', {}, ['subscription', 'conversion sent']],
    ['subscription', 'trial_start', {}, ['subscription', 'conversion sent']],
    ['subscription', 'conversion', { role: 'trial' }, ['subscription', 'conversion sent']],
    ['subscription', 'renewal', {}, ['subscription', 'renewal sent']],
    ['paid_trial', 'trial_start', {}, ['paid_trial', 'trial_start sent']],
    ['paid_trial', 'conversion', { occasion: 'start' }, ['paid_trial', 'trial_start sent']],
    ['paid_trial', 'conversion', {}, ['paid_trial', 'conversion sent']],
    ['paid_trial', 'renewal', {}, ['paid_trial', 'renewal sent']],
    ['free_trial', 'trial_start', { amountMinor: 0 }, ['free_trial', 'trial_start sent']],
    ['free_trial', 'trial_start', { amountMinor: 100 }, ['free_trial', 'trial_start sent']],
    ['free_trial', 'conversion', { occasion: 'start' }, ['free_trial', 'conversion sent']],
    ['lifetime', 'conversion', {}, ['lifetime', 'conversion sent']],
    ['lifetime', 'renewal', {}, ['lifetime', 'conversion sent']],
    ['lifetime', 'one_off', {}, ['lifetime', 'conversion sent']],
    ['lifetime', 'conversion', { role: 'regular' }, ['lifetime', 'conversion sent']],
  ])('%s, named %s, %j: %j', (declaredType, kind, more, outcome) => {
    const order = new Order().receives(payment(kind, 'in_1', 0, { declaredType, ...more })).finish();
    expect(outcomeOf(order)).toEqual(outcome);
  });

  it('also when only the subscription’s metadata say it', () => {
    const order = new Order().receives(
      lifecycle('began', 0, { declaredType: 'paid_trial' }),
      payment('conversion', 'in_1', 0, { occasion: 'start' }),
    );
    expect(outcomeOf(order.finish())).toEqual(['paid_trial', 'trial_start sent']);
  });

  it('the payment’s own metadata win over the subscription’s', () => {
    const declared = lifecycle('began', 0, { declaredType: 'lifetime' });
    const order = new Order().receives(
      declared,
      payment('trial_start', 'in_0', 0, { amountMinor: 0, declaredType: 'free_trial' }),
    );
    expect(outcomeOf(order.finish())).toEqual(['free_trial', 'trial_start sent']);
  });

  it('state facts that disagree are settled alike in either order', () => {
    const [a, b] = [
      lifecycle('began', 0, { declaredType: 'paid_trial' }),
      lifecycle('updated', 1, { declaredType: 'subscription' }),
    ];
    const type = (...facts: (typeof a)[]): string =>
      new Order().receives(...facts, payment('conversion', 'in_1', 0)).records()['in_1']!.purchaseType;
    expect(type(a, b)).toBe(type(b, a));
  });
});

describe('without a declaration by the merchant', () => {
  it.each<[string, Parameters<Order['receives']>, PurchaseType]>([
    [
      'a trial start that cost nothing makes a free trial',
      [payment('trial_start', 'in_0', 0, { amountMinor: 0 }), payment('renewal', 'in_1', 7)],
      'free_trial',
    ],
    [
      'a trial start that cost something makes a paid trial',
      [payment('trial_start', 'in_0', 0), payment('renewal', 'in_1', 7)],
      'paid_trial',
    ],
    [
      'a paid trial that a coupon made free stays one, where the adapter says so',
      [payment('trial_start', 'in_0', 0, { amountMinor: 0, inferredType: 'paid_trial' }), payment('renewal', 'in_1', 7)],
      'paid_trial',
    ],
    [
      'a state fact with a paid trial makes a paid trial',
      [lifecycle('updated', 0, { trials: [{ kind: 'paid' }] }), payment('renewal', 'in_1', 7)],
      'paid_trial',
    ],
    [
      'a state fact with a trial makes a free trial',
      [lifecycle('updated', 0, { trials: [{}] }), payment('renewal', 'in_1', 7)],
      'free_trial',
    ],
    [
      'the adapter’s guess counts where nothing else is known',
      [payment('renewal', 'in_1', 7, { inferredType: 'paid_trial' })],
      'paid_trial',
    ],
    ['otherwise it is a plain subscription', [payment('renewal', 'in_1', 7)], 'subscription'],
    ['what is paid once is for a lifetime', [payment('one_off', 'in_1', 0, { inferredType: 'subscription' })], 'lifetime'],
  ])('%s', (_rule, facts, type) => {
    expect(new Order().receives(...facts).records()['in_1']?.purchaseType).toBe(type);
  });
});

describe('a payment that names no price has the role of the plan of its time', () => {
  type Plan = readonly [atDay: number, role: PriceRole | null];

  it.each<[string, readonly Plan[], readonly number[]]>([
    ['which never changed', [[0, 'ignore']], [1, 11, 21]],
    ['which has none', [[0, null]], []],
    [
      'not of a later one',
      [
        [0, null],
        [10, 'ignore'],
      ],
      [11, 21],
    ],
    [
      'not of an earlier one',
      [
        [0, 'ignore'],
        [10, null],
      ],
      [1],
    ],
    [
      'also when it comes back',
      [
        [0, 'ignore'],
        [10, null],
        [20, 'ignore'],
      ],
      [1, 21],
    ],
    [
      'of the first that is known, if that is a later one',
      [
        [10, 'ignore'],
        [20, null],
      ],
      [1, 11],
    ],
    [
      'of none where two are said at a time',
      [
        [0, 'ignore'],
        [0, null],
      ],
      [],
    ],
  ])('%s', (_, plans, ignored) => {
    const payments = [1, 11, 21].map((atDay) => payment('renewal', `in_${atDay}`, atDay));
    const states = plans.map(([atDay, planRole]) => lifecycle('updated', atDay, { planRole }));
    for (const facts of [
      [...states, ...payments],
      [...[...states].reverse(), ...payments],
      [...payments, ...states],
    ]) {
      const outcomes = Object.entries(new Order().receives(...facts).outcomes());
      const isIgnored = outcomes.filter(([, outcome]) => outcome === 'not_a_purchase ignored_price');
      expect(isIgnored.map(([moneyId]) => moneyId)).toEqual(ignored.map((atDay) => `in_${atDay}`));
    }
  });
});
