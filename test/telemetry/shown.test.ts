import { shownId, shownReason, shownType } from '../../src/telemetry/shown';

it.each(['invoice.paid', 'PAYMENT.SALE.COMPLETED', 'one_off', 'subscription/renewed', 'order_updated', 'PAYMENT.STATUS:v2'])(
  'shows the type %s',
  (type) => expect(shownType(type)).toBe(type),
);

it.each([
  'anna@example.com',
  'anna%40example.com',
  'a b',
  '',
  'x'.repeat(101),
  'odd\u0000kind',
  '+49 151 23456789',
  'u4915123456789',
  '\ud800',
])('repeats no %j as a type', (type) => expect(shownType(type)).toBe('(not a type)'));

it('shows a reason on one line, cut, without the odd type that it repeats and without addresses', () => {
  expect(shownReason('events of type invoice.paid are not needed', 'invoice.paid')).toBe(
    'events of type invoice.paid are not needed',
  );
  const type = 'anna example of 12 Long Street';
  expect(shownReason(`events of type ${type} are not needed`, type)).toBe('events of type (not a type) are not needed');
  expect(shownReason('no\u0000such\nanna@example.com here', null)).toBe('no such [not shown] here');
  expect(shownReason('x'.repeat(100_000), null)).toHaveLength(301);
});

it('shows ids, but no address in one', () => {
  expect(shownId('sub_1MowQVLkdIwHu7ixeRlqHVzs')).toBe('sub_1MowQVLkdIwHu7ixeRlqHVzs');
  expect(shownId('monthly:anna@example.com')).toBe('[not shown]');
  expect(shownId('generic:anna%40example.com')).toBe('[not shown]');
});
