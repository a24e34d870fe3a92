/** Held trial starts on Temporal's time-skipping test server: through hours, restarts of workers and new runs. */
import { hourMs, minuteMs } from '../../src/domain/duration';
import { resealSignal, resendPurchaseUpdate, skipPurchaseUpdate } from '../../workflows/contract';
import { Days } from '../support/days';
import { heldForADay } from '../support/held-orders';

let days: Days;

beforeAll(async () => void (days = await Days.start()));
afterAll(() => days?.stop());
beforeEach(() => days.calmsDown());

/** A paid trial that is held for a day. It starts now, if nothing else is said. */
async function starts(subscription: string, more: { readonly occurredAtMs?: number } = {}) {
  const trial = { kind: 'trial_start', amountMinor: 100, inferredType: 'paid_trial', ...more } as const;
  const order = await days.begins(subscription, trial, heldForADay);
  const now = () => days.env.currentTimeMs();
  return {
    ...order,
    happens: async (kind: 'cancellation_scheduled' | 'cancellation_undone' | 'updated') =>
      order.told({ kind, occurredAtMs: await now() }),
    isGivenBack: async () =>
      order.refunded({ kind: 'refund', moneyId: order.moneyId, refundId: 're_1', cause: 'refund', occurredAtMs: await now() }),
    start: async () => (await order.view()).purchases[0],
    sends: () => days.sends.get(order.moneyId) ?? [],
    runId: async () => (await order.handle.describe()).runId,
  };
}

it('sends a trial that lasts, a day after its start, with the time of the start', async () => {
  const order = await starts('lasts');
  await days.env.sleep(23 * hourMs);
  expect(await order.start()).toMatchObject({
    state: 'pending',
    isHeld: true,
    attempts: 0,
    waitsUntilMs: order.acceptedAtMs + 24 * hourMs,
  });
  expect(order.sends()).toEqual([]);
  await days.env.sleep(2 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'sent', occurredAtMs: order.acceptedAtMs, attempts: 1 });
  const [sentAtMs = 0, ...others] = order.sends();
  expect(sentAtMs - order.acceptedAtMs).toBeGreaterThanOrEqual(24 * hourMs);
  expect(sentAtMs - order.acceptedAtMs).toBeLessThan(24 * hourMs + minuteMs);
  expect(others).toEqual([]);
  expect(days.rows.get(order.moneyId)).toMatchObject({ state: 'sent' });
});

it('says on its timer that the trial’s start is held', async () => {
  const order = await starts('timer');
  await order.happens('updated');
  await days.env.sleep(minuteMs);
  const { events = [] } = await order.handle.fetchHistory();
  const summaries = (events ?? []).flatMap(({ timerStartedEventAttributes, userMetadata }) =>
    timerStartedEventAttributes && userMetadata?.summary?.data
      ? [JSON.parse(Buffer.from(userMetadata.summary.data).toString()) as string]
      : [],
  );
  expect(summaries.at(-1)).toBe('holds the trial’s start');
  await order.handle.terminate();
});

it('keeps back one that is cancelled, and one that is given back', async () => {
  const [cancelled, refunded] = [await starts('cancelled'), await starts('refunded')];
  await days.env.sleep(5 * hourMs);
  await cancelled.happens('cancellation_scheduled');
  await refunded.isGivenBack();
  await days.env.sleep(40 * hourMs);
  for (const order of [cancelled, refunded]) {
    expect(await order.start()).toMatchObject({ state: 'suppressed', reason: 'cancelled_in_hold' });
    expect(days.rows.get(order.moneyId)).toMatchObject({ state: 'suppressed', reason: 'cancelled_in_hold' });
    expect(order.sends()).toEqual([]);
  }
});

it('holds it again when the cancellation is undone', async () => {
  const order = await starts('undone');
  await days.env.sleep(5 * hourMs);
  await order.happens('cancellation_scheduled');
  await days.env.sleep(5 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'suppressed' });
  await order.happens('cancellation_undone');
  await days.env.sleep(10 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'pending', isHeld: true });
  await days.env.sleep(5 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'sent' });
});

