/** What the Temporal UI shows of an order. */
import { Order, payment, t0 } from '../support/order-scenario';
import { purchaseSummary, statusCard } from '../../workflows/status-card';

const nbsp = '\u00a0';
const cells = (card: string, row = 0): readonly string[] => card.split('\n')[4 + row]!.slice(2, -2).split(' | ');

it('has a row for each payment: state with its mark, minute, phase, amount, id, and TikTok’s proof', () => {
  const card = statusCard(new Order('sub_1').receives(payment('conversion', 'in_1', 0)).finish().state);
  const [head, , titles, rule] = card.split('\n');
  expect(head).toMatch(/^\*\*stripe\*\* `sub_1` · subscription · /);
  expect(titles).toBe('| at TikTok | when (UTC) | phase | charged | payment | more |');
  expect(rule).not.toContain(':');
  const at = new Date(t0).toISOString();
  expect(cells(card).slice(0, 5)).toEqual([
    `✓${nbsp}sent`,
    expect.stringMatching(new RegExp(`^\\d+${nbsp}[A-Z][a-z]{2}${nbsp}${at.slice(11, 16)}$`)) as string,
    'conversion',
    `19.99${nbsp}USD`,
    '`in_1`',
  ]);
});

it('says why a payment is kept back, and which came first', () => {
  const order = new Order('sub_1').receives(payment('conversion', 'in_1', 0)).finish();
  const { state } = order;
  const limited = {
    ...state.payments['in_1']!,
    progress: { state: 'suppressed', reason: 'limited', heldBy: { psp: 'stripe', subscription: 's', moneyId: 'in_0' } },
  } as const;
  const card = statusCard({ ...state, payments: { in_1: limited } });
  expect(cells(card)[0]).toBe(`–${nbsp}suppressed`);
  expect(cells(card)[5]).toBe('limited · first purchase: stripe `in_0`');
});

it('shows what was given back in the row of its payment, and until when one waits', () => {
  const { state } = new Order('sub_1').receives(payment('conversion', 'in_1', 0)).finish();
  const refunded = { ...state, refunds: { in_1: { re_1: { amountMinor: 500, cause: 'refund', occurredAtMs: t0 } } } } as const;
  expect(cells(statusCard(refunded))[3]).toBe(`19.99${nbsp}USD, 5.00${nbsp}USD given back`);
  const waits = { ...state.payments['in_1']!, progress: { state: 'waiting', untilMs: Date.UTC(2026, 10, 21, 23, 35) } } as const;
  expect(cells(statusCard({ ...state, payments: { in_1: waits } }))[5]).toBe('for the provider’s next event, until 21 Nov 23:35');
});

it('takes no Markdown from what strangers or operators wrote', () => {
  const { state } = new Order('sub_1').receives(payment('conversion', 'in_1', 0)).finish();
  const skipped = {
    ...state.payments['in_1']!,
    progress: { state: 'skipped', by: '<b>eve</b>', reason: '[x](javascript:1) | ![y](z)\n# h' },
  } as const;
  const card = statusCard({ ...state, id: 'a`|b', payments: { in_1: skipped } });
  expect(card.split('\n')).toHaveLength(5);
  expect(cells(card)[5]).toBe('\\[x\\]\\(javascript:1\\) \\| \\!\\[y\\]\\(z\\) \\# h · by \\<b\\>eve\\</b\\>');
  expect(card).toContain('`a b`');
});

it('summarises a delivery in a line', () => {
  const { record } = new Order('sub_1').receives(payment('conversion', 'in_1', 0)).underWay[0]!;
  expect(purchaseSummary(record)).toBe('CompletePayment 19.99 USD in_1');
  expect(purchaseSummary({ ...record, value: null })).toBe('CompletePayment in_1');
});
