/** Renewal checks of Stripe, against the sandbox's API: what it finds is what webhooks tell. */
import { isPayment } from '../../../src/domain/fact';
import type { PaymentFact, PurchaseType } from '../../../src/domain/fact';
import { PspApiError } from '../../../src/psp/adapter';
import type { ApiPage, PspApi, PspApiOptions, ReadFact, TimeWindow } from '../../../src/psp/adapter';
import { stripe } from '../../../src/psp/stripe';
import { stripeApi } from '../../../src/psp/stripe/api';
import { apiVersion } from '../../../src/psp/stripe/client';
import { eventTypes } from '../../../src/psp/stripe/lists';
import { startStripeApi } from '../../../sandbox/stripe/api';
import type { StripeApiFailure, StripeApiSandbox } from '../../../sandbox/stripe/api';
import {
  intentId,
  invoiceId,
  sessionId,
  stripeCharge,
  stripeEvent,
  stripeInvoice,
  stripeEventsOf,
  stripePaymentIntent,
  stripeSession,
  stripeSubscription,
} from '../../../sandbox/stripe/webhooks';
import type { StripeEventBody, StripeScenario, StripeVersion } from '../../../sandbox/stripe/webhooks';

const day = 86_400_000;
const startMs = Date.UTC(2026, 7, 3, 9, 30);
const context = { roleOf: () => undefined };
const key = 'rk_test_aaaaaaaaaaaaaaaaaaaaaaaa';

let now = startMs;
let sandbox: StripeApiSandbox;

beforeEach(async () => {
  now = startMs;
  sandbox = await startStripeApi({ keys: [key], nowMs: () => now });
});
afterEach(() => sandbox.close());

const open = (change: Partial<PspApiOptions> = {}): PspApi =>
  stripeApi({ keys: [key], baseUrl: sandbox.url, context, fetch, nowMs: () => now, ...change });

async function pages(window: TimeWindow): Promise<readonly ApiPage[]> {
  const read: ApiPage[] = [];
  for (let page: string | null = null; ;) {
    // A process of its own for every page: nothing but the page's text is carried over.
    const answer: ApiPage = await open().changes(window, page);
    read.push(answer);
    if (answer.nextPage === null) return read;
    page = answer.nextPage;
  }
}

async function look(window: TimeWindow): Promise<Omit<ApiPage, 'nextPage'>> {
  const read = await pages(window);
  return {
    facts: read.flatMap(({ facts }) => facts),
    links: read.flatMap(({ links }) => links),
    unreadable: read.flatMap(({ unreadable }) => unreadable),
  };
}

const lifeOf = (type: PurchaseType, version: StripeVersion, change: Partial<StripeScenario> = {}): StripeScenario => ({
  type,
  version,
  userId: 'u1',
  checkoutId: 'c1',
  customerId: 'cus_1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
  ...change,
});
const eventsOf = (life: StripeScenario): readonly StripeEventBody[] => stripeEventsOf(life).map(({ event }) => event);

/** What the same events tell as webhooks. */
function webhooks(events: readonly StripeEventBody[]): readonly ReadFact[] {
  return events.flatMap((event) => {
    const reading = stripe.read(event, context);
    return reading.kind === 'facts' ? reading.facts : [];
  });
}

const distinct = (facts: readonly ReadFact[]): readonly string[] =>
  [...new Set(facts.map((fact) => JSON.stringify(fact)))].sort();
const payments = (facts: readonly ReadFact[]): readonly (PaymentFact & { order: string | null })[] =>
  facts.flatMap(({ fact, subscription }) => (isPayment(fact) ? [{ ...fact, order: subscription }] : []));
const moneyIds = (facts: readonly ReadFact[]): readonly string[] => payments(facts).map(({ moneyId }) => moneyId);

