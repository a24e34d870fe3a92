/** The order's workflow is cancelled: what is open is left to an operator, what is decided stays. */
import type { DeliveryEnd } from '../support/order-scenario';
import {
  accepted,
  cancelled,
  lifecycle,
  limitOn,
  Order,
  payment,
  refund,
  refused,
  suppressedByConsent,
} from '../support/order-scenario';

const paid = payment('conversion', 'in_1', 0);
const stop = (order: Order): Order => order.applies([{ kind: 'stop' }]);
const waits = { state: 'needs_attention', lastError: { type: 'WorkflowCancelled' } };

it('a delivery is asked to stop, and the purchase needs attention once it has', () => {
  const order = stop(new Order().receives(paid));
  expect(order.cancelled).toEqual(['in_1']);
  expect(order.records()['in_1']).toMatchObject({ state: 'pending' });
  order.finish(cancelled);
  expect(order.records()['in_1']).toMatchObject(waits);
  expect(order.table.get('in_1')).toEqual(order.records()['in_1']);
});

it.each<[string, DeliveryEnd, object]>([
  ['sent', accepted, { state: 'sent' }],
  ['refused', refused, { state: 'needs_attention', lastError: { type: 'TikTokUnauthorized' } }],
  ['kept back', suppressedByConsent, { state: 'suppressed', reason: 'consent' }],
])('a delivery that is %s all the same says so', (_, end, record) => {
  const order = stop(new Order().receives(paid)).finish(end);
  expect(order.records()['in_1']).toMatchObject(record);
});

it('a payment that waits for a state fact needs attention at once', () => {
  const order = stop(new Order().receives({ ...paid, awaits: ['order'] }));
  expect(order.records()['in_1']).toMatchObject(waits);
  expect(order.receives(lifecycle('began', 0, { trials: [] })).underWay).toEqual([]);
});

it('a purchase that an operator resends stays sent', () => {
  const order = stop(new Order().receives(paid).finish().resend('in_1')).finish(cancelled);
  expect(order.records()['in_1']).toMatchObject({ state: 'sent', lastError: null });
});

it('the first reason to stop counts', () => {
  const refunded = stop(new Order().receives(paid).receives(refund('in_1', 1))).finish(cancelled);
  expect(refunded.outcomes()).toEqual({ in_1: 'conversion not_a_purchase refunded_before_sent' });
  const skipped = stop(new Order().receives(paid).skip('in_1')).finish(cancelled);
  expect(skipped.outcomes()).toEqual({ in_1: 'conversion skipped' });
});

it('what is at rest stays as it is', () => {
  const order = new Order('sub_1', undefined, limitOn).receives(paid, payment('renewal', 'in_2', 30)).finish();
  const before = order.records();
  expect(stop(order).records()).toEqual(before);
  expect(order.cancelled).toEqual([]);
});

it('the purchase keeps the first purchase, and a resend sends it', () => {
  const order = stop(new Order('sub_1', undefined, limitOn).receives(paid)).finish(cancelled);
  order.receives(payment('renewal', 'in_2', 30));
  expect(order.outcomes()).toEqual({ in_1: 'conversion needs_attention', in_2: 'renewal suppressed limited' });
  expect(order.resend('in_1').finish().outcomes()).toMatchObject({ in_1: 'conversion sent' });
});
