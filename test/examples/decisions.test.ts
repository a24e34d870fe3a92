import type { OrderRecord } from '../../demo/client';
import { captionOf, decisionOf } from '../../examples/funnel/decisions';

const sent: OrderRecord = {
  moneyId: 'in_2',
  phase: 'conversion',
  amount: '9.99',
  state: 'sent',
  reason: null,
  heldBy: null,
  lastError: null,
};
const limited: OrderRecord = { ...sent, state: 'suppressed', reason: 'limited', heldBy: { moneyId: 'in_1' } };

it('says of each payment what became of it, and why', () => {
  expect(decisionOf(sent)).toEqual({ state: 'sent', mark: '✓', payment: 'First payment $9.99', outcome: 'Sent' });
  expect(decisionOf(limited).outcome).toBe('Kept back: buyer already counted (limited by in_1)');
  expect(decisionOf({ ...sent, state: 'suppressed', reason: 'consent' }).outcome).toBe('Kept back: no consent (consent)');
  const lastError = { type: 'TikTokUnauthorized', message: 'Access token is incorrect.' };
  expect(decisionOf({ ...sent, state: 'needs_attention', lastError }).outcome).toBe(
    'Needs attention: Access token is incorrect.',
  );
});

it.each([
  ['nothing is known yet', [], 'on its way'],
  ['it waits', [{ ...sent, state: 'pending' }], 'on its way'],
  ['it was sent', [sent], 'TikTok makes one of the two'],
  ['the limit kept it back', [limited], 'Neither the page nor the server tells TikTok: limited by in_1'],
  ['consent kept it back', [{ ...sent, state: 'suppressed', reason: 'consent' }], 'the visitor has denied consent'],
  ['a policy kept it back', [{ ...sent, state: 'suppressed', reason: 'policy' }], 'has not told TikTok: kept back: switched off'],
])('the caption when %s', (_, records, text) => {
  expect(captionOf(records)).toContain(text);
});
