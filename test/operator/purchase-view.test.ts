import { recordView } from '../../src/operator/purchase-view';
import { purchase } from '../support/api-server';

it.each([
  ['a float has no exact form', { amountMinor: 1999, currency: 'USD' }, '19.99', 'USD'],
  ['30 and 60 cents are not 0.8999999999999999', { amountMinor: 90, currency: 'EUR' }, '0.9', 'EUR'],
  ['no minor unit', { amountMinor: 1480, currency: 'JPY' }, '1480', 'JPY'],
  ['three decimals', { amountMinor: 5120, currency: 'KWD' }, '5.12', 'KWD'],
  ['a free trial', { amountMinor: 0, currency: 'USD' }, '0', 'USD'],
])('the value is a plain JSON number: %s', (_rule, value, json, currency) => {
  const view = recordView(purchase('in_1', { value }));
  expect([JSON.stringify(view.value), view.currency]).toEqual([json, currency]);
});

it('without a value there is no currency, and what was charged is still told', () => {
  const view = recordView(purchase('in_1', { value: null, chargedMinor: 4500, refundedMinor: 1000, currency: 'GEL' }));
  expect(view).toMatchObject({ value: null, currency: null, amount: '45.00', refunded: '10.00', chargedCurrency: 'GEL' });
});

it('who came first and what went wrong are shown as they are kept', () => {
  const heldBy = { psp: 'stripe', subscription: 'sub_0', moneyId: 'in_0' };
  const lastError = { type: 'TikTokUnreachable', code: null, message: 'no answer within 15 s' };
  const view = recordView(purchase('in_1', { state: 'suppressed', reason: 'limited', heldBy, lastError, sentAtMs: null }));
  expect(view).toMatchObject({ state: 'suppressed', reason: 'limited', heldBy, lastError, sentAt: null });
});

it('the revision, which only we need, is not shown', () => {
  expect(recordView(purchase('in_1'))).not.toHaveProperty('revision');
});
