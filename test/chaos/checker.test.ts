/** The checker finds what it is there for: each of its findings is provoked once in an account that is otherwise right. */
import { check, wasCorrected, type CountedEvent, type Evidence, type SeenRecord } from '../../chaos/checker';
import { type Rules, rulesByVersion, verdict } from '../../chaos/model';

const off: Rules = { limit: false, off: new Set(), names: new Map() };
const limited: Rules = { ...off, limit: true };

function record(change: Partial<SeenRecord> = {}): SeenRecord {
  return {
    psp: 'stripe',
    subscription: 'sub_1',
    moneyId: 'in_1',
    purchaseType: 'subscription',
    phase: 'conversion',
    state: 'sent',
    reason: null,
    heldBy: null,
    eventId: 'checkout_1',
    eventName: 'CompletePayment',
    amount: '9.99',
    chargedCurrency: 'USD',
    settingsVersion: 1,
    requestId: 'r1',
    ...change,
  };
}

const renewal = record({ moneyId: 'in_2', phase: 'renewal', eventId: 'stripe:in_2', requestId: 'r2' });
const keptBack = record({
  ...{ moneyId: 'in_3', phase: 'renewal', eventId: 'stripe:in_3', requestId: null, settingsVersion: 2 },
  ...{ state: 'suppressed', reason: 'limited' },
});

function evidence({ records = [record(), renewal, keptBack], ...change }: Partial<Evidence> = {}): Evidence {
  const payment = (moneyId: string, phase: 'conversion' | 'renewal') => ({ moneyId, phase, amount: '9.99', currency: 'USD' });
  return {
    charged: [
      {
        ...{ psp: 'stripe', order: 'sub_1', type: 'subscription', userId: 'anna' },
        payments: [payment('in_1', 'conversion'), payment('in_2', 'renewal'), payment('in_3', 'renewal')],
      },
    ],
    records,
    workflows: new Map([['stripe sub_1', records]]),
    events: [counted('checkout_1'), counted('stripe:in_2')],
    rules: new Map([
      [1, off],
      [2, limited],
    ]),
    firstPurchases: new Map([['anna', { psp: 'stripe', moneyId: 'in_1' }]]),
    reported: new Map([['stripe USD', { count: 3, amount: '29.97' }]]),
    ...change,
  };
}

function counted(eventId: string, fate = 'counted'): CountedEvent {
  return { eventId, eventName: 'CompletePayment', fate };
}

it('finds nothing where all accounts agree', () => {
  expect(check(evidence({ events: [counted('checkout_1'), counted('checkout_1', 'merged'), counted('stripe:in_2')] }))).toEqual(
    [],
  );
});

