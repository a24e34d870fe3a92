/** Tasks of operators on a real Temporal server: a bulk resend with one order that cannot be told, a backfill that counts, one that is ended. */
import { backfill, day, happen, hour, iso, nowMs, relayWith } from '../support/checking';
import { stripeEnd } from '../support/provider-stubs';
import type { Sale } from '../support/provider-stubs';
import type { Relay } from '../support/relay';
import { eventually } from '../support/relay';
import { purchase } from '../support/api-server';

let relay: Relay;
let stripe: Awaited<ReturnType<typeof stripeEnd>>;

beforeAll(async () => {
  stripe = await stripeEnd({ mostPerPage: 5 });
  relay = await relayWith('tasks', [stripe], { embedded: true });
});
afterAll(async () => {
  await relay?.stop();
  await stripe?.close();
});

const sale = (name: string, startMs: number): Sale => ({
  ...{ name, type: 'lifetime', startMs, renewals: 0, currency: 'USD', amountMinor: 1999, trialAmountMinor: 100 },
});

async function resendState(error: string) {
  const { status, body } = await relay.api('GET', `/attention/resend?error=${error}`);
  expect(status).toBe(200);
  return body;
}

describe('a bulk resend', () => {
  const orders = 120;
  const lastError = { type: 'TikTokUnauthorized', code: 40105, message: 'token' };

  it('tells each order once, page by page; one that cannot be told does not hold up the rest', async () => {
    const waiting = Array.from({ length: orders }, (_, n) =>
      purchase(`in_${n}`, {
        ...{ psp: 'generic', subscription: `order_${n}`, state: 'needs_attention', lastError },
        ...{ sentAtMs: null, requestId: null, occurredAtMs: nowMs - hour },
      }),
    );
    // An id that Temporal cannot store: no such order is ever told.
    const untellable = { ...waiting[0]!, moneyId: 'in_long', subscription: 'x'.repeat(2_000) };
    await relay.services.store.purchases.record('default', [...waiting, untellable]);
    const { status, body } = await relay.api('POST', '/attention/resend', { error: 'TikTokUnauthorized', by: 'anna' });
    expect([status, body]).toMatchObject([202, { total: orders + 1 }]);
    const done = await eventually(async () => {
      const state = await resendState('TikTokUnauthorized');
      expect(state.state).toBe('done');
      return state;
    });
    expect(done).toMatchObject({ total: orders + 1, done: orders, orders, failed: 1, by: 'anna' });
  });
});

describe('a backfill', () => {
  const range = { from: iso(nowMs - 25 * day), to: iso(nowMs - hour) };

  it('that only counts says what it would do, and takes nothing in', async () => {
    happen(stripe.eventsOf(sale('counted_old', nowMs - 20 * day)));
    happen(stripe.eventsOf(sale('counted_new', nowMs - 2 * day)));
    const counted = await backfill(relay, 'stripe', { ...range, dryRun: true });
    expect(counted).toMatchObject({ isRead: true, found: 2, dryRun: { wouldSend: 1, tooOld: 1, notPurchases: 0 } });
    expect((await relay.api('GET', '/purchases?psp=stripe')).body.items).toEqual([]);
    await eventually(async () =>
      expect((await relay.api('GET', '/backfill/stripe')).body.items).toMatchObject([
        { state: 'done', dryRun: true, found: 2, wouldSend: 1, wouldRecordAsTooOld: 1 },
      ]),
    );
  });

  it('that is ended while the provider is slow stays ended, and what was read stays', async () => {
    stripe.failNext(1, { status: 429, retryAfter: '60' });
    const { body } = await relay.api('POST', '/backfill/stripe', range);
    await eventually(async () =>
      expect((await relay.api('GET', '/backfill/stripe')).body.items).toContainEqual(
        expect.objectContaining({ workflowId: body.workflowId, state: 'running', lastError: expect.stringMatching(/429/) }),
      ),
    );
    await eventually(async () => {
      const ended = await fetch(`${relay.web.localUrl}/api/backfill/stripe`, {
        method: 'DELETE',
        headers: { authorization: 'Bearer operator-token-of-the-tests' },
      });
      expect(ended.status).toBe(202);
    });
    await eventually(async () =>
      expect((await relay.api('GET', '/backfill/stripe')).body.items).toContainEqual(
        expect.objectContaining({ workflowId: body.workflowId, state: 'cancelled' }),
      ),
    );
  });
});
