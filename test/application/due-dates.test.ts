/** When an order's next payment is due, by what the facts say: which orders a check looks after. */
import { createIngestion } from '../../src/application/ingestion';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { LifecycleFact, SubscriptionFact } from '../../src/domain/fact';
import { defaultSettings } from '../../src/domain/settings';
import { paypal } from '../../src/psp/paypal';
import { solidgate } from '../../src/psp/solidgate';
import { paypalEvent, paypalSubscription } from '../../sandbox/paypal/webhooks';
import { checkMemory } from '../support/check-memory';
import { lifecycle, payment, t0 } from '../support/order-scenario';

const day = 86_400_000;
const context = { roleOf: () => undefined };

function world(psp = 'stripe') {
  const { store } = checkMemory();
  const ingestion = createIngestion({
    ...store,
    settings: async () => defaultSettings,
    keys: createUserKeys('pepper'),
    telemetry: { factSignalled: () => undefined, usersJoined: () => undefined },
    note: (integration, hashes) => void store.signalledFacts.mark(integration, hashes, 0),
    nowMs: () => t0,
    signal: async () => undefined,
  });
  const filter = { integration: 'default', psp, dueAfterMs: 0, polledBeforeMs: Infinity, limit: 9 };
  return {
    ingestion,
    async say(...facts: SubscriptionFact[]) {
      const read = facts.map((fact) => ({ fact, subscription: 'sub_1', identity: {}, paymentIds: [] }));
      await ingestion.accept('default', psp, read);
    },
    /** When sub_1 is due, from t0; null when nothing is looked after. */
    async due(): Promise<number | null> {
      const [order] = await store.orders.overdue({ ...filter, dueBeforeMs: Infinity });
      return order ? order.dueAtMs - t0 : null;
    },
  };
}

const state = (kind: LifecycleFact['kind'], atMs: number, more: Partial<LifecycleFact> = {}): LifecycleFact => ({
  ...lifecycle(kind, 0, more),
  occurredAtMs: t0 + atMs,
});

const paid = (atMs: number, untilMs: number): SubscriptionFact => ({
  ...payment('renewal', `in_${atMs}`, 0),
  occurredAtMs: t0 + atMs,
  periodEndMs: t0 + untilMs,
});

describe('the next payment is due', () => {
  it('at the end of the period of the latest payment, whatever the order of arrival', async () => {
    const { say, due } = world();
    await say(paid(2, 60 * day), paid(1, 30 * day));
    expect(await due()).toBe(60 * day);
    // To a shorter period.
    await say(paid(3, 7 * day));
    expect(await due()).toBe(7 * day);
  });

  it('when the provider says so, before all that can be inferred', async () => {
    const { say, due } = world();
    await say({ ...paid(1, 30 * day), nextDueAtMs: t0 + 33 * day } as SubscriptionFact);
    expect(await due()).toBe(33 * day);
    await say(state('began', 2, { trials: [{ endsAtMs: t0 + 5 * day }], nextDueAtMs: t0 + 8 * day }));
    expect(await due()).toBe(8 * day);
  });

  it('at the end of the trial, while that is to come and nothing better is said', async () => {
    const { say, due } = world();
    await say(state('began', 0, { trials: [{ endsAtMs: t0 + 7 * day }] }));
    expect(await due()).toBe(7 * day);
    await say(paid(7 * day, 37 * day));
    // Providers go on naming the trial.
    await say(state('updated', 8 * day, { trials: [{ endsAtMs: t0 + 7 * day }] }));
    expect(await due()).toBe(37 * day);
  });
});

describe('an order that has ended', () => {
  it.each(['resumed', 'cancellation_undone'] as const)('is looked after again once it is %s, in any order', async (kind) => {
    for (const facts of [
      [state('ended', day), state(kind, 2 * day)],
      [state(kind, 2 * day), state('ended', day)],
    ]) {
      const { say, due } = world();
      await say(paid(1, 30 * day), ...facts);
      expect(await due()).toBe(30 * day);
      await say(state('ended', 3 * day));
      expect(await due()).toBeNull();
    }
  });

  it('is due when Solidgate charges next after it was restored', async () => {
    const { ingestion, due } = world('solidgate');
    const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    const snapshot = (callback: string, status: string, atMs: number, nextMs: number) => ({
      callback_type: callback,
      subscription: {
        ...{ id: 'sub_1', status, started_at: text(t0), updated_at: text(atMs), next_charge_at: text(nextMs), trial: false },
        ...(status === 'cancelled' ? { cancelled_at: text(atMs) } : {}),
      },
      product: { product_id: 'prod-1', amount: 2_000, currency: 'USD', trial: false },
      customer: { customer_account_id: 'u1' },
      invoices: {},
    });
    const tell = async (...said: Parameters<typeof snapshot>): Promise<void> => {
      const reading = solidgate.read(snapshot(...said), context, { 'solidgate-event-type': 'subscription.updated.v2' });
      await ingestion.accept('default', 'solidgate', reading.kind === 'facts' ? reading.facts : []);
    };
    await tell('active', 'active', t0, t0 + 30 * day);
    expect(await due()).toBe(30 * day);
    await tell('cancel', 'cancelled', t0 + 10 * day, t0 + 40 * day);
    expect(await due()).toBeNull();
    await tell('restore', 'active', t0 + 11 * day, t0 + 41 * day);
    expect(await due()).toBe(41 * day);
  });
});

it('a PayPal subscription is due when PayPal bills next, not at the boundary of its trial', async () => {
  const { ingestion, due } = world('paypal');
  const life = { type: 'free_trial', subscriptionId: 'I-1', customerId: 'P1', userId: 'u1', startMs: t0 } as const;
  const resource = { ...paypalSubscription(life, { status: 'ACTIVE', changedMs: t0 }) };
  const reading = paypal.read(paypalEvent({}, 'BILLING.SUBSCRIPTION.ACTIVATED', resource, t0), context);
  await ingestion.accept('default', 'paypal', reading.kind === 'facts' ? reading.facts : []);
  const { next_billing_time: next } = resource['billing_info'] as { readonly next_billing_time: string };
  expect(await due()).toBe(Date.parse(next) - t0);
});
