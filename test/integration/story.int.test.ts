/** The story of a purchase on the real thing: attempts that fail, what it waits for, a resend that needs force. */
import { eventually, Relay } from '../support/relay';

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start('story', { embedded: true });
});
afterAll(() => relay.stop());

const hours = (count: number): string => new Date(Date.now() - count * 3_600_000).toISOString();
const bought = (id: string) => ({
  ...{ kind: 'conversion', subscription_id: id, money_id: `pay_${id}`, purchase_type: 'subscription' },
  ...{ amount: '9.99', currency: 'EUR', occurred_at: hours(1), metadata: { user_id: `user-${id}`, email: `${id}@example.com` } },
});
const story = async (id: string) => (await relay.api('GET', `/purchases/generic/pay_${id}`)).body;

it('tells what was said, why it is a first payment, each of three attempts, and that nothing is left to do', async () => {
  relay.tiktok.failNext(2, { kind: 'http', status: 502 });
  await relay.generic(bought('twice'));
  await relay.settled('generic', 'twice', 'pay_twice', 'sent');
  const told = await story('twice');
  expect(told.facts).toMatchObject([
    { kind: 'conversion', about: 'payment', amount: '9.99', currency: 'EUR', settingsVersion: 1 },
  ]);
  expect(told.phase).toMatchObject({ phase: 'conversion', words: 'First payment' });
  expect(told.phase.why).toBe('the provider calls it the first');
  expect(told.attempts.map(({ number, outcome }: { number: number; outcome: string }) => [number, outcome])).toEqual([
    ...[1, 2].map((number) => [number, 'unreachable']),
    [3, 'accepted'],
  ]);
  const [first, , third] = told.attempts;
  expect(first.request).toEqual(third.request);
  expect(third).toMatchObject({ code: 0, requestId: told.purchase.requestId, destination: 'tiktok', by: null });
  expect(JSON.stringify(told)).not.toContain('@example.com');
  expect(told.purchase).toMatchObject({ state: 'sent', attempts: 3, waitingFor: null, destination: 'tiktok' });
  expect(told.purchase.matchedBy).toEqual(['email', 'external_id']);
  expect(told.next).toMatchObject({ nextAttemptAt: null, givesUpAt: null, words: 'Nothing: TikTok has it' });
});

it('says what a purchase waits for: TikTok’s recovery until two days are over, or that sends are resumed', async () => {
  const recovers = relay.tiktok.failWhile(() => ({ kind: 'http', status: 503 }));
  await relay.generic(bought('waits'));
  const retried = await eventually(async () => {
    const told = await story('waits');
    if (told.next?.waitingFor !== 'retry') throw new Error(JSON.stringify(told));
    return told;
  });
  const untilGivenUp = Date.parse(retried.next.givesUpAt) - Date.parse(retried.attempts[0].at);
  expect(untilGivenUp / 3_600_000).toBeCloseTo(48, 1);
  expect(Date.parse(retried.next.nextAttemptAt)).toBeGreaterThan(Date.parse(retried.attempts.at(-1).at));
  expect(retried.purchase.lastError.type).toBe('TikTokUnreachable');
  await relay.api('PATCH', '/settings', { paused: true });
  await eventually(async () => expect((await story('waits')).next.waitingFor).toBe('paused'));
  recovers();
  await relay.api('PATCH', '/settings', { paused: false });
  await relay.settled('generic', 'waits', 'pay_waits', 'sent');
});

it('keeps the former answer while what was sent is sent again, which needs force', async () => {
  await relay.generic(bought('again'));
  const { requestId } = await relay.settled('generic', 'again', 'pay_again', 'sent');
  const path = '/subscriptions/generic/again/purchases/pay_again/resend';
  expect((await relay.api('POST', path, { by: 'anna' })).status).toBe(409);
  const workflow = relay.services.client.workflow.getHandle('subscription/default/generic/again');
  await expect(workflow.executeUpdate('resendPurchase', { args: [{ moneyId: 'pay_again', by: 'anna' }] })).rejects.toMatchObject({
    cause: { type: 'AlreadySent' },
  });
  const { status, body } = await relay.api('POST', path, { by: 'anna', force: true, reason: 'TikTok lost it' });
  expect([status, body.requestId]).toEqual([200, requestId]);
  const told = await eventually(async () => {
    const now = await story('again');
    if (now.attempts.length !== 2 || now.purchase.state !== 'sent') throw new Error(JSON.stringify(now.purchase));
    return now;
  });
  expect(told.attempts).toMatchObject([
    { outcome: 'accepted', by: null, requestId },
    { outcome: 'accepted', by: 'anna' },
  ]);
  expect(told.purchase.requestId).not.toBe(requestId);
});
