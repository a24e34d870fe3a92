/** What becomes of a held trial start follows from what happened within the hold: not from the order in which that is heard of, nor from when. */
import fc from 'fast-check';
import { hourMs } from '../../../src/domain/duration';
import type { SubscriptionFact } from '../../../src/domain/fact';
import type { PurchaseRecord } from '../../../src/domain/purchase';
import { runs } from '../../support/effort';
import { atHour, freeStart, heldForADay, HeldOrder, paidStart, startId } from '../../support/held-orders';
import { FirstPurchases, type Order, t0 } from '../../support/order-scenario';

const { state, payment, refund } = atHour;
const hours = fc.integer({ min: 0, max: 239 }).map((tenths) => tenths / 10);
const turns = fc.constantFrom(
  'cancellation_scheduled',
  'cancellation_undone',
  'ended',
  'paused',
  'resumed',
  'payment_failed',
  'updated',
);

const happenings: fc.Arbitrary<SubscriptionFact> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(turns, hours).map(([kind, hour]) => state(kind, hour)) },
  fc
    .record({ hour: hours, refundId: fc.constantFrom('re_1', 're_2'), amountMinor: fc.constantFrom(30, 50, 100) })
    .map(({ hour, ...more }) => refund(startId, hour, more)),
  fc
    .tuple(hours, hours)
    .map(([a, b]) => refund(startId, Math.max(a, b), { refundId: 'dp', cause: a < b ? 'dispute' : 'dispute_won' })),
  hours.map((hour) => payment('conversion', 'in_1', Math.max(0.1, hour))),
);

const lives = fc.record({
  start: fc.constantFrom(freeStart, paidStart),
  within: fc.array(happenings, { maxLength: 6 }),
});

/** What is not how often it was written, and when it was heard of. */
function comesTo({ table }: Order): Partial<PurchaseRecord> {
  const { state: became, reason, phase, value, occurredAtMs, refundedMinor } = table.get(startId)!;
  return { state: became, reason, phase, value, occurredAtMs, refundedMinor };
}

const inTime = (facts: readonly SubscriptionFact[]): readonly SubscriptionFact[] =>
  [...facts].sort((a, b) => a.occurredAtMs - b.occurredAtMs);

it('in any order of arrival within the hold, one by one', () => {
  fc.assert(
    fc.property(
      lives.chain(({ start, within }) => {
        const facts = [start, ...within];
        return fc.record({ facts: fc.constant(facts), shuffled: fc.shuffledSubarray(facts, { minLength: facts.length }) });
      }),
      ({ facts, shuffled }) => {
        const timely = new HeldOrder().hears(...inTime(facts)).passesTo(24);
        const other = new HeldOrder();
        other.nowMs = t0 + 24 * hourMs - 1;
        for (const fact of shuffled) other.receives(fact).finish();
        expect(comesTo(other.passesTo(24))).toEqual(comesTo(timely));
      },
    ),
    { numRuns: runs(2_000) },
  );
});

it('by a service that was away when it ended: all at once, later, with what happened since', () => {
  const since = fc.array(
    fc.tuple(turns, fc.integer({ min: 240, max: 700 })).map(([kind, tenths]) => state(kind, tenths / 10)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(lives, since, fc.nat(8), ({ start, within }, later, heard) => {
      const facts = inTime([start, ...within, ...later]);
      const timely = new HeldOrder().hears(...facts).passesTo(80);
      const first = facts.slice(0, Math.max(1, Math.min(heard, within.length + 1)));
      const away = new HeldOrder(heldForADay, new FirstPurchases()).hears(...first);
      away.nowMs = t0 + 80 * hourMs;
      expect(comesTo(away.receives(...facts.slice(first.length)).finish())).toEqual(comesTo(timely));
    }),
    { numRuns: runs(2_000) },
  );
});

it('and repetitions of it change nothing', () => {
  fc.assert(
    fc.property(lives, ({ start, within }) => {
      const facts = inTime([start, ...within]);
      const once = new HeldOrder().hears(...facts).passesTo(24);
      const twice = new HeldOrder().hears(...facts.flatMap((fact) => [fact, fact])).passesTo(24);
      expect(comesTo(twice)).toEqual(comesTo(once));
      expect(twice.sent).toHaveLength(once.sent.length);
    }),
    { numRuns: runs(1_000) },
  );
});

it('keeps the first turns of a subscription only', () => {
  const order = new HeldOrder().hears(freeStart);
  for (let hour = 40; hour > 0; hour -= 1) order.receives(state(hour % 2 ? 'paused' : 'resumed', hour));
  expect(order.state.context.turns).toHaveLength(16);
  expect(order.state.context.turns?.[0]).toEqual({ kind: 'paused', atMs: t0 + hourMs });
});
