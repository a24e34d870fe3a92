/** What is held through all that happens to a workflow: a new run, a new workflow from the database's records, a state that is folded. */
import { hourMs } from '../../../src/domain/duration';
import type { SubscriptionFact } from '../../../src/domain/fact';
import { fold } from '../../../src/domain/fold';
import { migrate } from '../../../src/domain/migrate';
import type { PurchaseRecord } from '../../../src/domain/purchase';
import { recordOfRow, untraced } from '../../../src/domain/purchase';
import { restoreOrder } from '../../../src/domain/restore';
import type { Subscription } from '../../../src/domain/subscription';
import { nextDue } from '../../../src/domain/transition';
import { atHour, freeStart, heldForADay, HeldOrder, paidStart, startId } from '../../support/held-orders';
import { limitOff, t0, userKey } from '../../support/order-scenario';

const { state, payment, refund } = atHour;

/** As continue-as-new carries it. */
function carried(order: HeldOrder): HeldOrder {
  order.state = migrate(JSON.parse(JSON.stringify(fold(order.state))) as Subscription);
  return order;
}

describe('a new run', () => {
  it.each<[string, SubscriptionFact[], string]>([
    ['goes on to hold', [], 'sent'],
    ['keeps back what is cancelled in it', [state('cancellation_scheduled', 13)], 'suppressed cancelled_in_hold'],
    ['keeps back what is given back in it', [refund(startId, 13)], 'suppressed cancelled_in_hold'],
  ])('%s', (_what, facts, outcome) => {
    const order = carried(new HeldOrder().hears(paidStart).passesTo(12));
    expect(nextDue(order.state)).toMatchObject({ untilMs: t0 + 24 * hourMs, held: true });
    expect(order.hears(...facts).passesTo(24).start).toBe(`trial_start ${outcome}`);
  });

  it('remembers what was cancelled, and what made up for it', () => {
    const order = carried(new HeldOrder().hears(freeStart, state('paused', 3)));
    expect(order.hears(state('resumed', 20)).passesTo(24).start).toBe('trial_start sent');
    const late = carried(new HeldOrder().hears(freeStart, state('paused', 3)));
    expect(late.hears(state('resumed', 30)).passesTo(80).start).toBe('trial_start suppressed cancelled_in_hold');
  });

  it('of before turns were kept asks when each last happened', () => {
    const order = new HeldOrder().hears(freeStart, state('paused', 3));
    const { turns: _unknown, ...context } = order.state.context;
    order.state = { ...order.state, context };
    expect(order.hears(state('updated', 4)).passesTo(24).start).toBe('trial_start suppressed cancelled_in_hold');
  });
});

describe('folding', () => {
  const renewals = Array.from({ length: 80 }, (_, nth) => payment('renewal', `in_r${nth}`, 1 + nth / 10));

  it('never takes what is held', () => {
    const order = new HeldOrder().hears(...renewals.slice(0, 30), { ...freeStart, occurredAtMs: t0 + 4 * hourMs });
    order.hears(...renewals.slice(40));
    const tight = fold(order.state, { first: 1, newest: 1 });
    expect(tight.folded?.count).toBeGreaterThan(20);
    expect(nextDue(tight)).toEqual(nextDue(order.state));
    expect(tight.payments).toHaveProperty(startId);
  });

  it('keeps the settings that hold it', () => {
    const order = new HeldOrder().hears(freeStart);
    order.receivesWith({ settings: limitOff }, ...renewals).finish();
    order.state = fold(order.state, { first: 1, newest: 1 });
    expect(Object.keys(order.state.settings)).toContain(String(heldForADay.version));
    expect(order.passesTo(24).start).toBe('trial_start sent');
  });
});

describe('a workflow that is gone', () => {
  /** From the rows of the purchases table, which say neither how long a purchase waits nor that it is held. */
  function restored(order: HeldOrder, facts: readonly SubscriptionFact[]): readonly PurchaseRecord[] {
    const rows = [...order.table.values()].map(({ waitsUntilMs: _until, isHeld: _held, ...record }) =>
      recordOfRow({ ...record, ...untraced }),
    );
    const kept = { settingsVersion: heldForADay.version, tooOld: false, checkoutId: null };
    const { state: next, changed } = restoreOrder({
      ...{
        psp: 'stripe',
        subscription: 'sub_1',
        records: rows,
        settings: [heldForADay],
        userKeys: [userKey],
        firstPurchase: null,
      },
      facts: facts.map((fact) => ({ ...kept, fact, acceptedAtMs: fact.occurredAtMs })),
    });
    order.state = next;
    order.underWay.length = 0;
    for (const record of changed) order.table.set(record.moneyId, record);
    return changed;
  }

  it('leaves what it held to an operator: nobody counts its hours any more', () => {
    const order = new HeldOrder().hears(freeStart).passesTo(2);
    expect(restored(order, [freeStart])).toMatchObject([
      { moneyId: startId, state: 'needs_attention', lastError: { type: 'WorkflowGone' } },
    ]);
    expect(order.hears(state('updated', 3)).passesTo(80).start).toBe('trial_start needs_attention');
    expect(order.resend(startId).finish().start).toBe('trial_start sent');
  });

  const cancelled = state('cancellation_scheduled', 3);

  it.each<[string, readonly SubscriptionFact[]]>([
    ['its facts', [freeStart, cancelled]],
    ['its record alone', []],
  ])('keeps back what did not last, known by %s', (_what, facts) => {
    const order = new HeldOrder().hears(freeStart, cancelled).passesTo(400);
    expect(restored(order, facts)).toEqual([]);
    const before = order.table.get(startId);
    order.hears(state('resumed', 401), payment('conversion', 'in_1', 402));
    expect(order.sent.map(({ record }) => record.moneyId)).toEqual(['in_1']);
    expect(order.table.get(startId)).toMatchObject({
      state: 'suppressed',
      revision: facts.length > 0 ? before?.revision : (expect.any(Number) as number),
    });
  });

  it('does not send again what its hold let pass', () => {
    const order = new HeldOrder().hears(freeStart).passesTo(24);
    restored(order, [freeStart]);
    order.hears(state('ended', 30), state('resumed', 40));
    expect(order.start).toBe('trial_start sent');
    expect(order.sent).toHaveLength(1);
  });
});
