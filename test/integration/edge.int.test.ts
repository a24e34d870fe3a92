/** The edges of the main path, end to end: refunds that come too early, no worker, late states, long lives, endings. */
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { genericEventsOf } from '../../sandbox/generic/webhooks';
import {
  invoiceId,
  stripeEvent,
  stripeInvoice,
  stripeEventsOf,
  stripeSession,
  stripeSubscription,
} from '../../sandbox/stripe/webhooks';
import { coreTaskQueue, subscriptionWorkflowId, type SubscriptionInput } from '../../workflows/contract';
import { eventually, Relay } from '../support/relay';

const day = 86_400_000;
/** Signatures are checked by the real clock, so lives are told from here. */
const nowMs = Date.now();
const longAgo = nowMs - 90 * day;
const seconds = Math.floor(nowMs / 1000);
/** How long a payment waits for the state that tells its phase. */
const stateWaitMs = 20_000;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function conversionOf(subscriptionId: string, identity: { userId?: string; email?: string } = {}): object {
  return genericEventsOf({ type: 'subscription', subscriptionId, startMs: longAgo, ...identity })[0]!.event;
}

function workflowOf(relay: Relay, psp: string, subscription: string) {
  return relay.services.client.workflow.getHandle(subscriptionWorkflowId({ integration: 'default', psp, subscription }));
}

/** How often an event arrived at TikTok's end, counted or not. */
function arrivals(relay: Relay, eventId: string): string[] {
  return relay.tiktok.events().flatMap((event) => (event.eventId === eventId ? [event.fate] : []));
}

async function patch(relay: Relay, settings: object): Promise<void> {
  expect(await relay.api('PATCH', '/settings', settings)).toMatchObject({ status: 200 });
}

