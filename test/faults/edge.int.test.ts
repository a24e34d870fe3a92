/** Ids, clocks and buyers that once went wrong at more than one provider, with the right values. */
import { stripeInvoice, stripeEvent } from '../../sandbox/stripe/webhooks';
import { hashedEmail, hashedExternalId, hashedPhone } from '../../src/tiktok';
import { closeSharedStore, simulatedRelay } from '../support/stored-relay';
import { describeFaults, notesOf, readFault } from './fault-files';

afterAll(closeSharedStore);

const hour = 3_600_000;
const longestWaitMs = 120_000;

describeFaults('ids from metadata', () => {
  it('that are none are left out, and a number is its text', async () => {
    const { steps } = readFault('edge/pub-S7');
    for (const { psp, body } of steps) {
      const relay = await simulatedRelay({ startMs: Date.UTC(2026, 10, 27, 23, 45) });
      const { outcome } = await relay.receives(psp, body);
      await relay.passes(longestWaitMs);
      const { moneyId, checkoutId, userId } = idsIn(body);
      const eventId = checkoutId === 273_196 ? '273196' : `${psp}:${moneyId}`;
      const [event] = relay.sent();
      expect({ outcome, eventId: event?.eventId, user: event?.user['external_id'] }).toEqual({
        outcome: 'accepted',
        eventId,
        user: hashedExternalId(userId),
      });
      expect((await relay.records())[moneyId]).toMatchObject({ phase: 'conversion', state: 'sent', eventId });
    }
  });
});

describeFaults('one client_reference_id for several buyers', () => {
  const { steps, settings } = { steps: [], settings: {}, ...tryRead('edge/pub-S25') };
  const startMs = Date.UTC(2026, 10, 27, 12);
  // The file leaves out what every session has.
  const webhooks = steps.flatMap(({ body }, nth) => {
    const { customer, subscription, customer_details } = body as BuyersSession;
    const created = startMs / 1000 + 60 * nth;
    const session = {
      object: 'checkout.session',
      status: 'complete',
      payment_status: 'paid',
      created,
      metadata: {},
      ...(body as object),
    };
    const sale = { type: 'subscription', subscriptionId: subscription, customerId: customer, startMs: created * 1000 } as const;
    const bill = { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false };
    const invoice = stripeInvoice({ ...sale, email: customer_details.email }, bill);
    return [
      { session: stripeEvent('checkout.session.completed', session, { created: created + 1 }) },
      { invoice: stripeEvent('invoice.paid', invoice, { created: created + 2 }) },
    ];
  });
  const sessions = webhooks.flatMap(({ session }) => session ?? []);
  const invoices = webhooks.flatMap(({ invoice }) => invoice ?? []);

  it.each([
    ['the sessions, then the invoices', [...sessions, ...invoices]],
    ['the invoices, then the sessions', [...invoices, ...sessions]],
    ['buyer by buyer', sessions.flatMap((session, nth) => [session, invoices[nth]!])],
  ])('they are told apart: %s', async (_, events) => {
    const relay = await simulatedRelay({ startMs: startMs + hour, settings });
    for (const event of events) {
      await relay.receives('stripe', event);
      await relay.passes(300);
    }
    await relay.passes(longestWaitMs);
    expect(
      relay
        .sent()
        .map(({ user }) => user['email'])
        .sort(),
    ).toEqual(['buyer1', 'buyer2', 'buyer3'].map((name) => hashedEmail(`${name}@mail.example`)).sort());
  });
});

describeFaults('an e-mail and a phone number with what cannot be seen, in other widths and with a scheme', () => {
  const spelled = { email: hashedEmail('zw.zdajhb@mail.example'), phone: hashedPhone('+12133734253') };
  /** One of a list or with a name is no address; a root's dot is none of a mailbox. */
  const none: readonly unknown[] = ['trailingdot', 'named'];

  it('are the same person’s, or left out where they are none', async () => {
    const { steps } = readFault('edge/pub-S8');
    const notes = notesOf('edge/pub-S8');
    expect(steps.length).toBe(24);
    for (const [nth, { psp, body }] of steps.entries()) {
      const relay = await simulatedRelay({ startMs: Date.UTC(2026, 10, 27, 23, 45) });
      await relay.receives(psp, body);
      await relay.passes(longestWaitMs);
      const [event] = relay.sent();
      const kind = 'phone' in (body as { metadata: object }).metadata ? 'phone' : 'email';
      expect([notes[nth], event?.user[kind]]).toEqual([notes[nth], none.includes(notes[nth]) ? undefined : spelled[kind]]);
    }
  });
});

describeFaults('a clock that is ahead', () => {
  it.each([1, 10])('by %s h: it is sent with the time of acceptance, and the record says so', async (hours) => {
    const relay = await simulatedRelay();
    const [step] = readFault('edge/pub-S28').steps;
    const acceptedAtMs = relay.nowMs;
    const occurred_at = new Date(acceptedAtMs + hours * hour).toISOString();
    await relay.receives('generic', { ...step!.body, occurred_at });
    await relay.passes(longestWaitMs);
    expect(relay.sent()).toEqual([expect.objectContaining({ eventId: 'generic:gp-CASE28', eventTimeMs: acceptedAtMs })]);
    const record = (await relay.records())['gp-CASE28'];
    expect(record).toMatchObject({ state: 'sent', reason: expect.any(String) });
  });
});

describeFaults('placeholders as user ids', () => {
  it.each([false, true])('are no identifiers, with the limit %s', async (limitPurchaseEvents) => {
    const relay = await simulatedRelay({ startMs: Date.UTC(2026, 10, 27, 23, 50), settings: { limitPurchaseEvents } });
    const { steps } = readFault('edge/pub-S30');
    for (const { psp, body } of steps) {
      await relay.receives(psp, body);
      await relay.passes(1000);
    }
    await relay.passes(longestWaitMs);
    const told = relay.sent().map(({ eventId, user }) => ({ eventId, ...user }));
    const bought = steps.map(({ body }) => {
      const { email, ttclid, ip } = (body as { metadata: Record<string, string> }).metadata;
      return { eventId: `generic:${idsIn(body).moneyId}`, email: hashedEmail(email), ttclid, ip };
    });
    expect(byEventId(told)).toEqual(byEventId(bought));
  });
});

function byEventId<T extends { readonly eventId: string }>(events: readonly T[]): readonly T[] {
  return [...events].sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
}

interface BuyersSession {
  readonly customer: string;
  readonly subscription: string;
  readonly customer_details: { readonly email: string };
}

/** The suite is described before it is known whether the folder is there. */
function tryRead(file: string) {
  try {
    const { steps, ...more } = readFault(file);
    return { ...more, steps: steps.map((step) => ({ ...step, body: step.object })) };
  } catch {
    return {};
  }
}

/* eslint-disable @typescript-eslint/no-explicit-any -- what a provider sends is not typed */
function idsIn(body: any): { readonly moneyId: string; readonly checkoutId: unknown; readonly userId: string } {
  const { checkout_id: checkoutId, user_id: userId } = body.metadata ?? body.data.custom_data;
  return { moneyId: body.money_id ?? body.data.id, checkoutId, userId };
}
/* eslint-enable */