it('holds on through a restart of the workers, and hears what came meanwhile', async () => {
  const [lasted, cancelled] = [await starts('restart_1'), await starts('restart_2')];
  await days.env.sleep(10 * hourMs);
  await days.stopWorkers();
  // The server skips no time while something waits for a worker.
  await cancelled.happens('cancellation_scheduled');
  await days.startWorkers();
  await days.env.sleep(15 * hourMs);
  expect([await lasted.start(), await cancelled.start()]).toMatchObject([
    { state: 'sent', attempts: 1 },
    { state: 'suppressed', reason: 'cancelled_in_hold' },
  ]);
});

it('asks what was so at the end of the hold, however late it hears of it', async () => {
  const startedAtMs = (await days.env.currentTimeMs()) - 30 * hourMs;
  const order = await starts('late', { occurredAtMs: startedAtMs });
  await order.told({ kind: 'cancellation_scheduled', occurredAtMs: startedAtMs + 29 * hourMs });
  await days.env.sleep(minuteMs);
  expect(await order.start()).toMatchObject({ state: 'sent', occurredAtMs: startedAtMs });
});

it('holds on in a new run, which comes while it waits', async () => {
  const [asked, long] = [await starts('new_run'), await starts('long')];
  const before = [await asked.runId(), await long.runId()];
  await days.env.sleep(2 * hourMs);
  await asked.handle.signal(resealSignal);
  // More events than a run has.
  for (let n = 0; n < 210; n += 1) await long.happens('updated');
  await days.env.sleep(2 * hourMs);
  const after = [await asked.runId(), await long.runId()];
  expect(after[0]).not.toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  expect([await asked.start(), await long.start()]).toMatchObject([{ isHeld: true }, { isHeld: true }]);
  await long.happens('cancellation_scheduled');
  await days.env.sleep(21 * hourMs);
  expect([await asked.start(), await long.start()]).toMatchObject([
    { state: 'sent', attempts: 1 },
    { state: 'suppressed', reason: 'cancelled_in_hold' },
  ]);
  expect(asked.sends()).toHaveLength(1);
});

it('is sent at once when an operator asks for it, and once only', async () => {
  const order = await starts('resent');
  await days.env.sleep(hourMs);
  const record = await order.handle.executeUpdate(resendPurchaseUpdate, { args: [{ moneyId: order.moneyId, by: 'anna' }] });
  expect(record).toMatchObject({ state: 'pending', by: 'anna' });
  expect(record).not.toHaveProperty('isHeld');
  await days.env.sleep(minuteMs);
  expect(await order.start()).toMatchObject({ state: 'sent', by: 'anna' });
  await order.happens('cancellation_scheduled');
  await days.env.sleep(40 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'sent', by: 'anna' });
  expect(order.sends()).toHaveLength(1);
});

it('is never sent when an operator skips it', async () => {
  const order = await starts('skipped');
  await days.env.sleep(hourMs);
  const word = { moneyId: order.moneyId, by: 'anna', reason: 'a test of ours' };
  expect(await order.handle.executeUpdate(skipPurchaseUpdate, { args: [word] })).toMatchObject({ state: 'skipped' });
  await days.env.sleep(40 * hourMs);
  expect(await order.start()).toMatchObject({ state: 'skipped', reason: 'a test of ours', by: 'anna' });
  expect(order.sends()).toEqual([]);
});

it('is left to an operator when its workflow is cancelled', async () => {
  const order = await starts('stopped');
  await days.env.sleep(hourMs);
  await order.handle.cancel();
  await expect(order.handle.result()).rejects.toThrow();
  expect(days.rows.get(order.moneyId)).toMatchObject({ state: 'needs_attention', lastError: { type: 'WorkflowCancelled' } });
  expect(order.sends()).toEqual([]);
});