describe('at the edges of the main path', () => {
  let relay: Relay;
  beforeAll(async () => {
    relay = await Relay.start('edge');
    await patch(relay, { maxEventAgeHours: 8760 });
  });
  afterAll(() => relay?.stop());
  beforeEach(() => relay.tiktok.reset());

  describe('a refund of Stripe that names nothing but the charge', () => {
    const life = (name: string) =>
      ({
        type: 'subscription',
        subscriptionId: `sub_${name}`,
        customerId: `cus_${name}`,
        startMs: longAgo,
        renewals: 0,
        version: 'acacia',
      }) as const;
    const paidEvents = (name: string): object[] => stripeEventsOf(life(name)).map(({ event }) => event);
    const refundOf = (name: string): object =>
      stripeEvent(
        'refund.created',
        {
          id: `re_${name}`,
          amount: 1999,
          currency: 'usd',
          created: seconds,
          status: 'succeeded',
          charge: `ch_${name}_0`,
          payment_intent: null,
        },
        { created: seconds },
      );

    it('and comes before the payment keeps it from being sent', async () => {
      const name = 'refund_before';
      expect((await relay.stripe(refundOf(name))).body).toEqual({
        outcome: 'accepted',
        facts: [{ kind: 'refund', moneyId: `ch_${name}_0`, subscription: null }],
      });
      for (const event of paidEvents(name)) expect(await relay.stripe(event)).toMatchObject({ status: 200 });
      const record = await relay.settled('stripe', `sub_${name}`, invoiceId(life(name), 0), 'not_a_purchase', 'sent');
      expect(record).toMatchObject({
        state: 'not_a_purchase',
        reason: 'refunded_before_sent',
        amount: '19.99',
        refunded: '19.99',
      });
      await relay.idle('stripe', `sub_${name}`);
      expect(relay.tiktok.events()).toEqual([]);
    });

    it('and comes after the payment is shown beside it; what was sent stays sent', async () => {
      const name = 'refund_after';
      for (const event of paidEvents(name)) await relay.stripe(event);
      const moneyId = invoiceId(life(name), 0);
      expect(await relay.settled('stripe', `sub_${name}`, moneyId, 'sent')).toMatchObject({ refunded: '0.00' });
      expect((await relay.stripe(refundOf(name))).body.facts).toEqual([{ kind: 'refund', moneyId, subscription: `sub_${name}` }]);
      await relay.stripe(refundOf(name));
      await eventually(async () => {
        expect((await relay.purchases('stripe', `sub_${name}`))[moneyId]).toMatchObject({
          state: 'sent',
          amount: '19.99',
          refunded: '19.99',
        });
      });
      // The table that operators search says the same.
      await eventually(async () => {
        const { body } = await relay.api('GET', `/purchases?q=${moneyId}`);
        expect(body.items).toMatchObject([{ state: 'sent', refunded: '19.99' }]);
      });
      expect(arrivals(relay, `stripe:${moneyId}`)).toEqual(['counted']);
    });
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'default/__proto__',
    '__proto__/stripe',
    'toString/stripe',
    'paddle',
    'nobody/stripe',
  ])('has no provider and no account named %s', async (path) => {
    expect(await relay.post(`/webhooks/${path}`, '{}', {})).toMatchObject({ status: 404 });
  });

  it('tells TikTok the buyer that only the session of Stripe names, when the session came first', async () => {
    const metadata = { user_id: 'u_session_only', email: 'Session@Example.com', ttclid: 'E.C.P.session', ip: '203.0.113.9' };
    const life = {
      type: 'subscription',
      subscriptionId: 'sub_session',
      customerId: 'cus_session',
      startMs: longAgo,
      renewals: 0,
    } as const;
    const created = Math.floor(longAgo / 1000);
    const session = { ...stripeSession(life), metadata };
    const bill = { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false };
    const invoice = stripeInvoice(life, bill);
    expect(JSON.stringify(invoice)).not.toContain('session_only');
    await relay.stripe(stripeEvent('checkout.session.completed', session, { created }));
    await relay.stripe(stripeEvent('invoice.paid', invoice, { created }));
    await relay.settled('stripe', 'sub_session', invoiceId(life, 0), 'sent');
    expect(relay.tiktok.events()[0]!.user).toMatchObject({
      external_id: sha256('u_session_only'),
      email: sha256('session@example.com'),
      ttclid: 'E.C.P.session',
      ip: '203.0.113.9',
    });
    const { body } = await relay.api('GET', '/users/u_session_only');
    expect(body).toMatchObject({ firstPurchase: { subscription: 'sub_session', state: 'sent' } });
  });

  it('limits the orders of one person who is known first by e-mail, then by e-mail and user id, then by user id', async () => {
    await patch(relay, { limitPurchaseEvents: true });
    const email = 'joined@example.com';
    const userId = 'u_joined';
    const buy = async (order: string, identity: { userId?: string; email?: string }) => {
      await relay.generic(conversionOf(order, identity), `msg_${order}`);
      return relay.settled('generic', order, `pay_${order}_0`);
    };
    const heldByFirst = {
      state: 'suppressed',
      reason: 'limited',
      heldBy: { subscription: 'joined_1', moneyId: 'pay_joined_1_0' },
    };
    expect(await buy('joined_1', { email })).toMatchObject({ state: 'sent' });
    expect(await buy('joined_2', { email: ' JOINED@example.com ', userId })).toMatchObject(heldByFirst);
    expect(await buy('joined_3', { userId })).toMatchObject(heldByFirst);
    // Somebody else of the same name is somebody else.
    expect(await buy('joined_4', { userId: 'U_JOINED' })).toMatchObject({ state: 'sent' });
    expect(relay.counted()).toEqual(['generic:pay_joined_1_0', 'generic:pay_joined_4_0']);
    const { body } = await relay.api('GET', `/users/${userId}`);
    expect(body.orders.map(({ subscription }: { subscription: string }) => subscription)).toEqual([
      'joined_1',
      'joined_2',
      'joined_3',
    ]);
    await patch(relay, { limitPurchaseEvents: false });
  });

  describe('a payment whose phase only a state fact tells (a Trial Offer of Stripe)', () => {
    const endive = { apiVersion: '2026-09-30.endive', created: seconds };
    const lifeOf = (name: string) =>
      ({
        type: 'subscription',
        ...{ subscriptionId: `sub_${name}`, customerId: `cus_${name}`, userId: `u_${name}` },
        startMs: seconds * 1000,
      }) as const;
    const paid = (name: string) =>
      stripeEvent(
        'invoice.paid',
        stripeInvoice(lifeOf(name), {
          index: 0,
          reason: 'subscription_create',
          paidAt: seconds,
          periodStart: seconds,
          isTrial: false,
        }),
        endive,
      );
    const begun = (name: string, trialDays: number | null) => {
      const subscription = stripeSubscription(lifeOf(name), 'active');
      const { data } = subscription['items'] as { data: object[] };
      const trial =
        trialDays === null ? null : { start_date: seconds, end_date: seconds + trialDays * 86_400, trial_offer: 'to_1' };
      const items = { object: 'list', data: data.map((item) => ({ ...item, current_trial: trial })) };
      return stripeEvent('customer.subscription.created', { ...subscription, items }, endive);
    };

    it('waits for it, and is a trial start as soon as it comes', async () => {
      const startedAt = performance.now();
      await relay.stripe(paid('offer'));
      await relay.idle('stripe', 'sub_offer');
      expect((await relay.purchases('stripe', 'sub_offer'))['in_offer_0']).toMatchObject({ state: 'pending' });
      expect(relay.tiktok.events()).toEqual([]);
      await relay.stripe(begun('offer', 7));
      const record = await relay.settled('stripe', 'sub_offer', 'in_offer_0', 'sent');
      expect(record).toMatchObject({ phase: 'trial_start', purchaseType: 'paid_trial' });
      expect(performance.now() - startedAt).toBeLessThan(stateWaitMs);
    });

    it('is a conversion as soon as the state says that there is no trial', async () => {
      const startedAt = performance.now();
      await relay.stripe(paid('no_offer'));
      await relay.stripe(begun('no_offer', null));
      expect(await relay.settled('stripe', 'sub_no_offer', 'in_no_offer_0', 'sent')).toMatchObject({ phase: 'conversion' });
      expect(performance.now() - startedAt).toBeLessThan(stateWaitMs);
    });

    it('is sent as a conversion when it does not come within 20 s; a later word changes the phase of the record only', async () => {
      const startedAt = performance.now();
      await relay.stripe(paid('late_offer'));
      // Half of the real wait: the state's timer runs in the Temporal server, whose clock no test can move.
      await sleep(stateWaitMs / 2);
      expect(relay.tiktok.events()).toEqual([]);
      const record = await eventually(() => relay.settled('stripe', 'sub_late_offer', 'in_late_offer_0', 'sent'));
      expect(record).toMatchObject({ phase: 'conversion', purchaseType: 'subscription' });
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThan(stateWaitMs - 500);
      expect(tookMs).toBeLessThan(stateWaitMs * 3);

      await relay.stripe(begun('late_offer', 7));
      await eventually(async () => {
        expect((await relay.purchases('stripe', 'sub_late_offer'))['in_late_offer_0']).toMatchObject({
          state: 'sent',
          phase: 'trial_start',
        });
      });
      await relay.idle('stripe', 'sub_late_offer');
      expect(arrivals(relay, 'stripe:in_late_offer_0')).toEqual(['counted']);
    });
  });

  it('reports every renewal of a long life once, through continue-as-new, and a late duplicate changes nothing', async () => {
    const subscriptionId = 'long_life';
    const renewals = 64;
    const startMs = nowMs - 300 * day;
    const life = genericEventsOf({ type: 'subscription', subscriptionId, userId: 'u_long', startMs, renewals });
    // Periods of a day: what counts is how many there are.
    const events = life.map(({ event }, n) => ({ ...event, occurred_at: new Date(startMs + n * day).toISOString() }));
    const idOf = (n: number): string => `pay_${subscriptionId}_${n}`;
    for (const [n, event] of events.entries()) {
      expect(await relay.generic(event, `msg_long_${n}`)).toMatchObject({ status: 200 });
      // Now and then the order comes to rest, as it does in life.
      if (n % 16 === 15) await relay.settled('generic', subscriptionId, idOf(n), 'sent');
    }
    await relay.settled('generic', subscriptionId, idOf(renewals), 'sent');

    const expected = events.map((_, n) => `generic:${idOf(n)}`).sort();
    await eventually(() => expect(relay.counted().sort()).toEqual(expected));
    expect(relay.tiktok.events()).toHaveLength(events.length);
    const workflow = workflowOf(relay, 'generic', subscriptionId);
    const info = await eventually(async () => {
      const { raw, historyLength, runId, status } = await workflow.describe();
      expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(runId);
      expect(historyLength).toBeLessThan(250);
      return { runId, status: status.name };
    });
    expect(info.status).toBe('RUNNING');

    const before = await relay.purchases('generic', subscriptionId);
    expect(Object.values(before).map(({ phase }) => phase)).toEqual([
      'conversion',
      ...Array.from({ length: renewals }, () => 'renewal'),
    ]);
    for (const n of [0, 3, renewals]) await relay.generic(events[n]!, `msg_late_${n}`);
    await relay.idle('generic', subscriptionId);
    expect(await relay.purchases('generic', subscriptionId)).toEqual(before);
    expect(relay.tiktok.events()).toHaveLength(events.length);
  });

  it.each([
    ['of 200 letters', 'o'.repeat(200)],
    ['of 200 letters of three bytes each', '注'.repeat(200)],
    ['with slashes, blanks and marks', 'order/7 of "A" & %2F? #1|`x`'],
  ])('reports the payment of an order whose id is one %s', async (_, id) => {
    const event = { ...conversionOf('any'), subscription_id: id, money_id: id };
    expect(await relay.generic(event, 'msg_odd')).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    expect(await relay.settled('generic', id, id, 'sent')).toMatchObject({ subscription: id, moneyId: id });
  });

  describe('an order that has ended', () => {
    it('completes when its time for late facts is over, with its final state', async () => {
      const subscription = 'closing';
      const result = await startClosing(relay, subscription, 500);
      const [conversion, renewal] = genericEventsOf({ type: 'subscription', subscriptionId: subscription, startMs: longAgo });
      await relay.generic(conversion!.event);
      await relay.settled('generic', subscription, `pay_${subscription}_0`, 'sent');
      // Twice the 500 ms after which it would close if it had ended.
      await sleep(1_000);
      expect((await workflowOf(relay, 'generic', subscription).describe()).status.name).toBe('RUNNING');
      await relay.generic({ kind: 'ended', subscription_id: subscription, occurred_at: new Date(longAgo + day).toISOString() });
      expect(await result.result()).toMatchObject({
        ...{ psp: 'generic', subscription, status: 'ended' },
        purchases: [{ moneyId: `pay_${subscription}_0`, state: 'sent' }],
      });

      // Too late for that run: a repetition is not sent again, and what is new still is.
      await relay.generic(conversion!.event, 'msg_after_closing');
      await relay.generic(renewal!.event, 'msg_after_closing_2');
      await relay.settled('generic', subscription, `pay_${subscription}_1`, 'sent');
      await relay.settled('generic', subscription, `pay_${subscription}_0`, 'sent');
      expect(arrivals(relay, `generic:pay_${subscription}_0`)).toEqual(['counted']);
      expect(arrivals(relay, `generic:pay_${subscription}_1`)).toEqual(['counted']);
    });

    it('stays open while a purchase needs attention', async () => {
      const subscription = 'closing_attention';
      await patch(relay, { accessToken: 'a-wrong-token' });
      const result = await startClosing(relay, subscription, 300);
      await relay.generic(conversionOf(subscription));
      await relay.generic({ kind: 'ended', subscription_id: subscription, occurred_at: new Date(longAgo + day).toISOString() });
      await relay.settled('generic', subscription, `pay_${subscription}_0`, 'needs_attention');
      await patch(relay, { accessToken: 'tiktok-token' });
      // Five times the 300 ms after which it would close if nothing needed attention.
      await sleep(1_500);
      expect((await result.describe()).status.name).toBe('RUNNING');
      const path = `/subscriptions/generic/${subscription}/purchases/pay_${subscription}_0/resend`;
      expect(await relay.api('POST', path, { by: 'anna' })).toMatchObject({ status: 200 });
      expect(await result.result()).toMatchObject({ status: 'ended', purchases: [{ state: 'sent' }] });
    });
  });
});