it.each<[string, Evidence, readonly string[]]>([
  ['a payment without a record', evidence({ records: [record(), keptBack] }), ['lost', 'unexplained']],
  [
    'a record that nobody paid',
    evidence({ records: [record(), renewal, keptBack, record({ moneyId: 'in_9', state: 'suppressed', reason: 'policy' })] }),
    ['unexplained'],
  ],
  ['two records of one payment', evidence({ records: [record(), renewal, keptBack, renewal] }), ['unexplained', 'lost']],
  ['another amount', evidence({ records: [record({ amount: '9.90' }), renewal, keptBack] }), ['unexplained']],
  ['a payment of another order', evidence({ records: [record({ subscription: 'sub_2' }), renewal, keptBack] }), ['unexplained']],
  [
    'an event counted twice',
    evidence({ events: [counted('checkout_1'), counted('checkout_1'), counted('stripe:in_2')] }),
    ['counted_twice'],
  ],
  [
    'a sent purchase that TikTok does not know',
    evidence({ events: [counted('checkout_1'), counted('stripe:in_2', 'refused')] }),
    ['lost'],
  ],
  [
    'an event of a purchase that was kept back',
    evidence({ events: [...evidence().events, counted('stripe:in_3')] }),
    ['unexplained'],
  ],
  ['an event of nobody', evidence({ events: [...evidence().events, counted('stripe:in_9')] }), ['unexplained']],
  [
    'a purchase that waits for ever',
    evidence({ records: [record(), { ...renewal, state: 'pending' }, keptBack] }),
    ['stuck', 'unexplained'],
  ],
  [
    'a renewal sent under the limit',
    evidence({ records: [record(), { ...renewal, settingsVersion: 2 }, keptBack] }),
    ['unexplained'],
  ],
  [
    'a purchase kept back for no reason',
    evidence({ records: [record(), renewal, { ...keptBack, settingsVersion: 1 }] }),
    ['unexplained'],
  ],
  ['a wrong reason', evidence({ records: [record(), renewal, { ...keptBack, reason: 'policy' }] }), ['unexplained']],
  ['settings that nobody saved', evidence({ records: [record({ settingsVersion: 7 }), renewal, keptBack] }), ['unexplained']],
  [
    'a first purchase that was not sent',
    evidence({ firstPurchases: new Map([['anna', { psp: 'stripe', moneyId: 'in_3' }]]) }),
    ['unexplained'],
  ],
  ['two conversions', evidence({ records: [record(), { ...renewal, phase: 'conversion' }, keptBack] }), ['unexplained']],
  [
    'a workflow that knows otherwise',
    evidence({ workflows: new Map([['stripe sub_1', [record({ state: 'pending' }), renewal, keptBack]]]) }),
    ['disagreeing'],
  ],
  ['a workflow that gives no answer', evidence({ workflows: new Map([['stripe sub_1', null]]) }), ['stuck']],
  ['an order without a workflow', evidence({ workflows: new Map() }), ['lost']],
  [
    'a report that is a cent off',
    evidence({ reported: new Map([['stripe USD', { count: 3, amount: '29.96' }]]) }),
    ['unexplained'],
  ],
])('finds %s', (_, given, kinds) => {
  const found = check(given).map(({ kind }) => kind);
  expect(found).toEqual(expect.arrayContaining([...kinds]));
});

it('takes what was sent before its trial was known for what it was then, but nothing that the limit forbids', () => {
  const rules = (limit: boolean) => new Map([[1, { limit, off: new Set(['free_trial.renewal']), names: new Map() }]]);
  const sent = renewal;
  const asTrial = (limit: boolean): Evidence => {
    const given = evidence({ rules: rules(limit) });
    return { ...given, records: [{ ...sent, purchaseType: 'free_trial' }] };
  };
  expect(wasCorrected(asTrial(false), asTrial(false).records[0]!)).toBe(true);
  expect(wasCorrected(asTrial(true), asTrial(true).records[0]!)).toBe(false);
});

it('takes a paid trial for a free one until its payment is known', () => {
  const rules = new Map([[1, { limit: false, off: new Set(['paid_trial.renewal', 'subscription.renewal']), names: new Map() }]]);
  const given = evidence({ rules });
  const wasSent = (purchaseType: SeenRecord['purchaseType']) => wasCorrected(given, { ...renewal, purchaseType });
  // The conversion's cell is on: what was taken for the first payment is sent.
  expect([wasSent('paid_trial'), wasSent('subscription')]).toEqual([true, true]);
  const all = new Set(['paid_trial.renewal', 'paid_trial.conversion', 'subscription.renewal', 'subscription.conversion']);
  const free = evidence({ rules: new Map([[1, { ...off, off: all }]]) });
  expect(wasCorrected(free, { ...renewal, purchaseType: 'paid_trial' })).toBe(true);
  expect(wasCorrected(free, { ...renewal, purchaseType: 'subscription' })).toBe(false);
});

