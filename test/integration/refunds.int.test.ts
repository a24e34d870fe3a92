/** A refund that comes before, while and after its purchase is sent: by webhooks that name what the provider names, and by checks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { genericEventsOf } from '../../sandbox/generic/webhooks';
import { intentId, invoiceId, stripeEvent, stripeEventsOf } from '../../sandbox/stripe/webhooks';
import { check, day, happen, hour, minute, nowMs, relayWith } from '../support/checking';
import type { StripeEnd } from '../support/provider-stubs';
import { stripeEnd } from '../support/provider-stubs';
import type { Relay } from '../support/relay';
import { eventually } from '../support/relay';

let relay: Relay;
let stripe: StripeEnd;
beforeAll(async () => {
  stripe = await stripeEnd();
  relay = await relayWith('refunds', [stripe], { embedded: true });
  const { status } = await relay.api('PATCH', '/settings', { limitPurchaseEvents: true });
  expect(status).toBe(200);
});
afterAll(async () => {
  await relay?.stop();
  await stripe?.close();
});
beforeEach(() => relay.tiktok.reset());

/** A purchase and its refund, as one provider tells them. */
interface Story {
  readonly psp: string;
  readonly order: string;
  readonly moneyId: string;
  paid(): Promise<void>;
  refunded(amountMinor?: number): Promise<void>;
}

async function webhook(event: object): Promise<void> {
  expect(await relay.post('/webhooks/stripe', ...stripe.signed(event))).toMatchObject({ status: 200 });
}

const storiesOf: Readonly<Record<string, (name: string) => Story>> = {
  'a subscription of Stripe, by its charge,': (name) => {
    const life = stripeOf(name, 'subscription', 'acacia');
    return {
      ...{ psp: 'stripe', order: life.subscriptionId, moneyId: invoiceId(life, 0) },
      paid: () => all(stripeEventsOf(life).map(({ event }) => event)),
      refunded: (amount) => webhook(refundOfStripe(name, { charge: `ch_${name}_0`, payment_intent: null }, amount)),
    };
  },
  // Since basil an invoice does not name what paid it; another event does, and here it is not the last. Where it is, the purchase is
  // sent before anybody can know, and the refund is shown beside it.
  'a subscription of Stripe, by its intent,': (name) => {
    const life = stripeOf(name, 'subscription', 'basil');
    const events = stripeEventsOf(life).map(({ event }) => event);
    const links = events.filter(({ type }) => type === 'invoice_payment.paid');
    return {
      ...{ psp: 'stripe', order: life.subscriptionId, moneyId: invoiceId(life, 0) },
      paid: () => all([...links, ...events.filter((event) => !links.includes(event))]),
      refunded: (amount) => webhook(refundOfStripe(name, { charge: `ch_${name}_0`, payment_intent: intentId(life, 0) }, amount)),
    };
  },
  'a one-off of Stripe, by its intent,': (name) => {
    const life = stripeOf(name, 'lifetime', 'basil');
    return {
      ...{ psp: 'stripe', order: intentId(life, 0), moneyId: intentId(life, 0) },
      paid: () => all(stripeEventsOf(life).map(({ event }) => event)),
      refunded: (amount) => webhook(refundOfStripe(name, { charge: `ch_${name}_0`, payment_intent: intentId(life, 0) }, amount)),
    };
  },
  'the generic webhook': (name) => {
    const [conversion] = genericEventsOf({
      type: 'subscription',
      subscriptionId: name,
      userId: `u_${name}`,
      startMs: nowMs - hour,
    });
    const refund = (amountMinor = 1999): object => ({
      ...{ kind: 'refund', subscription_id: name, money_id: `pay_${name}_0`, currency: 'USD' },
      ...{ amount: (amountMinor / 100).toFixed(2), occurred_at: new Date(nowMs - minute).toISOString() },
    });
    const send = async (event: object, id: string): Promise<void> =>
      expect(await relay.generic(event, id)).toMatchObject({ status: 200 });
    return {
      ...{ psp: 'generic', order: name, moneyId: `pay_${name}_0` },
      paid: () => send(conversion!.event, `msg_${name}`),
      refunded: (amount) => send(refund(amount), `msg_${name}_refund`),
    };
  },
};

function stripeOf(name: string, type: 'subscription' | 'lifetime', version: 'acacia' | 'basil') {
  const ids = { subscriptionId: `sub_${name}`, customerId: `cus_${name}`, userId: `u_${name}` };
  return { ...ids, type, version, startMs: nowMs - hour, renewals: 0 } as const;
}

function refundOfStripe(name: string, payment: { charge: string; payment_intent: string | null }, amount = 1999) {
  const created = Math.floor(nowMs / 1000) - 60;
  const object = { id: `re_${name}`, object: 'refund', amount, currency: 'usd', created, status: 'succeeded', ...payment };
  return stripeEvent('refund.created', object, { created, id: `evt_re_${name}` });
}

async function all(events: readonly object[]): Promise<void> {
  for (const event of events) await webhook(event);
}

const arrivalsOf = ({ psp, moneyId }: Story): string[] =>
  relay.tiktok.events().flatMap(({ eventId, fate }) => (eventId === `${psp}:${moneyId}` ? [fate] : []));

async function firstPurchaseOf(userId: string): Promise<unknown> {
  const { status, body } = await relay.api('GET', `/users/${userId}`);
  expect(status).toBe(200);
  return body.firstPurchase;
}

