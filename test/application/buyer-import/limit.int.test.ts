/** What importing is for: the limit and who was first, through ingestion, workflow and report as they are. */
import { dayMs } from '../../../src/domain/duration';
import type { Settings } from '../../../src/domain/settings';
import { defaultStartMs } from '../../support/simulated-relay';
import { closeSharedStore, sharedStore, simulatedRelay } from '../../support/stored-relay';

afterAll(closeSharedStore);

const firstPurchaseAtMs = Date.UTC(2025, 2, 31);

/** Ada bought before, bob did not; then both buy. */
async function sold(settings: Partial<Settings>) {
  const relay = await simulatedRelay({ settings });
  const { integration, keys } = relay;
  const ada = { keys: [keys.userId(integration, 'ada')], firstPurchaseAtMs };
  await (await sharedStore()).buyerImports.take(integration, [ada], defaultStartMs);
  for (const user of ['ada', 'bob']) {
    const occurred_at = new Date(defaultStartMs).toISOString();
    const body = { kind: 'conversion', money_id: `pay_${user}`, subscription_id: `sub_${user}`, amount: '9.99', currency: 'USD' };
    await relay.receives('generic', { ...body, occurred_at, metadata: { user_id: user } }, { atMs: defaultStartMs + 1_000 });
  }
  await relay.passes(dayMs);
  return relay;
}

it('keeps back the purchase of who bought before, and says why', async () => {
  const records = await (await sold({ limitPurchaseEvents: true })).records();
  expect(records['pay_ada']).toMatchObject({
    ...{ state: 'suppressed', reason: 'limited' },
    heldBy: { psp: 'import', moneyId: '2025-03-31T00:00:00.000Z' },
  });
  expect(records['pay_bob']).toMatchObject({ state: 'sent' });
});

it('sends it where the limit is off, and remembers who was first', async () => {
  const relay = await sold({});
  expect(relay.sent()).toHaveLength(2);
  expect(relay.order('generic', 'sub_ada')?.firstPurchase).toMatchObject({ kind: 'other', holder: { psp: 'import' } });
  expect(relay.order('generic', 'sub_bob')?.firstPurchase).toEqual({ kind: 'mine', moneyId: 'pay_bob' });
});
