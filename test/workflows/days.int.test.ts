/** Days in seconds: the workflow on Temporal's time-skipping test server. */
import { dayMs, hourMs } from '../../src/domain/duration';
import { accepts, Days, outage } from '../support/days';

let days: Days;

beforeAll(async () => void (days = await Days.start()));
afterAll(() => days?.stop());
beforeEach(() => days.calmsDown());

it('gives up 48 h after the first attempt, and needs attention; a resend then has 48 h of its own', async () => {
  days.tiktok = () => outage;
  const order = await days.begins('sub_48h');
  await days.env.sleep(47 * hourMs);
  expect((await order.view()).purchases).toMatchObject([{ state: 'pending' }]);
  await days.env.sleep(2 * hourMs);
  const { purchases } = await order.view();
  expect(purchases).toMatchObject([{ state: 'needs_attention', lastError: { type: 'DeliveryExpired' } }]);
  const [first = 0, ...others] = days.sends.get(order.moneyId) ?? [];
  expect((others.at(-1) ?? 0) - first).toBeGreaterThan(47.8 * hourMs);
  expect((others.at(-1) ?? 0) - first).toBeLessThanOrEqual(48 * hourMs);
  // Every 5 minutes once the pauses have grown.
  expect(others.length).toBeGreaterThan(500);

  days.tiktok = (_, atMs) => (atMs - first > 80 * hourMs ? accepts : outage);
  await order.handle.signal('resend', { by: 'anna' });
  await days.env.sleep(40 * hourMs);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent', by: 'anna' }]);
});

it('closes 45 days after the end of an order and its last fact, and not before', async () => {
  const order = await days.begins('sub_45d');
  await order.told({ kind: 'ended', occurredAtMs: await days.env.currentTimeMs() });
  await days.env.sleep(44 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  await order.told({ kind: 'updated', occurredAtMs: await days.env.currentTimeMs() });
  await days.env.sleep(44 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  await days.env.sleep(2 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('COMPLETED');
});

it('does not close while a purchase needs attention', async () => {
  days.tiktok = () => ({ kind: 'unauthorized', code: 40105, message: 'invalid token', requestId: null });
  const order = await days.begins('sub_attention');
  await order.told({ kind: 'ended', occurredAtMs: await days.env.currentTimeMs() });
  await days.env.sleep(100 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  days.tiktok = () => accepts;
  await order.handle.signal('resend', { by: 'anna' });
  await days.env.sleep(46 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('COMPLETED');
});

it('waits 20 s for the fact that tells whether there is a trial, and no longer', async () => {
  const order = await days.begins('sub_waits', { awaits: ['trial'] });
  await days.env.sleep(15_000);
  expect((await order.view()).purchases).toMatchObject([
    { state: 'pending', attempts: 0, waitsUntilMs: expect.any(Number) as number },
  ]);
  await days.env.sleep(10_000);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent' }]);
  const [sentAtMs = 0] = days.sends.get(order.moneyId) ?? [];
  expect(sentAtMs - order.acceptedAtMs).toBeGreaterThanOrEqual(20_000);
});

it('begins no attempt while sends are paused, for hours, and sends everything after', async () => {
  days.isPaused = true;
  const order = await days.begins('sub_paused');
  await days.env.sleep(6 * hourMs);
  expect(days.sends.get(order.moneyId) ?? []).toEqual([]);
  days.isPaused = false;
  await days.env.sleep(60_000);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent', attempts: 1 }]);
});
