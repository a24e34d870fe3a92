/** Stripe: inputs that once went wrong, with the right values. */
import { closeSharedStore, simulatedRelay, sharedStore } from '../support/stored-relay';
import { createBrowserPurchases } from '../../src/application/browser-purchases';
import { presets } from '../../src/domain/policy';
import { hashedEmail, hashedExternalId } from '../../src/tiktok';
import type { SimulatedRelay } from '../support/simulated-relay';
import { describeFaults, readFault } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('Stripe’s periods and trials', () => {
  itIsRight('before API 2018-10-31 the first invoice says subscription_update: it is the conversion', {
    file: 'stripe/01-old-api-version-first-invoice',
    records: {
      in_1: 'conversion sent 11.00 EUR stripe:in_1',
      in_2: 'renewal sent 11.00 EUR stripe:in_2',
      in_3: 'renewal sent 11.00 EUR stripe:in_3',
    },
  });

  itIsRight('a trial that ends early with a change of price ends in a conversion', {
    file: 'stripe/02-trial-ended-early-with-price-swap',
    records: {
      in_0: 'trial_start sent 0.00 USD stripe:in_0',
      in_1: 'conversion sent 96.00 USD stripe:in_1',
      in_2: 'renewal sent 96.00 USD stripe:in_2',
    },
  });

  itIsRight('the same, as somebody else met it', {
    file: 'stripe/pub-S4b',
    records: {
      in_1TcSVgA7a22TQQ07A4dUC4EF: 'trial_start sent 0.00 USD stripe:in_1TcSVgA7a22TQQ07A4dUC4EF',
      in_1T30RuTqCqGjoomKoYy0kAib: 'conversion sent 49.00 USD stripe:in_1T30RuTqCqGjoomKoYy0kAib',
    },
  });

  itIsRight('the first payment after a trial that was paused is the conversion', {
    file: 'stripe/03-paused-trial-resumed',
    records: {
      in_0: 'trial_start sent 0.00 USD stripe:in_0',
      in_1: 'conversion sent 19.99 USD stripe:in_1',
      in_2: 'renewal sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('a zero line is no trial where the subscription says that there is none', {
    file: 'stripe/04-zero-line-of-another-wording',
    records: { in_0: '* not_a_purchase(zero_amount)' },
  });

  itIsRight('the second period of a Trial Offer is not the conversion', {
    file: 'stripe/05-trial-offer-two-iterations',
    records: {
      in_0: 'trial_start sent 1.00 USD stripe:in_0',
      in_1: 'renewal sent 1.00 USD stripe:in_1',
      in_2: 'conversion sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('a regular price beside the Trial Offer of another item is paid on day one', {
    file: 'stripe/06-trial-offer-on-one-item',
    records: {
      in_0: 'conversion sent 19.99 USD stripe:in_0',
      in_1: 'renewal sent 5.00 USD stripe:in_1',
      in_2: 'renewal sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('a free month given later sends nothing old and makes no free trial', {
    file: 'stripe/10-free-month-given-later-resends-what-the-limit-kept-back',
    settings: { limitPurchaseEvents: true },
    records: {
      in_A0: 'conversion sent 19.99 USD stripe:in_A0',
      in_B0: 'conversion suppressed(limited)',
      in_B1: 'renewal suppressed(limited)',
      in_B2: 'renewal suppressed(limited)',
    },
    more: async (relay) => {
      const types = Object.values(await relay.records()).map(({ purchaseType }) => purchaseType);
      expect(new Set(types)).toEqual(new Set(['subscription']));
    },
  });

  itIsRight('the zero invoice of an extension is not the conversion', {
    file: 'stripe/11-trial-extended-at-its-end',
    records: {
      in_0: 'trial_start sent 0.00 USD stripe:in_0',
      in_1: '* not_a_purchase(*)',
      in_2: 'conversion sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('without roles a schedule’s week and month are told apart, or counted as plan and change of plan', {
    file: 'stripe/12-schedule-intro-week-then-month',
    records: {
      in_0: ['trial_start sent 1.00 USD stripe:in_0', 'conversion sent 1.00 USD stripe:in_0'],
      in_1: ['conversion sent 19.99 USD stripe:in_1', 'renewal sent 19.99 USD stripe:in_1', 'none not_a_purchase(plan_change)'],
      in_2: 'renewal sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('roles decide over two periods of an intro price', {
    file: 'stripe/13-intro-price-of-two-periods-with-roles',
    prices: { price_week: 'trial', price_month: 'regular' },
    records: {
      in_0: 'trial_start sent 1.00 USD stripe:in_0',
      in_1: 'renewal sent 1.00 USD stripe:in_1',
      in_2: 'conversion sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('the first money of a free plan is the conversion', {
    file: 'stripe/14-free-plan-upgraded',
    records: {
      in_0: '* not_a_purchase(zero_amount)',
      in_1: 'conversion sent 19.99 USD stripe:in_1',
      in_2: 'renewal sent 19.99 USD stripe:in_2',
    },
  });

  itIsRight('a trial of a usage price starts with quantity 0', {
    file: 'stripe/16-usage-based-free-trial-classic',
    records: { in_0: 'trial_start sent 0.00 USD stripe:in_0', in_1: 'conversion sent 7.00 USD stripe:in_1' },
  });
});

describeFaults('Stripe’s amounts and one-offs', () => {
  const { subscription } = presets.default.policy;
  itIsRight('the regular price of a package is the line’s amount', {
    file: 'stripe/18-package-price-percent',
    settings: {
      policy: {
        ...presets.default.policy,
        subscription: { ...subscription, conversion: { send: true, value: { mode: 'percent', percent: 100 } } },
      },
    },
    records: { in_0: 'conversion sent 30.00 USD stripe:in_0' },
  });

  itIsRight('a Checkout that is captured by hand is a one-off when it is captured', {
    file: 'stripe/08-checkout-manual-capture',
    records: { pi_1: 'conversion sent 19.99 USD stripe:pi_1' },
  });

  itIsRight('a Checkout payment with an invoice of its own is one purchase', {
    file: 'stripe/15-invoice-creation-without-order-reference',
    records: { 'pi_9|in_9': 'conversion sent 19.99 USD c9' },
  });

  for (const [file, pi, invoice] of [
    ['pub-S3a', 'pi_3Typmmx9GYNMhalBOBwKQS1C', 'in_1TirRwLt4521iyioIjHoxfp9'],
    ['pub-S3b', 'pi_3TexjCj1gJXr4qgofFuj0VDP', 'in_1THTuS5fij7O85hvdvQPyQNj'],
    ['pub-S3c', 'pi_3TAGGCaBJ58guYPJnEXVpfWM', 'in_1TLKxOE9FILoJXICQM3fMvEU'],
  ] as const) {
    itIsRight(`a Checkout payment with an invoice of its own is one purchase (${file})`, {
      file: `stripe/${file}`,
      records: { [`${pi}|${invoice}`]: 'conversion sent 49.00 USD *' },
    });
  }

  itIsRight('the same where the PaymentIntent names the Checkout of the subscription', {
    file: 'stripe/pub-S17c',
    changed: (steps) =>
      steps
        .filter(({ body }) => body.type !== 'invoice_payment.paid')
        .map(({ body, ...step }) => ({ ...step, body: withOrderReference(body, `cs_live_${'a1b2'.repeat(14)}`) })),
    records: { in_1TIr2AMrGvk5DSgVXXg0GNhj: 'conversion sent 19.99 USD stripe:in_1TIr2AMrGvk5DSgVXXg0GNhj' },
  });

  it('a Checkout payment of the price of the subscription that the buyer has just bought is one of its own', async () => {
    const { steps } = readFault('stripe/pub-S17c');
    const intent = steps.find(({ body }) => body.type === 'payment_intent.succeeded')!.body;
    const { customer, amount_received: amount_total, currency } = intent.data.object;
    const id = `cs_live_${'a1b2'.repeat(14)}`;
    const bought = { ...withOrderReference(intent, id).data.object, id: 'pi_own', latest_charge: 'ch_own' };
    const session = { id, object: 'checkout.session', mode: 'payment', payment_status: 'paid', payment_intent: 'pi_own' };
    for (const order of [0, 1]) {
      const relay = await simulatedRelay({ startMs: intent.created * 1000 });
      for (const { psp, body } of steps) await relay.receives(psp, body);
      const own = [
        { ...intent, data: { object: bought } },
        {
          ...intent,
          type: 'checkout.session.completed',
          data: { object: { ...session, customer, amount_total, currency, metadata: {} } },
        },
      ];
      for (const body of order === 0 ? own : own.reverse()) await relay.receives('stripe', body);
      await relay.passes(120_000);
      expect(await relay.records()).toMatchObject({ pi_own: { state: 'sent', purchaseType: 'lifetime' } });
      expect(relay.sent()).toHaveLength(2);
    }
  });

  for (const [file, invoice, link] of [
    ['pub-S17a', 'in_1TJGpWRghLplGxndb69jenpL', 'a link after it'],
    ['pub-S17b', 'in_1TdZ5XDWXmWDTIAClKrCUUzq', 'no link'],
    ['pub-S17c', 'in_1TIr2AMrGvk5DSgVXXg0GNhj', 'words of the merchant, and a link after it'],
  ] as const) {
    itIsRight(`the PaymentIntent of a subscription’s invoice is no purchase of its own: ${link}`, {
      file: `stripe/${file}`,
      records: { [invoice]: `conversion sent 19.99 USD stripe:${invoice}` },
    });
  }
});

describeFaults('who bought, at Stripe', () => {
  const sees = (user: Record<string, unknown>) => (relay: SimulatedRelay) =>
    void expect(relay.sent()[0]?.user).toMatchObject(user);

  itIsRight('the metadata of a session that comes after its invoice', {
    file: 'stripe/09-session-after-invoice',
    records: { in_0: 'conversion sent 19.99 USD chk_77' },
    more: sees({
      ttclid: 'E.C.P.click',
      ttp: 'ttp1',
      external_id: hashedExternalId('u1'),
      email: hashedEmail('buyer@example.com'),
    }),
  });

  for (const [file, invoice, checkout, user, limitPurchaseEvents] of [
    ['pub-S1a', 'in_1T9mY1FEmk4nisXCdel36glm', 'co-Cj2XoGtiKC', 'u-rUB0fAP4', false],
    ['pub-S1b', 'in_1TbMKvfIBkzu0EEyjpC7lFtL', 'co-rxFfsYp4rj', 'u-uez8W6Op', true],
  ] as const) {
    itIsRight(`the same, as somebody else met it, with the limit ${limitPurchaseEvents ? 'on' : 'off'}`, {
      file: `stripe/${file}`,
      settings: { limitPurchaseEvents },
      records: { [invoice]: `conversion sent 19.99 USD ${checkout}` },
      more: sees({
        ttclid: expect.stringMatching(/^E\.C\.P\./),
        external_id: hashedExternalId(user),
        email: hashedEmail(`${user}@mail.example`),
      }),
    });
  }

  itIsRight('client_reference_id alone is the user id', {
    file: 'stripe/pub-S1a',
    changed: (steps) => steps.map(({ body, ...step }) => ({ ...step, body: withoutSessionMetadata(body) })),
    records: { in_1T9mY1FEmk4nisXCdel36glm: 'conversion sent 19.99 USD stripe:in_1T9mY1FEmk4nisXCdel36glm' },
    more: sees({ external_id: hashedExternalId('u-rUB0fAP4'), email: hashedEmail('u-rUB0fAP4@mail.example') }),
  });

  itIsRight('a checkout belongs to the order that was paid', {
    file: 'stripe/pub-S2a',
    records: {
      in_1Tl4REhcqbEWu5XNcY9QEKBL: '* not_a_purchase(payment_failed)',
      in_1TbANoKbxCEPJg9DMSHOFKnB: 'conversion sent 19.99 USD co-MkzW5iHF3U',
    },
  });

  itIsRight('a checkout belongs to the order that was paid, also where the page reports it', {
    file: 'stripe/pub-S2b',
    records: {
      in_1TPF2HVfKnihBXII20rIAM32: '* not_a_purchase(payment_failed)',
      in_1TN4KXKxCzEIU236y1UBA9hT: 'conversion sent 19.99 USD co-4NmBFpbDW4',
    },
    otherStep: async (relay) => {
      const hints = { checkoutId: 'co-4NmBFpbDW4', userId: 'u-ee5HH7WY', email: 'u-ee5HH7WY@mail.example' };
      const page = await pageOf(relay).authorize(relay.integration, { hints, purchaseType: 'subscription' });
      expect(page).toMatchObject({ send: true, eventId: 'co-4NmBFpbDW4', eventName: 'CompletePayment' });
    },
  });

  itIsRight('customer_account instead of customer', {
    file: 'stripe/17-customer-account',
    records: { in_0: 'conversion sent 19.99 USD stripe:in_0' },
  });

  it('knows a customer_account again: with the limit on, its second order is kept back', async () => {
    const [step] = readFault('stripe/17-customer-account').steps;
    const relay = await simulatedRelay({ startMs: step!.atMs!, settings: { limitPurchaseEvents: true } });
    const text = JSON.stringify(step!.body);
    await relay.receives('stripe', step!.body, { atMs: step!.atMs! });
    await relay.passes(120_000);
    await relay.receives('stripe', JSON.parse(text.replaceAll('sub_1', 'sub_2').replaceAll('in_0', 'in_2')));
    await relay.passes(120_000);
    const { in_0: one, in_2: two } = await relay.records();
    expect(one).toMatchObject({ state: 'sent' });
    expect(two).toMatchObject({ phase: 'conversion', state: 'suppressed', reason: 'limited' });
  });
});

/* eslint-disable @typescript-eslint/no-explicit-any -- what a provider sends is not typed */
function withoutSessionMetadata(body: any): any {
  if (body.type !== 'checkout.session.completed') return body;
  return { ...body, data: { object: { ...body.data.object, metadata: {} } } };
}

function withOrderReference(body: any, order_reference: string): any {
  if (body.type !== 'payment_intent.succeeded') return body;
  return { ...body, data: { object: { ...body.data.object, payment_details: { order_reference } } } };
}
/* eslint-enable */

/** The part of the service that a page asks. */
function pageOf(relay: SimulatedRelay) {
  const { keys } = relay;
  const settings = () => Promise.resolve(relay.settings);
  return {
    async authorize(...ask: Parameters<ReturnType<typeof createBrowserPurchases>['authorize']>) {
      const { users, visitors } = await sharedStore();
      const telemetry = { usersJoined: () => undefined, refusedByPage: () => undefined };
      const tokens = { proves: () => false };
      const nowMs = () => relay.nowMs;
      return createBrowserPurchases({ settings, users, visitors, keys, tokens, telemetry, nowMs }).authorize(...ask);
    },
  };
}
