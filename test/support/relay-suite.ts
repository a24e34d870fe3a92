/** The main job, end to end: real HTTP, a real Temporal server, a real database; only the far ends are stand-ins. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { phases, purchaseTypes } from '../../src/domain/fact';
import { genericEventsOf } from '../../sandbox/generic/webhooks';
import { intentId, invoiceId, sessionId, stripeEventsOf } from '../../sandbox/stripe/webhooks';
import { subscriptionWorkflowId } from '../../workflows/contract';
import type { RelayOptions } from './relay';
import { eventually, Relay } from './relay';

const day = 86_400_000;
/** Lives are months long; the age limit is a year in these tests. */
const longAgo = Date.now() - 90 * day;

const sentWhileOff: Record<PurchaseType, Phase[]> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const sentWhileOn: Record<PurchaseType, Phase[]> = {
  subscription: ['conversion'],
  free_trial: ['trial_start', 'conversion'],
  paid_trial: ['trial_start'],
  lifetime: ['conversion'],
};

export function relaySuite(name: string, open: () => Promise<RelayOptions>): void {
  describe(`a relay on ${name}`, () => {
    let relay: Relay;
    let version = 0;

    beforeAll(async () => {
      relay = await Relay.start(name, await open());
      await patch({ maxEventAgeHours: 8760 });
    });
    afterAll(() => relay?.stop());
    beforeEach(() => relay.tiktok.reset());

    async function patch(settings: object): Promise<void> {
      const { status, body } = await relay.api('PATCH', '/settings', settings);
      expect({ status, body }).toMatchObject({ status: 200 });
      version = body.version;
    }

    describe.each([
      ['off', false, sentWhileOff],
      ['on', true, sentWhileOn],
    ] as const)('with the limit %s', (_, isLimited, sentPhases) => {
      beforeAll(() => patch({ limitPurchaseEvents: isLimited }));
      afterAll(() => patch({ limitPurchaseEvents: false }));

      it.each(purchaseTypes)('sends exactly the cells of the table for a %s of Stripe', async (type) => {
        const subscriptionId = `sub_${type}_${isLimited}_${name}`;
        const life = {
          type,
          subscriptionId,
          customerId: `cus_${subscriptionId}`,
          userId: `u_${subscriptionId}`,
          startMs: longAgo,
        };
        for (const { event } of stripeEventsOf(life)) expect(await relay.stripe(event)).toMatchObject({ status: 200 });
        const id = type === 'lifetime' ? intentId(life, 0) : subscriptionId;
        await expectPhases('stripe', id, type, sentPhases[type]);
      });

      it.each(purchaseTypes)('sends exactly the cells of the table for a %s of the generic webhook', async (type) => {
        const subscriptionId = `${type}_${isLimited}_${name}`;
        const life = { type, subscriptionId, userId: `g_${subscriptionId}`, startMs: longAgo };
        for (const { event } of genericEventsOf(life)) expect(await relay.generic(event)).toMatchObject({ status: 200 });
        await expectPhases('generic', type === 'lifetime' ? `pay_${subscriptionId}_0` : subscriptionId, type, sentPhases[type]);
      });
    });

    async function expectPhases(psp: string, id: string, type: PurchaseType, sent: readonly Phase[]): Promise<void> {
      const records = await eventually(async () => {
        const all = Object.values(await relay.purchases(psp, id));
        expect(all.length).toBe(type === 'lifetime' ? 1 : type === 'subscription' ? 2 : 3);
        expect(all.every(({ state }) => state === 'sent' || state === 'suppressed')).toBe(true);
        return all;
      });
      expect(records.map(({ purchaseType }) => purchaseType)).toEqual(records.map(() => type));
      const inState = (state: string): string[] =>
        phases.filter((phase) => records.some((record) => record.phase === phase && record.state === state));
      expect(inState('sent')).toEqual(sent);
      expect(records.filter(({ state }) => state === 'suppressed').map(({ reason }) => reason)).toEqual(
        records.slice(sent.length).map(() => 'limited'),
      );
      // What TikTok counted is what the records say was sent: names, ids, values.
      const counted = relay.tiktok.events().map(({ eventId, eventName, value, currency, fate, warnings }) => ({
        eventId,
        eventName,
        value,
        currency,
        fate,
        warnings,
      }));
      const expected = records
        .filter(({ state }) => state === 'sent')
        .map(({ eventId, value, currency }) => ({
          eventId,
          eventName: 'CompletePayment',
          value,
          currency,
          fate: 'counted',
          warnings: [],
        }));
      expect(counted.sort(byEventId)).toEqual(expected.sort(byEventId));
    }

    it('reports one purchase for the same webhook 20 times, in parallel', async () => {
      const life = {
        type: 'subscription',
        subscriptionId: `sub_20_${name}`,
        customerId: 'cus_20',
        startMs: longAgo,
        renewals: 0,
      } as const;
      const invoice = stripeEventsOf(life).find(({ phase }) => phase === 'conversion')!.event;
      const answers = await Promise.all(Array.from({ length: 20 }, () => relay.stripe(invoice)));
      expect(answers.map(({ status, body }) => [status, body.outcome])).toEqual(answers.map(() => [200, 'accepted']));
      await relay.settled('stripe', life.subscriptionId, invoiceId(life, 0), 'sent');
      await relay.idle('stripe', life.subscriptionId);
      expect(relay.tiktok.events().map(({ fate }) => fate)).toEqual(['counted']);
    });

    it('reports one purchase for three event types of one payment', async () => {
      const life = {
        type: 'lifetime',
        subscriptionId: `three_${name}`,
        customerId: 'cus_three',
        userId: `three_${name}`,
        startMs: longAgo,
      } as const;
      const events = stripeEventsOf(life).map(({ event }) => event);
      const kinds = new Set(events.map(({ type }) => type));
      expect([...kinds]).toEqual(
        expect.arrayContaining(['checkout.session.completed', 'payment_intent.succeeded', 'charge.succeeded']),
      );
      await Promise.all([...events, ...events].map((event) => relay.stripe(event)));
      await relay.settled('stripe', intentId(life, 0), intentId(life, 0), 'sent');
      await relay.idle('stripe', intentId(life, 0));
      expect(relay.counted()).toHaveLength(1);
      expect(sessionId(life)).toMatch(/^cs_/);
    });

    it('parks what TikTok refuses for good, holds nothing else up, and sends it after the token is corrected', async () => {
      const subscriptionId = `parked_${name}`;
      const [first, second] = genericEventsOf({ type: 'subscription', subscriptionId, userId: subscriptionId, startMs: longAgo });
      await patch({ accessToken: 'a-wrong-token' });
      await relay.generic(first!.event);
      const parked = await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'needs_attention');
      expect(parked).toMatchObject({ attempts: 1, lastError: { type: 'TikTokUnauthorized', code: 40105 }, requestId: null });

      await patch({ accessToken: 'tiktok-token' });
      await relay.generic(second!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_1`, 'sent');
      expect((await relay.purchases('generic', subscriptionId))[`pay_${subscriptionId}_0`].state).toBe('needs_attention');

      const { status, body } = await relay.api('POST', '/attention/resend', { error: 'TikTokUnauthorized', by: 'anna' });
      expect({ status, body }).toMatchObject({ status: 202, body: { total: 1 } });
      const sent = await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent');
      expect(sent).toMatchObject({ by: 'anna', lastError: null });
      expect(relay.counted().sort()).toEqual([`generic:pay_${subscriptionId}_0`, `generic:pay_${subscriptionId}_1`]);
    });

    it('suppresses the next renewal once the limit is switched on, with its reason and the settings that decided', async () => {
      const subscriptionId = `toggled_${name}`;
      const [first, second, third] = genericEventsOf({
        type: 'subscription',
        subscriptionId,
        userId: subscriptionId,
        startMs: longAgo,
        renewals: 2,
      });
      await relay.generic(first!.event);
      await relay.generic(second!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_1`, 'sent');
      await patch({ limitPurchaseEvents: true });
      await relay.generic(third!.event);
      const suppressed = await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_2`);
      expect(suppressed).toMatchObject({ state: 'suppressed', reason: 'limited', settingsVersion: version, phase: 'renewal' });
      await patch({ limitPurchaseEvents: false });
      // A repetition of a decided payment changes nothing.
      await relay.generic(third!.event, 'msg_again');
      await relay.idle('generic', subscriptionId);
      expect((await relay.purchases('generic', subscriptionId))[`pay_${subscriptionId}_2`]).toMatchObject({
        state: 'suppressed',
      });
    });

    it('lets exactly one of two first purchases of a user through, when they come at the same instant', async () => {
      await patch({ limitPurchaseEvents: true });
      const lives = Array.from(
        { length: 5 },
        (_, n) =>
          genericEventsOf({
            type: 'lifetime',
            subscriptionId: `race_${n}_${name}`,
            userId: `racer_${name}`,
            startMs: longAgo,
          })[0]!.event,
      );
      await Promise.all(lives.map((event, n) => relay.generic(event, `msg_race_${n}`)));
      const ends = await Promise.all(
        lives.map((_, n) => relay.settled('generic', `pay_race_${n}_${name}_0`, `pay_race_${n}_${name}_0`)),
      );
      expect(ends.filter(({ state }) => state === 'sent')).toHaveLength(1);
      expect(ends.filter(({ state, reason }) => state === 'suppressed' && reason === 'limited')).toHaveLength(4);
      const winner = ends.find(({ state }) => state === 'sent').moneyId;
      for (const { state, heldBy } of ends) if (state === 'suppressed') expect(heldBy).toMatchObject({ moneyId: winner });
      await patch({ limitPurchaseEvents: false });
    });

    it('retries what did not get through, with the same event id and time', async () => {
      const subscriptionId = `retried_${name}`;
      const [first] = genericEventsOf({ type: 'subscription', subscriptionId, userId: subscriptionId, startMs: longAgo });
      relay.tiktok.failNext(1, { kind: 'http', status: 502 });
      relay.tiktok.failNext(1, { kind: 'accept_then_drop' });
      await relay.generic(first!.event);
      const sent = await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent');
      expect(sent).toMatchObject({ attempts: 3, lastError: null });
      const [a, b, c] = relay.tiktok.events();
      expect([b!.fate, c!.fate]).toEqual(['counted', 'merged']);
      expect([b!.eventId, b!.eventTime]).toEqual([c!.eventId, c!.eventTime]);
      expect(a!.fate).toBe('refused');
    });

    it('keeps the order of a subscription’s life, and one slow report delays no other', async () => {
      const subscriptionId = `slow_${name}`;
      const [first, second] = genericEventsOf({ type: 'subscription', subscriptionId, userId: subscriptionId, startMs: longAgo });
      const stop = relay.tiktok.failWhile(({ body }) =>
        JSON.stringify(body).includes(`pay_${subscriptionId}_0`) ? { kind: 'http', status: 503 } : null,
      );
      await relay.generic(first!.event);
      await relay.generic(second!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_1`, 'sent');
      const pending = (await relay.purchases('generic', subscriptionId))[`pay_${subscriptionId}_0`];
      expect(pending).toMatchObject({ state: 'pending', phase: 'conversion' });
      stop();
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent');
    });

    it('holds all sends while paused, and loses none', async () => {
      await patch({ paused: true });
      const subscriptionId = `paused_${name}`;
      const [first] = genericEventsOf({ type: 'subscription', subscriptionId, userId: subscriptionId, startMs: longAgo });
      await relay.generic(first!.event);
      // The activity's first attempt has met the pause; its next one comes 10 s later.
      await sleep(1_500);
      expect(relay.tiktok.events()).toEqual([]);
      expect((await relay.purchases('generic', subscriptionId))[`pay_${subscriptionId}_0`]).toMatchObject({ state: 'pending' });
      await patch({ paused: false });
      expect(await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent')).toMatchObject({ attempts: 1 });
    });

    it('answers a skip of what is under way when it is skipped', async () => {
      await patch({ paused: true });
      const subscriptionId = `given_up_${name}`;
      const [first] = genericEventsOf({ type: 'subscription', subscriptionId, userId: subscriptionId, startMs: longAgo });
      await relay.generic(first!.event);
      // The activity's first attempt has met the pause: the skip then finds it between two attempts.
      await sleep(1_500);
      const path = `/subscriptions/generic/${subscriptionId}/purchases/pay_${subscriptionId}_0/skip`;
      expect(await relay.api('POST', path, { by: 'anna' })).toMatchObject({
        status: 200,
        body: { state: 'skipped', by: 'anna' },
      });
      await patch({ paused: false });
    });

    it('skips on an operator’s word, which frees the user’s first place', async () => {
      await patch({ limitPurchaseEvents: true, accessToken: 'a-wrong-token' });
      const first = `skipped_${name}`;
      const second = `next_${name}`;
      const buy = async (subscriptionId: string): Promise<void> => {
        const [conversion] = genericEventsOf({
          type: 'subscription',
          subscriptionId,
          userId: `skipper_${name}`,
          startMs: longAgo,
        });
        await relay.generic(conversion!.event);
      };
      await buy(first);
      await relay.settled('generic', first, `pay_${first}_0`, 'needs_attention');
      await patch({ accessToken: 'tiktok-token' });
      const skipped = await relay.api('POST', `/subscriptions/generic/${first}/purchases/pay_${first}_0/skip`, {
        by: 'anna',
        reason: 'a test',
      });
      expect(skipped).toMatchObject({ status: 200, body: { state: 'skipped', by: 'anna', reason: 'a test' } });
      await eventually(async () => {
        const { body } = await relay.api('GET', `/users/skipper_${name}`);
        expect(body.firstPurchase).toBeNull();
      });
      await buy(second);
      await relay.settled('generic', second, `pay_${second}_0`, 'sent');
      await patch({ limitPurchaseEvents: false });
    });

    it('costs 10 events and 2 Actions for a renewal that is sent, 5 and 2 for one that is suppressed', async () => {
      const subscriptionId = `cost_${name}`;
      const life = genericEventsOf({
        type: 'subscription',
        subscriptionId,
        userId: subscriptionId,
        startMs: longAgo,
        renewals: 2,
      });
      await relay.generic(life[0]!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent');
      const before = await eventTypes(subscriptionId, 0);
      await relay.generic(life[1]!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_1`, 'sent');
      const sent = await eventTypes(subscriptionId, before.length);
      await patch({ limitPurchaseEvents: true });
      await relay.generic(life[2]!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_2`, 'suppressed');
      const suppressed = await eventTypes(subscriptionId, before.length + sent.length);
      await patch({ limitPurchaseEvents: false });

      const task = ['WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED', 'WORKFLOW_TASK_COMPLETED'];
      expect(sent).toEqual([
        'WORKFLOW_EXECUTION_SIGNALED',
        ...task,
        'ACTIVITY_TASK_SCHEDULED',
        'ACTIVITY_TASK_STARTED',
        'ACTIVITY_TASK_COMPLETED',
        ...task,
      ]);
      expect(suppressed).toEqual(['WORKFLOW_EXECUTION_SIGNALED', ...task, 'MARKER_RECORDED']);
    });

    /** Once the workflow is idle. */
    async function eventTypes(subscription: string, from: number): Promise<string[]> {
      const handle = relay.services.client.workflow.getHandle(
        subscriptionWorkflowId({ integration: 'default', psp: 'generic', subscription }),
      );
      return eventually(async () => {
        const { events } = await handle.fetchHistory();
        const types = (events ?? []).map(({ eventType }) => historyEventName(Number(eventType)));
        expect(['WORKFLOW_TASK_COMPLETED', 'MARKER_RECORDED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES']).toContain(types.at(-1));
        return types.slice(from);
      });
    }

    it('shows no personal data and no secret in ids, search attributes or clear history', async () => {
      const subscriptionId = `private_${name}`;
      const traces = {
        user_id: 'user-of-secrets',
        email: 'Buyer@Example.com',
        phone: '+15005550006',
        ip: '203.0.113.77',
        user_agent: 'Secretive/1.0',
        ttclid: 'E.C.P.secret',
      };
      const [first] = genericEventsOf({ type: 'subscription', subscriptionId, startMs: longAgo, metadata: traces });
      await relay.generic(first!.event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_0`, 'sent');
      const handle = relay.services.client.workflow.getHandle(
        subscriptionWorkflowId({ integration: 'default', psp: 'generic', subscription: subscriptionId }),
      );
      const { events } = await handle.fetchHistory();
      const raw = clearText(events);
      const described = clearText((await handle.describe()).raw);
      for (const trace of [...Object.values(traces), 'buyer@example.com', 'tiktok-token']) {
        expect(raw).not.toContain(trace);
        expect(described).not.toContain(trace);
      }
      expect(raw).toContain('binary/encrypted');
      // And yet TikTok got all of it, hashed where it takes hashes.
      const { user } = relay.tiktok.events()[0]!;
      expect(user).toMatchObject({ ip: traces.ip, user_agent: traces.user_agent, ttclid: traces.ttclid });
      expect(user['email']).toMatch(/^[0-9a-f]{64}$/);
    });

    it('uses the checkout id as event id of the first phase only', async () => {
      const subscriptionId = `checkout_${name}`;
      const life = genericEventsOf({
        type: 'free_trial',
        subscriptionId,
        userId: subscriptionId,
        checkoutId: `chk_${name}`,
        startMs: longAgo,
      });
      for (const { event } of life) await relay.generic(event);
      await relay.settled('generic', subscriptionId, `pay_${subscriptionId}_2`, 'sent');
      await eventually(() => expect(relay.counted()).toHaveLength(3));
      expect(relay.counted().sort()).toEqual(
        [`chk_${name}`, `generic:pay_${subscriptionId}_1`, `generic:pay_${subscriptionId}_2`].sort(),
      );
    });
  });
}

/** Everything that can be read in a protobuf message without a key, bytes included. */
function clearText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${clearText(inner)}`)
    .join('\n');
}

function byEventId(a: { eventId: string | null }, b: { eventId: string | null }): number {
  return String(a.eventId) < String(b.eventId) ? -1 : 1;
}

function historyEventName(type: number): string {
  const names: Record<number, string> = {
    1: 'WORKFLOW_EXECUTION_STARTED',
    5: 'WORKFLOW_TASK_SCHEDULED',
    6: 'WORKFLOW_TASK_STARTED',
    7: 'WORKFLOW_TASK_COMPLETED',
    10: 'ACTIVITY_TASK_SCHEDULED',
    11: 'ACTIVITY_TASK_STARTED',
    12: 'ACTIVITY_TASK_COMPLETED',
    17: 'TIMER_STARTED',
    25: 'MARKER_RECORDED',
    26: 'WORKFLOW_EXECUTION_SIGNALED',
    40: 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
  };
  return names[type] ?? String(type);
}
