/** What an operator may say per cell: whether, under which name, with what value; and the presets that ship. */
import type { Cell, Policy } from '../../src/domain/policy';
import { cellOf, presets } from '../../src/domain/policy';
import type { PurchaseType } from '../../src/domain/fact';
import type { DecidingSettings } from '../../src/domain/settings';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import { limitOff, limitOn, Order, payment } from '../support/order-scenario';

const version = 3;

function settingsWith(type: PurchaseType, phase: string, cell: Cell): DecidingSettings {
  const policy = { ...limitOff.policy, [type]: { ...limitOff.policy[type], [phase]: cell } };
  return { ...limitOff, version, policy };
}

/** A paid trial in all three phases. */
function paidTrial(settings: DecidingSettings): Order {
  const facts = [
    payment('trial_start', 'in_0', 0, { amountMinor: 100, netMinor: 84, regularMinor: 1999 }),
    payment('conversion', 'in_1', 7, { netMinor: 1680 }),
    payment('renewal', 'in_2', 37),
  ];
  return new Order('sub_1', undefined, settings).receives(...facts).finish();
}

describe('a preset', () => {
  const free = payment('trial_start', 'in_0', 0, { amountMinor: 0 });
  const life = [free, payment('conversion', 'in_1', 7), payment('renewal', 'in_2', 37), payment('renewal', 'in_3', 67)];

  it.each([
    ['default', ['CompletePayment', 'CompletePayment', 'CompletePayment', 'CompletePayment']],
    ['limited', ['CompletePayment', 'CompletePayment', null, null]],
    ['renewals_off', ['CompletePayment', 'CompletePayment', null, null]],
    [
      'renewals_as_custom_event',
      ['CompletePayment', 'CompletePayment', 'RecurringSubscriptionPayment', 'RecurringSubscriptionPayment'],
    ],
    ['split', ['StartTrial', 'Purchase', 'Subscribe', 'Subscribe']],
  ] as const)('%s tells TikTok of a free trial, its conversion and two renewals: %j', (name, sent) => {
    const settings = decidingSettings({ ...defaultSettings, ...presets[name], version });
    const order = new Order('sub_1', undefined, settings).receives(...life).finish();
    const names = life.map(
      ({ moneyId }) => order.sent.find(({ record }) => record.moneyId === moneyId)?.record.eventName ?? null,
    );
    expect(names).toEqual(sent);
  });

  it('says why a renewal is kept back: by the policy, or by the limit', () => {
    const play = (name: 'limited' | 'renewals_off'): Order =>
      new Order('sub_1', undefined, decidingSettings({ ...defaultSettings, ...presets[name], version }))
        .receives(...life)
        .finish();
    expect(play('limited').outcomes()['in_2']).toBe('renewal suppressed limited');
    expect(play('renewals_off').outcomes()['in_2']).toBe('renewal suppressed policy');
  });

  it.each(Object.entries(presets))('%s has the cells of the default, no more and no fewer', (_name, { policy }) => {
    const shape = (of: Policy): object =>
      Object.fromEntries(Object.entries(of).map(([type, row]) => [type, Object.keys(row as object)]));
    expect(shape(policy)).toEqual(shape(presets.default.policy));
  });
});

describe('a cell', () => {
  it('that sends nothing keeps its purchases back, and no others', () => {
    expect(paidTrial(settingsWith('paid_trial', 'conversion', { send: false })).outcomes()).toEqual({
      in_0: 'trial_start sent',
      in_1: 'conversion suppressed policy',
      in_2: 'renewal sent',
    });
  });

  it('of another purchase type says nothing of this one', () => {
    expect(paidTrial(settingsWith('free_trial', 'conversion', { send: false })).outcomes()['in_1']).toBe('conversion sent');
  });

  it('names its event, whatever the setting for the others says', () => {
    const settings = settingsWith('paid_trial', 'renewal', { send: true, eventName: 'Subscribe' });
    const names = paidTrial({ ...settings, eventName: 'Purchase' }).sent.map(({ record }) => record.eventName);
    expect(names).toEqual(['Purchase', 'Purchase', 'Subscribe']);
  });

  it.each([
    ['trial_start', { mode: 'charged' }, { amountMinor: 100, currency: 'USD' }],
    ['trial_start', { mode: 'net' }, { amountMinor: 84, currency: 'USD' }],
    ['trial_start', { mode: 'percent', percent: 30 }, { amountMinor: 600, currency: 'USD' }],
    ['trial_start', { mode: 'fixed', amount: '9.99', currency: 'EUR' }, { amountMinor: 999, currency: 'EUR' }],
    ['trial_start', { mode: 'zero' }, { amountMinor: 0, currency: 'USD' }],
    ['trial_start', { mode: 'omit' }, null],
    ['conversion', { mode: 'net' }, { amountMinor: 1680, currency: 'USD' }],
    ['renewal', { mode: 'net' }, { amountMinor: 1999, currency: 'USD' }],
  ] as const)('of the phase %s with value mode %j is worth %j', (phase, value, worth) => {
    const order = paidTrial(settingsWith('paid_trial', phase, { send: true, value }));
    const ofPhase = order.sent.filter(({ record }) => record.phase === phase);
    expect(ofPhase.map(({ record }) => record.value)).toEqual([worth]);
    expect(Object.values(order.records()).find((record) => record.phase === phase)?.value).toEqual(worth);
  });

  it('that sends nothing keeps back what the limit would let through', () => {
    const settings = { ...settingsWith('paid_trial', 'trial_start', { send: false }), limitPurchaseEvents: true };
    expect(paidTrial(settings).outcomes()).toEqual({
      in_0: 'trial_start suppressed policy',
      in_1: 'conversion sent',
      in_2: 'renewal suppressed limited',
    });
  });

  it('that does not exist is never sent: a lifetime purchase has no second phase', () => {
    expect(cellOf(limitOff.policy, 'lifetime', 'renewal')).toBeUndefined();
    const order = new Order('sub_1').receives(payment('one_off', 'pi_1', 0), payment('one_off', 'pi_2', 1)).finish();
    expect(order.outcomes()).toEqual({ pi_1: 'conversion sent', pi_2: 'renewal suppressed policy' });
  });
});

describe('the setting limitPurchaseEvents', () => {
  it('is all that the preset “limited” adds to the default', () => {
    expect(presets.limited.policy).toBe(presets.default.policy);
    expect(presets.limited.limitPurchaseEvents).toBe(true);
    expect(limitOn.policy).toBe(limitOff.policy);
  });
});
