/** Long orders on a real server: what is old leaves the workflow, and stays what it was for whoever asks, repeats, refunds or resends. */
import { inParallel } from '../../src/application/in-parallel';
import type { PaymentFact } from '../../src/domain/fact';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import type { SubscriptionView } from '../../workflows/contract';
import { stateQuery, subscriptionWorkflowId } from '../../workflows/contract';
import { eventually, Relay } from '../support/relay';

let relay: Relay;

beforeAll(async () => void (relay = await Relay.start('folded')));
afterAll(() => relay?.stop());

const startMs = Date.now() - 6 * 3_600_000;
const orderOf = (subscription: string) => ({ integration: 'default', psp: 'generic', subscription });
const event = (subscription: string, n: number, more: object = {}): object => ({
  ...{
    kind: n === 0 ? 'conversion' : 'renewal',
    subscription_id: subscription,
    money_id: `${subscription}_${n}`,
    amount: '19.99',
    currency: 'USD',
  },
  occurred_at: new Date(startMs + n * 60_000).toISOString(),
  ...more,
});
const state = (subscription: string): Promise<SubscriptionView> =>
  relay.services.client.workflow.getHandle(subscriptionWorkflowId(orderOf(subscription))).query(stateQuery);

describe('an order of 90 payments', () => {
  const count = 90;
  const moneyId = 'long_20';

  beforeAll(async () => {
    for (let first = 0; first < count; first += 15) {
      const batch = Array.from({ length: Math.min(15, count - first) }, (_, n) => first + n);
      for (const n of batch) await relay.generic(event('long', n), `msg_long_${n}`);
      for (const n of batch) await relay.settled('generic', 'long', `long_${n}`, 'sent');
      await relay.idle('generic', 'long');
    }
  });

  it('has folded some, and the API shows all', async () => {
    const view = await state('long');
    expect(view.folded).toBeGreaterThan(0);
    expect(view.purchases.length + (view.folded ?? 0)).toBe(count);
    expect(view.purchases.map((purchase) => purchase.moneyId)).not.toContain(moneyId);
    const purchases = await relay.purchases('generic', 'long');
    expect(Object.keys(purchases)).toHaveLength(count);
    const phases = Object.values(purchases).map((purchase: { phase: string }) => purchase.phase);
    expect(phases.filter((phase) => phase === 'conversion')).toEqual(['conversion']);
  });

  it('knows a repetition of a folded payment, takes its refund, and sends it again for an operator', async () => {
    await relay.generic(event('long', 20), 'msg_long_again');
    await relay.idle('generic', 'long');
    expect(Object.keys(await relay.purchases('generic', 'long'))).toHaveLength(count);
    const sentTwice = relay.tiktok.events().filter(({ eventId }) => eventId === `generic:${moneyId}`);
    expect(sentTwice).toHaveLength(1);

    const refund = { kind: 'refund', refund_id: 're_21', money_id: 'long_21', amount: '5.00' };
    await relay.generic(event('long', 21, refund), 'msg_long_refund');
    await eventually(async () => expect(JSON.stringify((await relay.purchases('generic', 'long'))['long_21'])).toContain('5.00'));

    const path = `/subscriptions/generic/long/purchases/long_22/resend`;
    expect((await relay.api('POST', path, { by: 'anna' })).status).toBe(409);
    expect((await relay.api('POST', path, { by: 'anna', force: true })).status).toBe(202);
    await eventually(() => expect(relay.tiktok.events().filter(({ eventId }) => eventId === 'generic:long_22')).toHaveLength(2));
    expect((await relay.api('POST', '/subscriptions/generic/long/purchases/long_unknown/resend', { by: 'anna' })).status).toBe(
      404,
    );
  });
});

it('an order of 600 payments at once parks what is too much, shows it, and holds up nobody else', async () => {
  await relay.stopWorker();
  const accepted = {
    ...{ acceptedAtMs: Date.now(), tooOld: false, checkoutId: null, userKeys: [] },
    settings: decidingSettings(defaultSettings),
  };
  const numbers = Array.from({ length: 600 }, (_, n) => n);
  await inParallel(numbers, 20, async (n) => {
    const fact: PaymentFact = {
      ...{ kind: 'renewal', moneyId: `huge_${n}`, occurredAtMs: startMs + n, amountMinor: 1999, currency: 'USD' },
    };
    await relay.services.subscriptions.signal(orderOf('huge'), { fact, accepted }, false);
  });
  await relay.startWorker();
  await relay.generic(event('other', 0), 'msg_other');
  await relay.settled('generic', 'other', 'other_0', 'sent');

  const counts = await eventually(async () => {
    const purchases: { state: string }[] = Object.values(await relay.purchases('generic', 'huge'));
    expect(purchases.filter(({ state: shown }) => shown === 'pending')).toEqual([]);
    expect(purchases).toHaveLength(600);
    return (wanted: string) => purchases.filter(({ state: shown }) => shown === wanted).length;
  }, 280_000);
  expect([counts('sent'), counts('needs_attention')]).toEqual([500, 100]);
  const { body } = await relay.api('GET', '/attention');
  expect(JSON.stringify(body)).toContain('OrderTooLarge');

  await relay.api('POST', '/subscriptions/generic/huge/purchases/huge_599/resend', { by: 'anna' });
  await eventually(async () => {
    const resent = Object.values(await relay.purchases('generic', 'huge')).filter(
      (purchase: { by: string | null }) => purchase.by === 'anna',
    );
    expect(resent.length).toBeLessThanOrEqual(1);
  });
}, 600_000);
