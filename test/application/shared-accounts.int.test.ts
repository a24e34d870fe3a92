/** One account, several pixels: where each fact goes, whatever came first. */
import fc from 'fast-check';
import { stripeEvent, stripeInvoice, stripeSession, stripeSubscription } from '../../sandbox/stripe/webhooks';
import { SharedAccount } from '../support/shared-account';
import { closeSharedStore } from '../support/stored-relay';
import { defaultStartMs } from '../support/simulated-relay';

afterAll(() => closeSharedStore());

const created = defaultStartMs / 1000;
const quiz = { funnel: ['quiz'] };
const shop = { funnel: ['shop', 'blog'] };
const life = {
  type: 'subscription',
  subscriptionId: 'sub_1',
  customerId: 'cus_1',
  startMs: defaultStartMs,
  email: 'a@example.com',
} as const;

type Fields = Readonly<Record<string, unknown>>;
const event = (type: string, object: Fields, id = type) => stripeEvent(type, object, { created, id: `evt_${id}` });

/** An invoice that says nothing of the merchant's. */
const invoice = event(
  'invoice.paid',
  stripeInvoice(life, { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false }),
);
const session = (funnel?: string) =>
  event('checkout.session.completed', {
    ...stripeSession(life),
    metadata: funnel === undefined ? {} : { funnel, user_id: 'u1' },
  });
const began = event('customer.subscription.created', stripeSubscription(life, 'active'));
const intent = event('payment_intent.succeeded', {
  ...{ id: 'pi_1_0', object: 'payment_intent', amount: 1999, amount_received: 1999, currency: 'usd', latest_charge: 'ch_1' },
  ...{ customer: 'cus_1', metadata: {}, receipt_email: 'a@example.com' },
});
const link = event('invoice_payment.paid', {
  ...{ id: 'inpay_1', object: 'invoice_payment', invoice: 'in_1_0', amount_paid: 1999, currency: 'usd', status: 'paid' },
  payment: { type: 'payment_intent', payment_intent: 'pi_1_0' },
});
/** By the charge alone, as Stripe does. */
const refund = event('refund.created', {
  ...{
    id: 're_1',
    object: 'refund',
    amount: 500,
    currency: 'usd',
    status: 'succeeded',
    created,
    charge: 'ch_1',
    payment_intent: 'pi_1_0',
  },
});

const split = () => SharedAccount.of({ main: null, quiz, shop });
const conversion = 'in_1_0: conversion sent of 1999';

describe('an event', () => {
  it('that matches goes to all of the account, and to the integration of its funnel', async () => {
    const account = await split();
    const told = await account.receives('stripe', session('quiz'));
    expect(told).toMatchObject({ kind: 'facts', facts: [{ kind: 'began', moneyId: null, subscription: 'sub_1' }] });
    expect(told).not.toHaveProperty('reason');
    await account.receives('stripe', invoice);
    await account.passes(60_000);
    expect(await account.records()).toEqual({ main: [conversion], quiz: [conversion], shop: [] });
    expect(await account.waiting()).toEqual({ main: 0, quiz: 0, shop: 0 });
  });

  it('that says nothing waits, and comes with the one that says whose it is; named once in every answer', async () => {
    const account = await SharedAccount.of({ shop, quiz });
    const told = await account.receives('stripe', invoice);
    expect(told).toMatchObject({
      kind: 'facts',
      facts: [{ kind: 'conversion', moneyId: 'in_1_0', subscription: 'sub_1' }],
      reason: expect.stringContaining('kept until'),
    });
    expect(await account.records()).toEqual({ shop: [], quiz: [] });
    expect(await account.waiting()).toEqual({ shop: 1, quiz: 1 });
    await account.receives('stripe', session('quiz'));
    await account.passes(60_000);
    expect(await account.records()).toEqual({ shop: [], quiz: [conversion] });
    expect(await account.waiting()).toEqual({ shop: 0, quiz: 0 });
    expect(account.sent()).toEqual({ shop: [], quiz: [expect.stringMatching(/^stripe:in_1_0 of .*external_id/)] });
  });

  it('that is nobody’s is ignored, with the reason, and so is what follows of its order', async () => {
    const account = await SharedAccount.of({ shop, quiz });
    await account.receives('stripe', invoice);
    expect(await account.receives('stripe', session('magazine'))).toMatchObject({
      kind: 'ignored',
      reason: 'its metadata says that it belongs to no integration which takes this account',
    });
    expect(await account.waiting()).toEqual({ shop: 0, quiz: 0 });
    expect((await account.receives('stripe', began)).kind).toBe('ignored');
    expect((await account.receives('stripe', invoice)).kind).toBe('ignored');
    expect(await account.waiting()).toEqual({ shop: 0, quiz: 0 });
    expect(await account.records()).toEqual({ shop: [], quiz: [] });
  });

  it('of a payment whose invoice is elsewhere is not kept either, once an event says that it is the same', async () => {
    const account = await split();
    await account.receives('stripe', intent);
    expect(await account.waiting()).toEqual({ main: 0, quiz: 1, shop: 1 });
    for (const one of [session('quiz'), invoice, link]) await account.receives('stripe', one);
    expect(await account.waiting()).toEqual({ main: 0, quiz: 0, shop: 0 });
    await account.passes(60_000);
    expect(await account.records()).toEqual({ main: [conversion], quiz: [conversion], shop: [] });
  });

  it('of one order that names another value later goes where it says, and what says nothing to all that have the order', async () => {
    const account = await split();
    await account.receives('stripe', session('quiz'));
    await account.receives('stripe', session('shop'));
    await account.receives('stripe', invoice);
    await account.passes(60_000);
    expect(await account.records()).toEqual({ main: [conversion], quiz: [conversion], shop: [conversion] });
  });
});