/** As ingestion would start it, but closing sooner than after 45 days. */
function startClosing(relay: Relay, subscription: string, closeAfterMs: number) {
  const order = { integration: 'default', psp: 'generic', subscription };
  const input: SubscriptionInput = { ...order, closeAfterMs };
  return relay.services.client.workflow.start('subscription', {
    workflowId: subscriptionWorkflowId(order),
    taskQueue: coreTaskQueue,
    args: [input],
  });
}

describe('while no worker runs', () => {
  let relay: Relay;
  beforeAll(async () => {
    relay = await Relay.start('edge-idle', { worker: false });
    await patch(relay, { maxEventAgeHours: 8760 });
  });
  afterAll(() => relay?.stop());

  it('webhooks are accepted and shown as pending from the table; once a worker comes, everything is sent once', async () => {
    const life = {
      type: 'free_trial',
      subscriptionId: 'sub_idle',
      customerId: 'cus_idle',
      userId: 'u_idle',
      startMs: longAgo,
    } as const;
    const oneOff = genericEventsOf({ type: 'lifetime', subscriptionId: 'idle_once', userId: 'u_idle_2', startMs: longAgo })[0]!
      .event;
    for (let time = 0; time < 2; time += 1) {
      for (const { event } of stripeEventsOf(life)) expect(await relay.stripe(event)).toMatchObject({ status: 200 });
      expect(await relay.generic(oneOff)).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    }
    // An ending that is queued before a payment, which still has to be reported.
    const closing = await startClosing(relay, 'idle_closing', 500);
    const [conversion, renewal] = genericEventsOf({ type: 'subscription', subscriptionId: 'idle_closing', startMs: longAgo });
    const endedAt = new Date(longAgo + 40 * day).toISOString();
    await relay.generic(conversion!.event, 'msg_closing_1');
    await relay.generic({ kind: 'ended', subscription_id: 'idle_closing', occurred_at: endedAt }, 'msg_closing_2');
    await relay.generic(renewal!.event, 'msg_closing_3');

    const { status, body } = await relay.api('GET', '/subscriptions/stripe/sub_idle');
    expect([status, body.source]).toEqual([200, 'table']);
    const pending = (body.purchases as { moneyId: string; state: string }[]).map(({ moneyId, state }) => [moneyId, state]);
    expect(pending.sort()).toEqual([0, 1, 2].map((n) => [invoiceId(life, n), 'pending']));
    expect(await relay.api('GET', '/purchases?state=pending')).toMatchObject({ status: 200, body: { items: { length: 6 } } });
    expect(await relay.post('/webhooks/generic', '{}', {})).toMatchObject({ status: 401 });
    expect(relay.tiktok.events()).toEqual([]);

    await relay.startWorker();
    const phases = [];
    for (const n of [0, 1, 2]) phases.push((await relay.settled('stripe', 'sub_idle', invoiceId(life, n), 'sent')).phase);
    expect(phases).toEqual(['trial_start', 'conversion', 'renewal']);
    await relay.settled('generic', 'pay_idle_once_0', 'pay_idle_once_0', 'sent');
    expect(await closing.result()).toMatchObject({
      status: 'ended',
      purchases: [
        { moneyId: 'pay_idle_closing_0', phase: 'conversion', state: 'sent' },
        { moneyId: 'pay_idle_closing_1', phase: 'renewal', state: 'sent' },
      ],
    });
    await relay.idle('stripe', 'sub_idle');
    await relay.idle('generic', 'pay_idle_once_0');
    const sent = relay.tiktok.events().map(({ eventId, fate }) => `${String(eventId)} ${fate}`);
    expect(sent.sort()).toEqual(
      [
        ...[0, 1, 2].map((n) => `stripe:${invoiceId(life, n)} counted`),
        ...['pay_idle_once_0', 'pay_idle_closing_0', 'pay_idle_closing_1'].map((id) => `generic:${id} counted`),
      ].sort(),
    );
    expect((await relay.api('GET', '/subscriptions/stripe/sub_idle')).body.source).toBe('workflow');
  });

  it('the web process stops although a client goes on asking over a connection that it keeps; what is under way is answered', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    /** One request over the one connection; with `pause` its body ends only after that. */
    const ask = (pause?: Promise<unknown>): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request(`${relay.web.localUrl}/webhooks/stripe`, { agent, method: 'POST' }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        });
        asked.on('error', reject).write('{');
        void Promise.resolve(pause).then(() => asked.end('}'));
      });
    const underWay = ask(sleep(300));
    await sleep(100);
    const stopped = relay.web.stop();
    const startedAt = performance.now();
    expect(await underWay).toBe(401);
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        await ask();
        await sleep(10);
      }
    })().catch((error: NodeJS.ErrnoException) => error.code);
    await Promise.race([stopped, sleep(20_000, undefined, { ref: false })]);
    const tookMs = performance.now() - startedAt;
    // Who still is answered now would be for ever.
    isOver = tookMs > 15_000;
    expect(await asking).toMatch(/^(ECONN(REFUSED|RESET)|EPIPE)$/);
    expect(tookMs).toBeLessThan(15_000);
    agent.destroy();
  });
});
