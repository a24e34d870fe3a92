/** What the story of a held trial start says: why it waits, until when, and what it came to. */
import { hourMs } from '../../src/domain/duration';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { PurchaseRow } from '../../src/domain/purchase';
import { untraced } from '../../src/domain/purchase';
import { storyOf } from '../../src/operator/story';
import { atHour, freeStart, heldForADay, HeldOrder, paidStart, startId } from '../support/held-orders';
import { limitOff, t0, userKey } from '../support/order-scenario';

const { state, refund } = atHour;

async function storyAfter(hour: number, facts: readonly SubscriptionFact[], settings = heldForADay) {
  const order = new HeldOrder(settings).hears(...facts).passesTo(hour);
  const { waitsUntilMs, isHeld, ...record } = order.table.get(startId)!;
  const row: PurchaseRow = {
    ...{ ...record, ...untraced },
    ...(isHeld ? { waitingFor: 'hold', nextAttemptAtMs: waitsUntilMs ?? null } : {}),
  };
  const kept = { settingsVersion: settings.version, tooOld: false, checkoutId: null };
  return storyOf(
    {
      purchases: { find: () => Promise.resolve(row) },
      attempts: { of: () => Promise.resolve([]) },
      orderRecords: {
        load: () =>
          Promise.resolve({
            ...{
              psp: 'stripe',
              subscription: 'sub_1',
              records: [record],
              settings: [settings],
              userKeys: [userKey],
              firstPurchase: null,
            },
            facts: facts.map((fact) => ({ ...kept, fact, acceptedAtMs: fact.occurredAtMs })),
          }),
      },
      temporalUrl: () => null,
    },
    { integration: 'default', psp: 'stripe', moneyId: startId },
  );
}

const until = new Date(t0 + 24 * hourMs).toISOString();

it('of one that waits', async () => {
  const { decision, next } = await storyAfter(2, [freeStart]);
  expect(decision).toMatchObject({ state: 'pending', hold: { hours: 24, until, brokenBy: null } });
  expect(decision.words).toBe(
    'Held for 24 hours: to be sent as a trial start if the subscription is still alive then, and not set to end',
  );
  expect(next).toMatchObject({ waitingFor: 'hold', nextAttemptAt: until });
  expect(next.words).toBe('It is held until 2026-11-02 12:00 UTC: then it is sent, or kept back if the trial has not lasted');
});

it('of one that lasted', async () => {
  const { decision } = await storyAfter(24, [freeStart]);
  expect(decision.words).toBe('To be sent as a trial start, after a hold of 24 hours through which the trial lasted');
  expect(decision.hold).toEqual({ hours: 24, until, brokenBy: null });
});

it.each([
  ['cancelling', [state('cancellation_scheduled', 3)], 'the subscription was set to end by then'],
  ['ended', [state('ended', 3)], 'the subscription had ended by then'],
  ['paused', [state('paused', 3)], 'the subscription was paused by then'],
  ['past_due', [state('payment_failed', 3)], 'a payment of the subscription had failed by then'],
  ['refunded', [refund(startId, 3)], 'its payment was given back meanwhile'],
] as const)('of one that did not last: %s', async (brokenBy, facts, words) => {
  const { decision } = await storyAfter(100, [paidStart, ...facts, state('resumed', 90)]);
  expect(decision).toMatchObject({ state: 'suppressed', reason: 'cancelled_in_hold', hold: { brokenBy } });
  expect(decision.words).toBe(`Kept back: the trial’s start was held for 24 hours, until 2026-11-02 12:00 UTC, and ${words}`);
});

it('of one that nothing holds', async () => {
  const { decision } = await storyAfter(24, [freeStart], limitOff);
  expect(decision.hold).toBeNull();
  expect(decision.words).toBe('To be sent as a trial start');
});