it('takes the user’s first purchase for a reason to keep back, and no other, not even one of the order itself that was sent', () => {
  const other = record({
    ...{ psp: 'paddle', subscription: 'sub_2', moneyId: 'txn_1' },
    eventId: 'paddle:txn_1',
    requestId: 'r9',
  });
  const held = (heldBy: Pick<SeenRecord, 'psp' | 'subscription' | 'moneyId'>): Evidence => {
    const trial = record({ moneyId: 'in_1', purchaseType: 'paid_trial', phase: 'trial_start' });
    const conversion = {
      ...keptBack,
      ...({ moneyId: 'in_2', purchaseType: 'paid_trial', phase: 'conversion', heldBy } as const),
    };
    const records = [trial, conversion, other];
    const payment = (moneyId: string, phase: 'trial_start' | 'conversion') => ({
      moneyId,
      phase,
      amount: '9.99',
      currency: 'USD',
    });
    const anna = { userId: 'anna', payments: [] };
    return evidence({
      records,
      charged: [
        {
          ...{ ...anna, psp: 'stripe', order: 'sub_1', type: 'paid_trial' },
          payments: [payment('in_1', 'trial_start'), payment('in_2', 'conversion')],
        },
        { ...{ ...anna, psp: 'paddle', order: 'sub_2', type: 'subscription' }, payments: [payment('txn_1', 'conversion')] },
      ],
      events: [counted('checkout_1'), counted('paddle:txn_1')],
      workflows: new Map([
        ['stripe sub_1', [trial, conversion]],
        ['paddle sub_2', [other]],
      ]),
      firstPurchases: new Map([['anna', { psp: 'paddle', moneyId: 'txn_1' }]]),
      reported: new Map([
        ['stripe USD', { count: 2, amount: '19.98' }],
        ['paddle USD', { count: 1, amount: '9.99' }],
      ]),
    });
  };
  expect(check(held(other))).toEqual([]);
  for (const [subscription, moneyId] of [
    ['sub_1', 'in_1'],
    ['sub_3', 'in_9'],
  ] as const)
    expect(check(held({ psp: 'stripe', subscription, moneyId }))).toMatchObject([
      { kind: 'unexplained', of: 'stripe sub_1 in_2' },
    ]);
});

describe('the model', () => {
  it.each([
    ['subscription', 'conversion', true, 'sent'],
    ['subscription', 'conversion', false, 'suppressed'],
    ['subscription', 'renewal', true, 'suppressed'],
    ['free_trial', 'trial_start', false, 'sent'],
    ['free_trial', 'conversion', false, 'sent'],
    ['free_trial', 'renewal', true, 'suppressed'],
    ['paid_trial', 'trial_start', true, 'sent'],
    ['paid_trial', 'conversion', false, 'suppressed'],
    ['lifetime', 'conversion', true, 'sent'],
  ] as const)('with the limit on: a %s’s %s, first %s, is %s', (type, phase, isFirst, state) => {
    expect(verdict(limited, type, phase, isFirst).state).toBe(state);
    expect(verdict(off, type, phase, isFirst).state).toBe('sent');
  });

  it('reads each version of the settings from what it changed', () => {
    const rules = rulesByVersion([
      { version: 3, changes: [{ path: 'limitPurchaseEvents', to: false }] },
      {
        version: 2,
        changes: [
          { path: 'limitPurchaseEvents', to: true },
          { path: 'policy.lifetime.conversion.send', to: false },
        ],
      },
      {
        version: 4,
        changes: [
          { path: 'policy.lifetime.conversion.send', to: true },
          { path: 'policy.lifetime.conversion.eventName', to: 'Once' },
        ],
      },
    ]);
    expect([...rules].map(([version, { limit }]) => [version, limit])).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [4, false],
    ]);
    expect(verdict(rules.get(3)!, 'lifetime', 'conversion', true)).toEqual({ state: 'suppressed', reasons: ['policy'] });
    expect(verdict(rules.get(4)!, 'lifetime', 'conversion', true)).toEqual({ state: 'sent', eventName: 'Once' });
  });
});