const rows = (['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const).flatMap((type) =>
  (['basil', 'acacia'] as const).map((version) => [type, version] as const),
);

describe('the event log', () => {
  it.each(rows)('tells the whole life of a %s as its webhooks do (%s)', async (type, version) => {
    const events = eventsOf(lifeOf(type, version));
    sandbox.add(events);
    const found: ReadFact[] = [];
    const linked: string[] = [];
    for (; now < startMs + 60 * day; now += 5 * day) {
      const { facts, links, unreadable } = await look({ fromMs: now - 5 * day, toMs: now });
      found.push(...facts);
      linked.push(...links.map(({ id, moneyId }) => `${id} ${moneyId}`));
      expect(unreadable).toEqual([]);
    }
    expect(distinct(found)).toEqual(distinct(webhooks(events)));
    const taught = events.flatMap((event) => {
      const reading = stripe.read(event, context);
      return reading.kind === 'unreadable' ? [] : (reading.links ?? []);
    });
    // A charge without an invoice only says which PaymentIntent it belongs to, which that says, too.
    expect(new Set(linked)).toEqual(
      new Set(taught.filter(({ moneyId }) => moneyId.startsWith('in_')).map(({ id, moneyId }) => `${id} ${moneyId}`)),
    );
    expect(
      sandbox.requests.every((request) => request.startsWith('/v1/events?') || request.startsWith('/v1/invoice_payments?')),
    ).toBe(true);
  });

  it('asks for at most as many types as Stripe allows, and only for types that are read', () => {
    expect(new Set(eventTypes).size).toBe(eventTypes.length);
    expect(eventTypes.length).toBeLessThanOrEqual(20);
    for (const type of eventTypes) {
      expect(stripe.read(stripeEvent(type, {}, { created: 1 }), context)).toMatchObject({ kind: 'unreadable' });
    }
  });

  it('is read in pages of a hundred, each once, oldest first, by whichever process', async () => {
    now = startMs + day;
    const life = lifeOf('subscription', 'basil');
    const ids = Array.from({ length: 250 }, (_, index) => `sub_${String(index).padStart(3, '0')}`);
    sandbox.add(
      ids.map((id, index) =>
        stripeEvent('customer.subscription.created', stripeSubscription({ ...life, subscriptionId: id }, 'active'), {
          id: `evt_${id}`,
          created: startMs / 1000 + index,
        }),
      ),
    );
    const read = await pages({ fromMs: startMs, toMs: now });
    expect(read.map(({ facts }) => facts.length)).toEqual([100, 100, 50]);
    const orders = read.map(({ facts }) => facts.map(({ subscription }) => subscription));
    expect(orders[0]).toEqual(ids.slice(150));
    expect(new Set(orders.flat())).toEqual(new Set(ids));
  });

  it('goes forward in time from day to day, so that first purchases come first', async () => {
    now = startMs + 20 * day;
    sandbox.add(
      ['c', 'a', 'b'].flatMap((id) =>
        eventsOf(
          lifeOf('lifetime', 'basil', { subscriptionId: `sub_${id}`, startMs: startMs + (id.charCodeAt(0) - 97) * 3 * day }),
        ),
      ),
    );
    const { facts } = await look({ fromMs: startMs, toMs: now });
    expect([...new Set(moneyIds(facts))]).toEqual(['pi_a_0', 'pi_b_0', 'pi_c_0']);
  });

  it.each([
    ['begins with its first moment', 0, 1000, true],
    ['begins within a second', 1, 1000, false],
    ['ends before its last moment', -1000, 0, false],
    ['ends within a second', -1000, 1, true],
  ])('a window %s', async (_, from, to, isFound) => {
    now = startMs + day;
    const paid = eventsOf(lifeOf('subscription', 'basil', { renewals: 0 })).find(({ type }) => type === 'invoice.paid');
    if (!paid) throw new Error('no payment');
    sandbox.add([paid]);
    const atMs = paid.created * 1000;
    const { facts } = await look({ fromMs: atMs + from, toMs: atMs + to });
    expect(moneyIds(facts)).toEqual(isFound ? ['in_1_0'] : []);
  });

  it('reports what it cannot read, and goes on', async () => {
    now = startMs + day;
    const life = lifeOf('subscription', 'basil', { renewals: 0 });
    const { amount_paid: _, ...broken } = stripeInvoice(life, {
      index: 7,
      reason: 'subscription_cycle',
      paidAt: startMs / 1000,
      periodStart: startMs / 1000,
      isTrial: false,
    });
    sandbox.add([...eventsOf(life), stripeEvent('invoice.paid', broken, { id: 'evt_broken', created: startMs / 1000 })]);
    const { facts, unreadable } = await look({ fromMs: startMs, toMs: now });
    expect(unreadable).toMatchObject([{ id: 'evt_broken', reason: 'data.object.amount_paid: expected an amount' }]);
    // What goes to the quarantine is read there as a webhook.
    expect(stripe.read(unreadable[0]?.body, context)).toMatchObject({ kind: 'unreadable' });
    expect(moneyIds(facts)).toEqual(['in_1_0']);
  });

  it('asks nothing about a window without time', async () => {
    expect(await open().changes({ fromMs: now, toMs: now }, null)).toEqual({
      facts: [],
      links: [],
      unreadable: [],
      readIds: [],
      nextPage: null,
    });
    expect(sandbox.requests).toEqual([]);
  });

  it('ends shortly after now, even if the window reaches further', async () => {
    await look({ fromMs: now - day, toMs: now + 3650 * day });
    expect(sandbox.requests).toHaveLength(2);
  });
});

describe("an invoice's PaymentIntent", () => {
  const life = lifeOf('lifetime', 'basil');
  const at = startMs / 1000 + 60;
  const intent = stripePaymentIntent(life, { id: intentId(life, 0), amount: 1999, at, invoice: null, description: 'Order 12' });
  const events = [
    stripeEvent('payment_intent.succeeded', intent, { created: at }),
    stripeEvent(
      'invoice_payment.paid',
      {
        id: 'inpay_1',
        object: 'invoice_payment',
        created: at,
        invoice: 'in_9',
        status: 'paid',
        payment: { type: 'payment_intent', payment_intent: intentId(life, 0) },
      },
      // Told only later, so that nothing but Stripe's answer can know.
      { created: at + 2 * 3600 },
    ),
  ];

  it.each([
    ['in the log', 1],
    ['in the lists', 60],
  ])('is no one-off, also where it has none of the signs by which webhooks know it (%s)', async (_, days) => {
    sandbox.add(events);
    now = startMs + days * day;
    const { facts, links } = await look({ fromMs: startMs, toMs: startMs + 3_600_000 });
    expect(facts).toEqual([]);
    expect(links).toEqual([
      { id: 'pi_1_0', moneyId: 'in_9' },
      { id: 'ch_1_0', moneyId: 'in_9' },
    ]);
  });

  it('is not asked for where the payment itself says that there is no invoice', async () => {
    sandbox.add(eventsOf(lifeOf('lifetime', 'acacia')));
    now = startMs + day;
    const { facts } = await look({ fromMs: startMs, toMs: now });
    expect(new Set(moneyIds(facts))).toEqual(new Set(['pi_1_0']));
    expect(sandbox.requests).toHaveLength(1);
  });
});

describe('lists, for what is older than the event log', () => {
  it.each(rows)('tell the payments of a %s as its webhooks did (%s)', async (type, version) => {
    const events = eventsOf(lifeOf(type, version));
    sandbox.add(events);
    now = startMs + 120 * day;
    const { facts, unreadable } = await look({ fromMs: startMs, toMs: startMs + 60 * day });
    expect(unreadable).toEqual([]);
    const told = payments(webhooks(events));
    const found = payments(facts);
    expect(new Set(found.map(({ moneyId }) => moneyId))).toEqual(new Set(told.map(({ moneyId }) => moneyId)));
    // A session's event comes a second after its PaymentIntent's; the list has one time for both.
    const isSame =
      type === 'lifetime'
        ? ({ occurredAtMs, ...a }: PaymentFact, { occurredAtMs: other, ...b }: PaymentFact) =>
            JSON.stringify(a) === JSON.stringify(b) && Math.abs(occurredAtMs - other) <= 1000
        : (a: PaymentFact, b: PaymentFact) => JSON.stringify(a) === JSON.stringify(b);
    for (const payment of found) expect(told.filter((other) => isSame(payment, other))).not.toEqual([]);
    for (const payment of told) expect(found.filter((other) => isSame(payment, other))).not.toEqual([]);
    expect(sandbox.requests.filter((request) => request.startsWith('/v1/events'))).toEqual([]);
  });

  it('know who bought a subscription', async () => {
    const life = lifeOf('subscription', 'basil', { renewals: 0 });
    const session = { ...stripeSession(life), client_reference_id: 'u7' };
    sandbox.add([stripeEvent('checkout.session.completed', session, { created: startMs / 1000 })]);
    now = startMs + 60 * day;
    const { facts } = await look({ fromMs: startMs - day, toMs: startMs + day });
    expect(facts).toMatchObject([
      { fact: { kind: 'began' }, subscription: 'sub_1', identity: { reference: 'u7', email: 'a@example.com' } },
    ]);
  });

  it("count a one-off with an invoice of its own under that, as the session's webhook does", async () => {
    const life = lifeOf('lifetime', 'basil');
    const invoice = {
      ...stripeInvoice(life, { index: 0, reason: 'manual', paidAt: startMs / 1000, periodStart: startMs / 1000, isTrial: false }),
      parent: null,
    };
    const session = { ...stripeSession(life), invoice: invoice.id };
    sandbox.add([
      ...eventsOf(life).filter(({ type }) => type === 'payment_intent.succeeded'),
      stripeEvent('invoice.paid', invoice, { created: startMs / 1000 }),
      stripeEvent('checkout.session.completed', session, { created: startMs / 1000 + 2 }),
      stripeEvent(
        'invoice_payment.paid',
        {
          id: 'inpay_1',
          object: 'invoice_payment',
          invoice: invoice.id,
          status: 'paid',
          payment: { type: 'payment_intent', payment_intent: 'pi_1_0' },
        },
        { created: startMs / 1000 + 3 },
      ),
    ]);
    now = startMs + 60 * day;
    const { facts, links } = await look({ fromMs: startMs, toMs: startMs + day });
    expect(moneyIds(facts)).toEqual([invoiceId(life, 0), invoiceId(life, 0)]);
    expect(facts.map(({ paymentIds }) => paymentIds)).toEqual([[intentId(life, 0), sessionId(life)], [intentId(life, 0)]]);
    expect(links).toContainEqual({ id: 'pi_1_0', moneyId: invoiceId(life, 0) });
  });

  it('leave out who did not pay, and what was paid at another time', async () => {
    const life = lifeOf('lifetime', 'basil');
    sandbox.add([
      ...eventsOf(life).filter(({ type }) => type === 'payment_intent.created'),
      ...eventsOf({ ...life, subscriptionId: 'sub_2', startMs: startMs - 2 * day }),
    ]);
    now = startMs + 60 * day;
    expect(await look({ fromMs: startMs, toMs: startMs + day })).toEqual({ facts: [], links: [], unreadable: [] });
  });

  it('find an invoice by when it was paid, also months after it was made', async () => {
    const life = lifeOf('subscription', 'basil');
    const bill = {
      index: 3,
      reason: 'subscription_cycle',
      paidAt: startMs / 1000,
      periodStart: startMs / 1000 - 80 * 86_400,
      isTrial: false,
    };
    sandbox.add([stripeEvent('invoice.paid', stripeInvoice(life, bill), { created: startMs / 1000 })]);
    now = startMs + 60 * day;
    const found = async (from: number, to: number) =>
      moneyIds((await look({ fromMs: startMs + from, toMs: startMs + to })).facts);
    expect(await found(0, 1)).toEqual(['in_1_3']);
    expect(await found(-day, 0)).toEqual([]);
    expect(await found(1, day)).toEqual([]);
  });

  it.each([
    ['in the log', 5],
    ['in the lists', 60],
  ])('know refunds and disputes as webhooks do (%s)', async (_, days) => {
    const at = startMs / 1000;
    const of = { amount: 500, currency: 'usd', charge: 'ch_1_0', payment_intent: 'pi_1_0' };
    const events = [
      stripeEvent('refund.updated', { id: 're_1', object: 'refund', created: at, status: 'succeeded', ...of }, { created: at }),
      stripeEvent('refund.created', { id: 're_2', object: 'refund', created: at, status: 'pending', ...of }, { created: at }),
      stripeEvent(
        'charge.dispute.created',
        { id: 'dp_1', object: 'dispute', created: at, status: 'needs_response', ...of },
        { created: at },
      ),
      stripeEvent('charge.succeeded', stripeCharge(lifeOf('lifetime', 'basil')), { created: at }),
    ];
    sandbox.add(events);
    now = startMs + days * day;
    const { facts } = await look({ fromMs: startMs, toMs: startMs + day });
    expect(facts).toHaveLength(2);
    expect(distinct(facts)).toEqual(distinct(webhooks(events)));
  });

  it('report what they cannot read, and go on', async () => {
    sandbox.add([
      ...eventsOf(lifeOf('subscription', 'basil', { renewals: 0 })),
      stripeEvent(
        'refund.updated',
        { id: 're_1', object: 'refund', created: startMs / 1000, status: 'succeeded', amount: 'all', currency: 'usd' },
        { created: startMs / 1000 },
      ),
    ]);
    now = startMs + 60 * day;
    const { facts, unreadable } = await look({ fromMs: startMs, toMs: startMs + day });
    expect(unreadable).toMatchObject([{ id: 're_1', reason: expect.stringContaining('data.object.amount') as string }]);
    expect(stripe.read(unreadable[0]?.body, context)).toMatchObject({ kind: 'unreadable' });
    expect(moneyIds(facts)).toEqual(['in_1_0']);
  });

  it('are in pages, too', async () => {
    const lives = Array.from({ length: 130 }, (_, index) =>
      lifeOf('subscription', 'basil', { subscriptionId: `sub_${index}`, renewals: 0, startMs: startMs + index * 1000 }),
    );
    sandbox.add(lives.flatMap((life) => eventsOf(life).filter(({ type }) => type === 'invoice.paid')));
    now = startMs + 60 * day;
    const { facts } = await look({ fromMs: startMs, toMs: startMs + day });
    expect(facts).toHaveLength(130);
    expect(new Set(moneyIds(facts)).size).toBe(130);
  });
});

describe('a window across the end of the event log', () => {
  it('is read from both without a gap between them', async () => {
    now = startMs + 40 * day;
    const lives = Array.from({ length: 40 }, (_, index) =>
      lifeOf('subscription', 'basil', { subscriptionId: `sub_${index}`, renewals: 0, startMs: startMs + index * day + 1000 }),
    );
    sandbox.add(lives.flatMap(eventsOf));
    const { facts } = await look({ fromMs: startMs, toMs: now });
    expect(moneyIds(facts)).toEqual(lives.map((life) => invoiceId(life, 0)));
    const madeAfter = (path: string) =>
      sandbox.requests
        .filter((request) => request.startsWith(path))
        .map((request) => Number(/created\[gte\]=(\d+)/.exec(request)?.[1]) * 1000);
    expect(Math.min(...madeAfter('/v1/events'))).toBe(now - 29 * day);
    expect(Math.min(...madeAfter('/v1/invoices'))).toBe(startMs - 90 * day);
  });

  it.each([
    [29 * day, '/v1/events'],
    [29 * day + 1000, '/v1/checkout/sessions'],
  ])('begins in the log when it is %d ms ago, else in the lists', async (ago, path) => {
    await open().changes({ fromMs: now - ago, toMs: now }, null);
    expect(sandbox.requests[0]).toMatch(new RegExp(`^${path}\\?`));
  });

  it('does not move while a look takes its time', async () => {
    sandbox.add(eventsOf(lifeOf('subscription', 'basil', { renewals: 0 })));
    now = startMs + 29 * day;
    const window = { fromMs: startMs - day, toMs: startMs + day };
    const found: ReadFact[] = [];
    let page: string | null = null;
    do {
      const read: ApiPage = await open().changes(window, page);
      found.push(...read.facts);
      page = read.nextPage;
      now += 600_000;
    } while (page !== null);
    expect(moneyIds(found)).toEqual(['in_1_0']);
  });
});

describe('a single subscription', () => {
  it('is its payments since then, as its webhooks told them', async () => {
    const events = eventsOf(lifeOf('free_trial', 'basil', { renewals: 2 }));
    sandbox.add(events);
    now = startMs + 100 * day;
    const { facts, nextPage } = await open().ofSubscription('sub_1', startMs + 6 * day);
    const told = payments(webhooks(events.filter(({ type }) => type === 'invoice.paid')));
    expect(payments(facts)).toEqual(told.filter(({ occurredAtMs }) => occurredAtMs >= startMs + 6 * day));
    expect(payments(facts)).toHaveLength(3);
    expect(facts).toHaveLength(3);
    expect(nextPage).toBeNull();
  });

  it('finds a payment that was late', async () => {
    const life = lifeOf('subscription', 'basil');
    const bill = {
      index: 3,
      reason: 'subscription_cycle',
      paidAt: startMs / 1000 + 50 * 86_400,
      periodStart: startMs / 1000,
      isTrial: false,
    };
    sandbox.add([
      ...eventsOf({ ...life, renewals: 0 }),
      stripeEvent('invoice.paid', stripeInvoice(life, bill), { created: bill.paidAt }),
    ]);
    now = startMs + 60 * day;
    expect(moneyIds((await open().ofSubscription('sub_1', startMs + 40 * day)).facts)).toEqual(['in_1_3']);
  });

  it.each(['canceled', 'incomplete_expired'])('tells its end when it is %s', async (status) => {
    const ended = { ...stripeSubscription(lifeOf('subscription', 'basil'), status), ended_at: startMs / 1000 + 600 };
    const event = stripeEvent('customer.subscription.deleted', ended, { created: startMs / 1000 + 601 });
    sandbox.add([event]);
    now = startMs + 40 * day;
    const { facts } = await open().ofSubscription('sub_1', startMs + day);
    expect(facts).toEqual(webhooks([event]));
    expect(facts).toMatchObject([{ fact: { kind: 'ended', occurredAtMs: startMs + 600_000 }, subscription: 'sub_1' }]);
  });

  it('is read in pages', async () => {
    const life = lifeOf('subscription', 'basil', { renewals: 230 });
    sandbox.add(eventsOf(life).filter(({ type }) => type !== 'invoice.created'));
    now = startMs + 7200 * day;
    expect(new Set(moneyIds((await open().ofSubscription('sub_1', startMs)).facts)).size).toBe(231);
  });

  it.each(['sub_unknown', 'pi_1', '../events?x=#'])('is empty when Stripe does not know it: %s', async (id) => {
    expect(await open().ofSubscription(id, startMs)).toEqual({
      facts: [],
      links: [],
      unreadable: [],
      readIds: [],
      nextPage: null,
    });
  });

  it('reports what cannot be read', async () => {
    const life = lifeOf('subscription', 'basil', { renewals: 0 });
    const broken = {
      ...stripeInvoice(life, {
        index: 4,
        reason: 'subscription_cycle',
        paidAt: startMs / 1000,
        periodStart: startMs / 1000,
        isTrial: false,
      }),
      currency: 'XXXX',
    };
    sandbox.add([...eventsOf(life), stripeEvent('invoice.paid', broken, { created: startMs / 1000 })]);
    now = startMs + day;
    const { facts, unreadable } = await open().ofSubscription('sub_1', startMs);
    expect(moneyIds(facts)).toEqual(['in_1_0']);
    expect(unreadable).toMatchObject([{ id: 'in_1_4', reason: 'data.object.currency: expected an ISO 4217 currency' }]);
  });
});

describe('what Stripe refuses', () => {
  const window: TimeWindow = { fromMs: startMs - day, toMs: startMs };
  const refusalOf = async (ask: Promise<ApiPage>): Promise<PspApiError> => {
    const error: unknown = await ask.then(
      () => null,
      (cause: unknown) => cause,
    );
    if (!(error instanceof PspApiError)) throw new Error('expected a PspApiError');
    return error;
  };

  const failures: readonly (readonly [string, StripeApiFailure, PspApiError['kind'], number | null])[] = [
    ['a wrong key', { kind: 'status', status: 401 }, 'unauthorized', null],
    ['a key that lacks a right', { kind: 'status', status: 403 }, 'unauthorized', null],
    ['too many requests', { kind: 'throttled', retryAfter: '7' }, 'throttled', 7000],
    [
      'too many requests until a date',
      { kind: 'throttled', retryAfter: new Date(startMs + 30_000).toUTCString() },
      'throttled',
      30_000,
    ],
    ['too many requests, no time said', { kind: 'throttled' }, 'throttled', null],
    ['a locked object', { kind: 'throttled', code: 'lock_timeout' }, 'throttled', null],
    ['a locked object by another status', { kind: 'status', status: 400, code: 'lock_timeout' }, 'throttled', null],
    ['a conflict', { kind: 'status', status: 409 }, 'throttled', null],
    ['an error of Stripe', { kind: 'status', status: 500 }, 'unreachable', null],
    ['maintenance', { kind: 'status', status: 503 }, 'unreachable', null],
    ['a time-out on the way', { kind: 'status', status: 408 }, 'unreachable', null],
    ['a page of HTML', { kind: 'body', body: '<html>' }, 'unreachable', null],
    ['a connection that breaks', { kind: 'hang_up' }, 'unreachable', null],
    ['JSON that is no list', { kind: 'body', body: '{"object":"event"}' }, 'unexpected', null],
    ['more to come without an id', { kind: 'body', body: '{"object":"list","data":[{}],"has_more":true}' }, 'unexpected', null],
    ['a parameter it does not know', { kind: 'status', status: 400, code: 'parameter_unknown' }, 'unexpected', null],
    ['an address it does not know', { kind: 'status', status: 404 }, 'unexpected', null],
  ];
  it.each(failures)('%s', async (_, failure, kind, retryAfterMs) => {
    sandbox.failNext(1, failure);
    const error = await refusalOf(open().changes(window, null));
    expect([error.kind, error.retryAfterMs]).toEqual([kind, retryAfterMs ?? undefined]);
    expect(error.message).toContain('/v1/events');
    // It passes: the same page, asked again, is answered.
    expect((await open().changes(window, null)).unreadable).toEqual([]);
  });

  it('an answer that does not come in time', async () => {
    const slow = (() => Promise.reject(Object.assign(new Error('took too long'), { name: 'TimeoutError' }))) as typeof fetch;
    expect(await refusalOf(open({ fetch: slow }).changes(window, null))).toMatchObject({
      kind: 'unreachable',
      message: 'GET /v1/events of Stripe got no answer: TimeoutError',
    });
  });

  it('a subscription, while Stripe is down: that is not one that it does not know', async () => {
    sandbox.failNext(1, { kind: 'status', status: 500 });
    const error = await refusalOf(open().ofSubscription('sub_1', startMs));
    expect(error).toMatchObject({ kind: 'unreachable', message: 'Stripe answered 500 (api_error) to GET /v1/subscriptions/…' });
    sandbox.failNext(1, { kind: 'status', status: 404 });
    expect(await refusalOf(open().ofSubscription('sub_1', startMs))).toMatchObject({ kind: 'unexpected' });
  });

  it('says what it was in Stripe’s code, and nothing else that Stripe says', async () => {
    const wrong = 'sk_live_verysecretverysecret1234';
    const error = await refusalOf(open({ keys: [wrong] }).changes(window, null));
    expect(error).toMatchObject({
      kind: 'unauthorized',
      message: 'Stripe answered 401 (invalid_request_error) to GET /v1/events',
    });
    sandbox.failNext(1, { kind: 'status', status: 400, code: 'a@example.com' });
    expect((await refusalOf(open().changes(window, null))).message).toBe(
      'Stripe answered 400 (invalid_request_error) to GET /v1/events',
    );
  });

  it('no key, without a request', async () => {
    expect(await refusalOf(open({ keys: [] }).changes(window, null))).toMatchObject({ kind: 'unauthorized' });
    expect(sandbox.requests).toEqual([]);
  });

  it('one of several keys: the next is used', async () => {
    const page = await open({ keys: ['rk_test_old', key] }).changes(window, null);
    expect(page.facts).toEqual([]);
    expect(sandbox.requests).toHaveLength(2);
  });

  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    ['nothing', ''],
    ['no token', 'page 2'],
    ['another shape', token({ list: 'events' })],
    ['a list that there is not', token({ list: 'charges', logFromMs: 0, fromMs: 0, after: null })],
    ['a name that every object has', token({ list: 'constructor', logFromMs: 0, fromMs: 0, after: null })],
    ['more than a place', token({ list: 'events', logFromMs: 0, fromMs: 0, after: null, path: '/v1/x' })],
    ['null', token(null)],
  ])('a page that is none: %s', async (_, page) => {
    expect(await refusalOf(open().changes(window, page))).toMatchObject({ kind: 'unexpected' });
    expect(sandbox.requests).toEqual([]);
  });
});

describe('every request', () => {
  it('has the key, the version of the lists and the way to follow no redirect', async () => {
    const asked: { url: string; init: RequestInit }[] = [];
    const spy = ((url: string, init: RequestInit) => {
      asked.push({ url, init });
      return fetch(url, init);
    }) as typeof fetch;
    await open({ fetch: spy, baseUrl: `${sandbox.url}/` }).changes({ fromMs: now - day, toMs: now }, null);
    expect(asked[0]?.init).toMatchObject({
      headers: { authorization: `Bearer ${key}`, 'stripe-version': apiVersion },
      redirect: 'error',
    });
    expect(asked[0]?.url.startsWith(`${sandbox.url}/v1/events?`)).toBe(true);
  });

  it('goes to Stripe unless another address is set', async () => {
    let asked = '';
    const spy = ((url: string) => {
      asked = url;
      return Promise.resolve(Response.json({ object: 'list', data: [], has_more: false }));
    }) as typeof fetch;
    await open({ fetch: spy, baseUrl: null }).changes({ fromMs: now - day, toMs: now }, null);
    expect(new URL(asked).origin).toBe('https://api.stripe.com');
  });
});
