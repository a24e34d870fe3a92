import { adapters } from '../../src/psp';
import { z } from 'zod';
import { notNeeded, schemaMismatch, wordOf } from '../../src/psp/schema-mismatch';

const context = { roleOf: () => undefined };

describe('a reason', () => {
  it.each(['customer.created', 'PAYMENT.SALE.COMPLETED', 'order:paid-2'])('names the type %s of an event', (type) => {
    expect(notNeeded(type)).toEqual({ kind: 'ignored', reason: `events of type ${type} are not needed` });
  });

  it.each(['buyer@example.com', 'Jane Doe', '', 'x'.repeat(101), '=1+1', 'a\nb', '+4915112345678'])(
    'does not repeat %j as one',
    (type) => {
      expect(notNeeded(type)).toEqual({ kind: 'ignored', reason: 'events of this type are not needed' });
      expect(wordOf(type, 'no status')).toBe('no status');
    },
  );

  it.each<[string, object]>([
    ['stripe', { type: 'buyer@example.com', created: 1, data: { object: {} } }],
    ['paddle', { event_type: 'buyer@example.com', occurred_at: '2026-11-22T10:00:00Z', data: {} }],
    ['paypal', { event_type: 'buyer@example.com', create_time: '2026-11-22T10:00:00Z', resource: {} }],
    ['primer', { eventType: 'buyer@example.com', payment: {} }],
    ['revenuecat', { event: { type: 'buyer@example.com' } }],
    ['lemonsqueezy', { meta: { event_name: 'buyer@example.com' }, data: { id: '1', attributes: {} } }],
  ])('of %s repeats no type that may name a buyer', (psp, body) => {
    expect(JSON.stringify(adapters[psp]!.read(body, context))).not.toContain('buyer');
  });

  it('names fields and ids of the provider, and no member that may name a buyer', () => {
    const orders = z.object({ orders: z.record(z.string(), z.number()) });
    const { error } = orders.safeParse({ orders: { 'order-sub_1-1': 'x', 'buyer@example.com': 'x', 'Jane Doe': 'x' } });
    const misfit = 'expected number';
    expect(schemaMismatch(error!, 'data.object')).toBe(
      `data.object.orders.order-sub_1-1: ${misfit}; data.object.orders.*: ${misfit}; data.object.orders.*: ${misfit}`,
    );
  });
});