describe('a refund that names a charge alone', () => {
  it.each([
    ['after the payment', [session('quiz'), invoice, intent, link, refund]],
    ['before everything', [refund, link, intent, invoice, session('quiz')]],
    ['before the event that says whose it is', [invoice, intent, link, refund, session('quiz')]],
    ['before the event that joins charge and invoice', [session('quiz'), invoice, refund, intent, link]],
  ])('finds the payment in every integration that has it: %s', async (_, events) => {
    const account = await split();
    for (const one of events) await account.receives('stripe', one);
    await account.passes(60_000);
    const { main, quiz: ofQuiz, shop: ofShop } = await account.records();
    expect(main).toEqual([expect.stringMatching(/^in_1_0: conversion .* of 1999, 500 refunded$/)]);
    expect(ofQuiz).toEqual(main);
    expect(ofShop).toEqual([]);
  });
});

/** What is left when all has been decided: the time of arrival alone may keep a refunded payment back or not. */
async function outcome(events: readonly unknown[]) {
  const account = await SharedAccount.of({ main: null, quiz, shop });
  for (const one of events) await account.receives('stripe', one);
  await account.passes(120_000);
  return { records: await account.records(), sent: account.sent(), waiting: await account.waiting() };
}

describe('any order of the same events', () => {
  const events = [session('quiz'), invoice, began, intent, link];

  it('gives each integration the same records and the same sends', async () => {
    const expected = await outcome(events);
    expect(expected.records).toEqual({ main: [conversion], quiz: [conversion], shop: [] });
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(events, { minLength: events.length }),
        fc.shuffledSubarray(events),
        async (order, again) => {
          expect(await outcome([...order, ...again])).toEqual(expected);
        },
      ),
      { numRuns: 25, seed: 34 },
    );
  });

  it('and what an integration with a rule has is what it would have of its own account', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(events, { minLength: events.length }), async (order) => {
        const { records, sent } = await outcome(order);
        expect([records.quiz, sent.quiz]).toEqual([records.main, sent.main]);
      }),
      { numRuns: 12, seed: 35 },
    );
  });
});

describe('a repetition', () => {
  it('after a failure on the way brings what is left, and nothing twice', async () => {
    const account = await split();
    await account.receives('stripe', invoice);
    const { ingestion } = account.pixels.quiz;
    const accept = jest.spyOn(ingestion, 'accept').mockRejectedValueOnce(new Error('the database is away'));
    await expect(account.receives('stripe', session('quiz'))).rejects.toThrow('the database is away');
    expect(await account.waiting()).toEqual({ main: 0, quiz: 1, shop: 0 });
    accept.mockRestore();
    await account.receives('stripe', session('quiz'));
    await account.receives('stripe', session('quiz'));
    await account.passes(60_000);
    expect(await account.records()).toEqual({ main: [conversion], quiz: [conversion], shop: [] });
    expect(Object.values(account.sent()).map((sent) => sent.length)).toEqual([1, 1, 0]);
  });

  it('at once, of the event that says nothing and the one that says whose it is, loses neither', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const account = await split();
      await Promise.all([account.receives('stripe', invoice), account.receives('stripe', session('quiz'))]);
      await account.passes(60_000);
      expect(await account.records()).toEqual({ main: [conversion], quiz: [conversion], shop: [] });
      expect(await account.waiting()).toEqual({ main: 0, quiz: 0, shop: 0 });
    }
  });
});
