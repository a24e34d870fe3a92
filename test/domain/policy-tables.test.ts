/** Both tables of product.md, section 2, cell by cell: what is observed at TikTok's end. */
import type { Phase, PurchaseType, SubscriptionFact } from '../../src/domain/fact';
import { phases, purchaseTypes } from '../../src/domain/fact';
import { cellOf } from '../../src/domain/policy';
import type { DecidingSettings } from '../../src/domain/settings';
import { lifecycle, limitOff, limitOn, Order, payment, t0, day } from '../support/order-scenario';

const trial = { startsAtMs: t0, endsAtMs: t0 + 7 * day };

/** A life of each type, with one payment in each phase that the type has. */
const lives: Record<
  PurchaseType,
  { readonly facts: readonly SubscriptionFact[]; readonly moneyIds: Partial<Record<Phase, string>> }
> = {
  subscription: {
    facts: [lifecycle('began', 0, { trials: [] }), payment('conversion', 'in_1', 0), payment('renewal', 'in_2', 30)],
    moneyIds: { conversion: 'in_1', renewal: 'in_2' },
  },
  free_trial: {
    facts: [
      lifecycle('began', 0, { trials: [{ kind: 'free', ...trial }] }),
      payment('trial_start', 'in_0', 0, { amountMinor: 0 }),
      payment('conversion', 'in_1', 7),
      payment('renewal', 'in_2', 37),
    ],
    moneyIds: { trial_start: 'in_0', conversion: 'in_1', renewal: 'in_2' },
  },
  paid_trial: {
    facts: [
      lifecycle('began', 0, { trials: [{ kind: 'paid', ...trial }] }),
      payment('trial_start', 'in_0', 0, { amountMinor: 100 }),
      payment('conversion', 'in_1', 7),
      payment('renewal', 'in_2', 37),
    ],
    moneyIds: { trial_start: 'in_0', conversion: 'in_1', renewal: 'in_2' },
  },
  lifetime: { facts: [payment('one_off', 'pi_1', 0)], moneyIds: { conversion: 'pi_1' } },
};

const Purchase = 'CompletePayment';
const none = null;

/** As product.md draws them; `undefined` where a type has no such phase. */
const tables: readonly (readonly [
  PurchaseType,
  Phase,
  { readonly off: string | null; readonly on: string | null } | undefined,
])[] = [
  ['subscription', 'trial_start', undefined],
  ['subscription', 'conversion', { off: Purchase, on: Purchase }],
  ['subscription', 'renewal', { off: Purchase, on: none }],
  ['free_trial', 'trial_start', { off: Purchase, on: Purchase }],
  ['free_trial', 'conversion', { off: Purchase, on: Purchase }],
  ['free_trial', 'renewal', { off: Purchase, on: none }],
  ['paid_trial', 'trial_start', { off: Purchase, on: Purchase }],
  ['paid_trial', 'conversion', { off: Purchase, on: none }],
  ['paid_trial', 'renewal', { off: Purchase, on: none }],
  ['lifetime', 'trial_start', undefined],
  ['lifetime', 'conversion', { off: Purchase, on: Purchase }],
  ['lifetime', 'renewal', undefined],
];

const deliveries = ['one by one', 'one by one, TikTok slow', 'all at once'] as const;

function play(type: PurchaseType, settings: DecidingSettings, how: (typeof deliveries)[number]): Order {
  const order = new Order('sub_1', undefined, settings);
  const { facts } = lives[type];
  if (how === 'all at once') return order.receives(...facts).finish();
  for (const fact of facts) {
    order.receives(fact);
    if (how === 'one by one') order.finish();
  }
  return order.finish();
}

function toldToTikTok(order: Order, moneyId: string | undefined): string | null {
  const sent = order.sent.filter(({ record }) => record.moneyId === moneyId);
  expect(sent.length).toBeLessThanOrEqual(1);
  return sent[0]?.record.eventName ?? null;
}

describe.each(deliveries)('the tables of what is sent, reported %s', (how) => {
  const cells = tables.flatMap(([type, phase, cell]) => (cell ? [{ type, phase, ...cell }] : []));

  it.each(cells)('$type, $phase: $off; with the limit on: $on', ({ type, phase, off, on }) => {
    const moneyId = lives[type].moneyIds[phase];
    expect(toldToTikTok(play(type, limitOff, how), moneyId)).toBe(off);
    expect(toldToTikTok(play(type, limitOn, how), moneyId)).toBe(on);
  });

  it.each(cells)('$type, $phase: the record says the same', ({ type, phase, off, on }) => {
    const moneyId = lives[type].moneyIds[phase] ?? '';
    const shown = (sent: string | null): object =>
      sent === null
        ? { purchaseType: type, phase, state: 'suppressed', reason: 'limited', requestId: null }
        : { purchaseType: type, phase, state: 'sent', reason: null, requestId: 'req_1' };
    expect(play(type, limitOff, how).records()[moneyId]).toMatchObject(shown(off));
    expect(play(type, limitOn, how).records()[moneyId]).toMatchObject(shown(on));
  });
});

describe('the tables of what is sent', () => {
  it('have a cell for exactly the phases that a purchase type has', () => {
    const all = purchaseTypes.flatMap((type) =>
      phases.map((phase) => [type, phase, cellOf(limitOff.policy, type, phase) !== undefined]),
    );
    expect(all).toEqual(tables.map(([type, phase, cell]) => [type, phase, cell !== undefined]));
  });

  it.each(purchaseTypes)('send every event of %s under the name that the setting says', (type) => {
    const order = play(type, { ...limitOff, eventName: 'Purchase' }, 'one by one');
    expect(new Set(order.sent.map(({ record }) => record.eventName))).toEqual(new Set(['Purchase']));
  });

  it('send a free trial’s start with value 0, and what was charged for the rest', () => {
    const values = play('free_trial', limitOff, 'one by one').sent.map(({ record }) => record.value);
    expect(values).toEqual([
      { amountMinor: 0, currency: 'USD' },
      { amountMinor: 1999, currency: 'USD' },
      { amountMinor: 1999, currency: 'USD' },
    ]);
  });
});
