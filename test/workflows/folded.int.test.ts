/** Long orders on a real server: what is old leaves the workflow, and stays what it was for whoever asks, repeats, refunds or resends. */
import { inParallel } from '../../src/application/in-parallel';
import type { PaymentFact } from '../../src/domain/fact';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import type { SubscriptionView } from '../../workflows/contract';
import { resealSignal, stateQuery, subscriptionWorkflowId } from '../../workflows/contract';
import { eventually, Relay } from '../support/relay';

let relay: Relay;

beforeAll(async () => void (relay = await Relay.start('folded')));
afterAll(() => relay?.stop());

const startMs = Date.now() - 6 * 3_600_000;
const orderOf = (subscription: string) => ({ integration: 'default', psp: 'generic', subscription });
const handleOf = (subscription: string) =>
  relay.services.client.workflow.getHandle(subscriptionWorkflowId(orderOf(subscription)));
const state = (subscription: string): Promise<SubscriptionView> => handleOf(subscription).query(stateQuery);

const event = (subscription: string, n: number, more: object = {}): object => ({
  kind: n === 0 ? 'conversion' : 'renewal',
  subscription_id: subscription,
  money_id: `${subscription}_${n}`,
  amount: '19.99',
  currency: 'USD',
  occurred_at: new Date(startMs + n * 60_000).toISOString(),
  ...more,
});

async function takes(event: object, message: string): Promise<void> {
  expect((await relay.generic(event, message)).status).toBe(200);
}

describe('an order of 70 payments', () => {
  const count = 70;
  const resend = (moneyId: string, more: object = {}) =>
    relay.api('POST', `/subscriptions/generic/long/purchases/${moneyId}/resend`, { by: 'anna', ...more });
  const reached = (moneyId: string) => relay.tiktok.events().filter(({ eventId }) => eventId === `generic:${moneyId}`).length;

  beforeAll(async () => {
    await inParallel(Array(count).keys(), 8, (n) => takes(event('long', n), `msg_long_${n}`));
    await eventually(async () => {
      const purchases: { state: string }[] = Object.values(await relay.purchases('generic', 'long'));
      expect(purchases.filter((purchase) => purchase.state === 'sent')).toHaveLength(count);
    });
    // What is folded goes at the end of a run; the signal ends one.
    await handleOf('long').signal(resealSignal);
    await eventually(async () => expect((await state('long')).folded ?? 0).toBeGreaterThan(0));
  });

  it('has folded some, and the API shows all', async () => {
    const view = await state('long');
    expect(view.purchases.length + (view.folded ?? 0)).toBe(count);
    for (const n of [10, 11, 12]) expect(view.purchases.map(({ moneyId }) => moneyId)).not.toContain(`long_${n}`);
    const purchases: { phase: string }[] = Object.values(await relay.purchases('generic', 'long'));
    expect(purchases).toHaveLength(count);
    expect(purchases.filter(({ phase }) => phase === 'conversion')).toHaveLength(1);
  });

  it('knows a repetition of a folded payment', async () => {
    await takes(event('long', 10), 'msg_long_again');
    await relay.idle('generic', 'long');
    expect(Object.keys(await relay.purchases('generic', 'long'))).toHaveLength(count);
    expect(reached('long_10')).toBe(1);
  });

  it('notes the refund of a folded payment', async () => {
    await takes(event('long', 11, { kind: 'refund', refund_id: 're_11', amount: '5.00' }), 'msg_long_refund');
    await eventually(async () =>
      expect(await relay.purchases('generic', 'long')).toMatchObject({ long_11: { state: 'sent', refunded: '5.00' } }),
    );
  });

  it('sends a folded payment again for an operator who insists, and no payment that there is not', async () => {
    expect((await resend('long_12')).status).toBe(409);
    expect((await resend('long_12', { force: true })).status).toBe(200);
    await eventually(() => expect(reached('long_12')).toBe(2));
    expect((await resend('long_unknown')).status).toBe(404);
  });

  it('takes the next payment as the renewal that it is', async () => {
    await takes(event('long', count), 'msg_long_next');
    expect(await relay.settled('generic', 'long', `long_${count}`)).toMatchObject({ state: 'sent', phase: 'renewal' });
  });
});

it('an order of 600 payments at once parks what is too much, shows it, and holds up nobody else', async () => {
  await relay.stopWorker();
  // Renewals that the limit keeps back: 500 of them are to be decided, not delivered.
  const accepted = {
    ...{ acceptedAtMs: Date.now(), tooOld: false, checkoutId: null, userKeys: [] },
    settings: { ...decidingSettings(defaultSettings), limitPurchaseEvents: true },
  };
  await inParallel(Array(600).keys(), 20, async (n) => {
    const fact: PaymentFact = {
      ...{ kind: 'renewal', moneyId: `huge_${n}`, occurredAtMs: startMs + n, amountMinor: 1999, currency: 'USD' },
    };
    await relay.services.subscriptions.signal(orderOf('huge'), { fact, accepted }, false);
  });
  await relay.startWorker();
  await takes(event('other', 0), 'msg_other');
  await relay.settled('generic', 'other', 'other_0', 'sent');

  const states = await eventually(async () => {
    const purchases: { state: string }[] = Object.values(await relay.purchases('generic', 'huge'));
    const found = purchases.map((purchase) => purchase.state);
    expect(found).toHaveLength(600);
    expect(found).not.toContain('pending');
    return found;
  });
  const parked = states.filter((found) => found === 'needs_attention').length;
  expect(parked).toBe(100);
  expect(JSON.stringify((await relay.api('GET', '/attention')).body)).toContain('OrderTooLarge');
}, 300_000);