/** The same user buys something else. */
async function buysAgain(userId: string): Promise<string> {
  const [again] = genericEventsOf({ type: 'lifetime', subscriptionId: `again_${userId}`, userId, startMs: nowMs - minute });
  expect(await relay.generic(again!.event, `msg_again_${userId}`)).toMatchObject({ status: 200 });
  return `pay_again_${userId}_0`;
}

describe.each(Object.keys(storiesOf))('a refund of %s', (kind) => {
  const storyOf = (name: string): Story => storiesOf[kind]!(`${name}${Object.keys(storiesOf).indexOf(kind)}`);

  it('that comes before its payment keeps it from TikTok, and the buyer’s first place free', async () => {
    const story = storyOf('before');
    await story.refunded();
    await story.paid();
    expect(await relay.settled(story.psp, story.order, story.moneyId)).toMatchObject({
      ...{ state: 'not_a_purchase', reason: 'refunded_before_sent', amount: '19.99', refunded: '19.99', attempts: 0 },
    });
    const again = await buysAgain(`u_${story.order.replace(/^(sub|pi)_|_0$/g, '')}`);
    expect(await relay.settled('generic', again, again)).toMatchObject({ state: 'sent' });
    expect(arrivalsOf(story)).toEqual([]);
  });

  it('that comes while TikTok is down withdraws it: nothing is counted, and the place is free again', async () => {
    const story = storyOf('while');
    const userId = `u_${story.order.replace(/^(sub|pi)_|_0$/g, '')}`;
    const up = relay.tiktok.failWhile(() => ({ kind: 'http', status: 503 }));
    await story.paid();
    await eventually(async () => {
      const record = (await relay.purchases(story.psp, story.order))[story.moneyId];
      expect(record).toMatchObject({ state: 'pending', lastError: { type: 'TikTokUnreachable' } });
    });
    expect(await firstPurchaseOf(userId)).toMatchObject({ moneyId: story.moneyId });
    await story.refunded();
    expect(await relay.settled(story.psp, story.order, story.moneyId)).toMatchObject({
      ...{ state: 'not_a_purchase', reason: 'refunded_before_sent', refunded: '19.99', requestId: null },
    });
    await eventually(async () => expect(await firstPurchaseOf(userId)).toBeNull());
    up();
    const again = await buysAgain(userId);
    expect(await relay.settled('generic', again, again)).toMatchObject({ state: 'sent' });
    // Longer than the next attempt would have waited.
    await sleep(2_500);
    expect(new Set(arrivalsOf(story))).toEqual(new Set(['refused']));
    expect(relay.counted()).toEqual([`generic:${again}`]);
  });

  it('that comes after it was sent is shown beside it, once however often it is told, and takes nothing back', async () => {
    const story = storyOf('after');
    await story.paid();
    await relay.settled(story.psp, story.order, story.moneyId, 'sent');
    await story.refunded(500);
    await story.refunded(500);
    const shown = { state: 'sent', amount: '19.99', refunded: '5.00', value: 19.99, attempts: 1 };
    await eventually(async () => expect((await relay.purchases(story.psp, story.order))[story.moneyId]).toMatchObject(shown));
    await eventually(async () => {
      const { body } = await relay.api('GET', `/purchases?psp=${story.psp}&q=${story.moneyId}`);
      expect(body.items).toMatchObject([shown]);
    });
    expect(arrivalsOf(story)).toEqual(['counted']);
  });
});

describe('a refund whose webhook was lost', () => {
  it('is found by a check, and shown', async () => {
    const life = stripeOf('lost_refund', 'subscription', 'basil');
    const told = stripe.eventsOf({
      ...{ name: 'lost_refund', type: 'subscription', startMs: nowMs - hour, renewals: 0 },
      ...{ currency: 'USD', amountMinor: 1999, trialAmountMinor: 100 },
    });
    happen(told);
    stripe.api.add([refundOfStripe('lost_refund', { charge: 'ch_lost_refund_0', payment_intent: intentId(life, 0) }, 700)]);
    await all(stripeEventsOf(life).map(({ event }) => event));
    await relay.settled('stripe', 'sub_lost_refund', 'in_lost_refund_0', 'sent');
    expect(await check(relay, 'stripe')).toMatchObject({ found: 0 });
    await eventually(async () =>
      expect((await relay.purchases('stripe', 'sub_lost_refund'))['in_lost_refund_0']).toMatchObject({
        ...{ state: 'sent', refunded: '7.00' },
      }),
    );
    // The account is of what was charged; a refund does not change that.
    const { body } = await relay.api('GET', `/report?psp=stripe&from=${new Date(nowMs - day).toISOString()}`);
    expect(body.missing).toEqual([]);
  });

  it('is found together with its payment, and then nothing is sent', async () => {
    const told = stripe.eventsOf({
      ...{ name: 'both_lost', type: 'lifetime', startMs: nowMs - hour, renewals: 0 },
      ...{ currency: 'USD', amountMinor: 1999, trialAmountMinor: 100 },
    });
    happen(told);
    stripe.api.add([refundOfStripe('both_lost', { charge: 'ch_both_lost_0', payment_intent: 'pi_both_lost_0' })]);
    const stop = relay.tiktok.failWhile(() => ({ kind: 'http', status: 503 }));
    expect(await check(relay, 'stripe')).toMatchObject({ found: 1 });
    expect(await relay.settled('stripe', 'pi_both_lost_0', 'pi_both_lost_0')).toMatchObject({
      ...{ state: 'not_a_purchase', reason: 'refunded_before_sent', refunded: '19.99' },
    });
    stop();
    expect(relay.counted()).toEqual([]);
  });
});
