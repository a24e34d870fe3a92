/** Orders whose workflow is gone, end to end: cancelled, terminated or closed, with a purchase under way or at rest. */
import { genericEventsOf } from '../../sandbox/generic/webhooks';
import { invoiceId, stripeEvent, stripeInvoice, stripeSession } from '../../sandbox/stripe/webhooks';
import type { OrderRef, SubscriptionInput } from '../../workflows/contract';
import { coreTaskQueue, subscriptionWorkflowId } from '../../workflows/contract';
import type { Answer } from '../support/relay';
import { eventually, Relay } from '../support/relay';

const day = 86_400_000;
const longAgo = Date.now() - 90 * day;

let relay: Relay;
let messages = 0;
beforeAll(async () => {
  relay = await Relay.start('gone');
  expect(await relay.api('PATCH', '/settings', { maxEventAgeHours: 8760 })).toMatchObject({ status: 200 });
});
afterAll(() => relay?.stop());
beforeEach(() => relay.tiktok.reset());

/** An order of the generic webhook, and what happens to its workflow. */
class Story {
  readonly life: readonly Record<string, unknown>[];

  constructor(
    readonly id: string,
    type: 'subscription' | 'free_trial' = 'subscription',
  ) {
    const life = genericEventsOf({ type, subscriptionId: id, userId: `u_${id}`, startMs: longAgo, renewals: 2 });
    this.life = life.map(({ event }) => event);
  }

  /** The n-th event of its life reaches the webhook. */
  async happens(n: number): Promise<void> {
    await tell(this.life[n]!);
  }

  moneyId(n: number): string {
    return String(this.life[n]!['money_id']);
  }

  get workflow() {
    return relay.services.client.workflow.getHandle(workflowIdOf(this.id));
  }

  settled(n: number, ...states: string[]) {
    return relay.settled('generic', this.id, this.moneyId(n), ...states);
  }

  /** The row of the purchases table. */
  async row(n: number): Promise<Record<string, unknown>> {
    const { body } = await relay.api('GET', `/purchases?q=${this.moneyId(n)}`);
    return body.items[0];
  }

  command(word: 'resend' | 'skip', n: number, more: { readonly force?: true } = {}): Promise<Answer> {
    return relay.api('POST', `/subscriptions/generic/${this.id}/purchases/${this.moneyId(n)}/${word}`, { by: 'anna', ...more });
  }

  /** How often the n-th purchase arrived at TikTok and was counted. */
  counted(n: number): number {
    return relay.counted().filter((eventId) => eventId === `generic:${this.moneyId(n)}`).length;
  }

  /** Its n-th purchase is retried, since TikTok answers `code: 50000` to everything, when its workflow is ended. */
  async losesItsWorkflowInRetry(end: 'cancel' | 'terminate', n = 0): Promise<void> {
    const stop = relay.tiktok.failWhile({ kind: 'code', code: 50000 });
    try {
      await this.happens(n);
      await eventually(async () => expect((await this.row(n))['attempts']).toBeGreaterThanOrEqual(2));
      await this.workflow[end]();
      await this.hasStatus(end === 'cancel' ? 'CANCELLED' : 'TERMINATED');
    } finally {
      stop();
    }
  }

  /** Its first two payments are sent, then it ends and its workflow closes. */
  async closes(): Promise<void> {
    const input: SubscriptionInput = { ...orderRefOf(this.id), closeAfterMs: 300 };
    const options = { workflowId: workflowIdOf(this.id), taskQueue: coreTaskQueue, args: [input] as [SubscriptionInput] };
    await relay.services.client.workflow.start('subscription', options);
    for (const n of [0, 1]) {
      await this.happens(n);
      await this.settled(n, 'sent');
    }
    await this.ends();
    await this.hasStatus('COMPLETED');
  }

  ends(): Promise<void> {
    return tell({ kind: 'ended', subscription_id: this.id, occurred_at: new Date(longAgo + 60 * day).toISOString() });
  }

  refunded(n: number): Promise<void> {
    const { money_id, currency, amount } = this.life[n]!;
    const occurred_at = new Date(longAgo + 80 * day).toISOString();
    return tell({ kind: 'refund', subscription_id: this.id, money_id, currency, amount, occurred_at });
  }

  async hasStatus(name: string): Promise<void> {
    await eventually(async () => expect((await this.workflow.describe()).status.name).toBe(name));
  }

  async atRest(): Promise<void> {
    await relay.idle('generic', this.id);
  }
}

async function tell(event: object): Promise<void> {
  messages += 1;
  expect(await relay.generic(event, `msg_gone_${messages}`)).toMatchObject({ status: 200 });
}

function orderRefOf(subscription: string): OrderRef {
  return { integration: 'default', psp: 'generic', subscription };
}

function workflowIdOf(subscription: string): string {
  return subscriptionWorkflowId(orderRefOf(subscription));
}

const cancelledRow = { state: 'needs_attention', lastError: { type: 'WorkflowCancelled' } };
const terminatedRow = { state: 'needs_attention', lastError: { type: 'WorkflowGone' } };

describe('an order whose workflow is cancelled while a report retries', () => {
  it('needs attention; a repeated webhook sends nothing, and a resend sends it once', async () => {
    const order = new Story('cancelled');
    await order.losesItsWorkflowInRetry('cancel');
    expect(await order.row(0)).toMatchObject(cancelledRow);
    expect(await order.settled(0)).toMatchObject(cancelledRow);

    await order.happens(0);
    await order.atRest();
    expect(await order.row(0)).toMatchObject(cancelledRow);
    expect(order.counted(0)).toBe(0);

    expect(await order.command('resend', 0)).toMatchObject({ status: 200, body: { state: 'pending', by: 'anna' } });
    expect(await order.settled(0, 'sent')).toMatchObject({ phase: 'conversion', eventId: `generic:${order.moneyId(0)}` });
    expect(order.counted(0)).toBe(1);
  });

  it('is sent by a resend of all with that error, and its next payment is a renewal', async () => {
    const orders = [new Story('cancelled_all_1'), new Story('cancelled_all_2')];
    for (const order of orders) await order.losesItsWorkflowInRetry('cancel');
    const { status, body } = await relay.api('POST', '/attention/resend', { error: 'WorkflowCancelled' });
    expect([status, body]).toMatchObject([202, { total: 2 }]);
    for (const order of orders) {
      await order.settled(0, 'sent');
      await order.happens(1);
      expect(await order.settled(1, 'sent')).toMatchObject({ phase: 'renewal' });
      expect([order.counted(0), order.counted(1)]).toEqual([1, 1]);
    }
  });

  it('is sent when the attempt under way still reaches TikTok', async () => {
    const order = new Story('cancelled_in_attempt');
    relay.tiktok.failNext(1, { kind: 'slow', delayMs: 3_000 });
    await order.happens(0);
    await eventually(async () => expect((await order.row(0))['attempts']).toBe(1));
    await order.workflow.cancel();
    await order.hasStatus('CANCELLED');
    expect(await order.row(0)).toMatchObject({ state: 'sent' });
    expect(order.counted(0)).toBe(1);
  });

  it('needs attention when the attempt under way fails', async () => {
    const order = new Story('cancelled_in_failure');
    relay.tiktok.failNext(1, { kind: 'hang' });
    await order.happens(0);
    await eventually(async () => expect((await order.row(0))['attempts']).toBe(1));
    await order.workflow.cancel();
    await eventually(async () => {
      const { raw } = await order.workflow.describe();
      expect(raw.pendingWorkflowTask).toBeFalsy();
    });
    relay.tiktok.reset();
    await order.hasStatus('CANCELLED');
    expect(await order.row(0)).toMatchObject(cancelledRow);
  });

  it('is given up by a skip', async () => {
    const order = new Story('cancelled_skipped');
    await order.losesItsWorkflowInRetry('cancel');
    expect(await order.command('skip', 0)).toMatchObject({ status: 200, body: { state: 'skipped', by: 'anna' } });
    await order.atRest();
    expect(await order.row(0)).toMatchObject({ state: 'skipped' });
    expect(order.counted(0)).toBe(0);
  });

  it('loses nothing that is at rest', async () => {
    const order = new Story('cancelled_at_rest');
    await order.happens(0);
    await order.settled(0, 'sent');
    await order.atRest();
    await order.workflow.cancel();
    await order.hasStatus('CANCELLED');
    await order.happens(0);
    await order.happens(1);
    expect(await order.settled(1, 'sent')).toMatchObject({ phase: 'renewal' });
    expect(await order.row(0)).toMatchObject({ state: 'sent', phase: 'conversion' });
    expect([order.counted(0), order.counted(1)]).toEqual([1, 1]);
  });
});

describe('an order whose workflow is terminated while a report retries', () => {
  it('is sent by a resend at once', async () => {
    const order = new Story('terminated');
    await order.losesItsWorkflowInRetry('terminate');
    expect(await order.row(0)).toMatchObject({ state: 'pending' });
    expect(await order.command('resend', 0)).toMatchObject({ status: 200, body: { state: 'pending', by: 'anna' } });
    expect(await order.settled(0, 'sent')).toMatchObject({ phase: 'conversion' });
    expect(order.counted(0)).toBe(1);
  });

  it('needs attention at the next fact, which is decided with the history known', async () => {
    const order = new Story('terminated_renewed', 'free_trial');
    await order.happens(0);
    await order.settled(0, 'sent');
    await order.losesItsWorkflowInRetry('terminate', 1);
    await order.happens(2);
    expect(await order.settled(2, 'sent')).toMatchObject({ phase: 'renewal', purchaseType: 'free_trial' });
    expect(await order.settled(0)).toMatchObject({ state: 'sent', phase: 'trial_start' });
    expect(await order.settled(1)).toMatchObject({ ...terminatedRow, phase: 'conversion' });
    expect(await order.row(1)).toMatchObject({ ...terminatedRow, phase: 'conversion' });
    const { body } = await relay.api('POST', '/attention/resend', { error: 'WorkflowGone' });
    expect(body).toMatchObject({ total: 1, state: expect.any(String) });
    await order.settled(1, 'sent');
    expect([0, 1, 2].map((n) => order.counted(n))).toEqual([1, 1, 1]);
  });

  it('needs attention after the daily housekeeping, without any fact', async () => {
    const order = new Story('terminated_found');
    await order.losesItsWorkflowInRetry('terminate');
    expect(await relay.services.subscriptions.restartIfGone(orderRefOf(order.id))).toBe(true);
    expect(await order.settled(0)).toMatchObject(terminatedRow);
    expect(await order.row(0)).toMatchObject(terminatedRow);
    expect(await relay.services.subscriptions.restartIfGone(orderRefOf(order.id))).toBe(false);
    expect(order.counted(0)).toBe(0);
    await order.command('skip', 0);
  });

  it('is read once, and nothing is decided before that is in the history: rows of a lost task are not read', async () => {
    const order = new Story('terminated_once');
    await order.losesItsWorkflowInRetry('terminate');
    await order.happens(1);
    await order.settled(1, 'sent');
    const events = (await order.workflow.fetchHistory()).events ?? [];
    const kept = events.flatMap(({ activityTaskScheduledEventAttributes: asked, activityTaskCompletedEventAttributes: ended }) =>
      asked ? [asked.activityType?.name] : ended ? ['done'] : [],
    );
    expect(kept.slice(0, 3)).toEqual(['restoreOrder', 'done', 'reportPurchase']);
  });

  it('is no purchase when it is refunded then', async () => {
    const order = new Story('terminated_refunded');
    await order.losesItsWorkflowInRetry('terminate');
    await order.refunded(0);
    expect(await order.settled(0)).toMatchObject({ state: 'not_a_purchase', reason: 'refunded_before_sent' });
    expect(order.counted(0)).toBe(0);
  });

  it('and of a payment that it has not is not started', async () => {
    const order = new Story('terminated_unknown');
    await order.losesItsWorkflowInRetry('terminate');
    expect(await order.command('resend', 1)).toMatchObject({ status: 404 });
    await order.hasStatus('TERMINATED');
  });
});

describe('an order that was closed', () => {
  it('sends a repetition not again, shows a late refund, and knows a late payment as a renewal', async () => {
    const order = new Story('closed');
    await order.closes();
    for (const n of [0, 1]) await order.happens(n);
    await order.refunded(0);
    await order.happens(2);
    expect(await order.settled(2, 'sent')).toMatchObject({ phase: 'renewal' });
    await order.atRest();
    expect(await order.row(0)).toMatchObject({ state: 'sent', phase: 'conversion', amount: '19.99', refunded: '19.99' });
    expect(await order.row(1)).toMatchObject({ state: 'sent', phase: 'renewal', refunded: '0.00' });
    expect([0, 1, 2].map((n) => order.counted(n))).toEqual([1, 1, 1]);
  });

  it('still limits its user', async () => {
    const order = new Story('closed_limited');
    await order.closes();
    await relay.api('PATCH', '/settings', { limitPurchaseEvents: true });
    try {
      await order.happens(2);
      expect(await order.settled(2)).toMatchObject({ reason: 'limited', heldBy: { moneyId: order.moneyId(0) } });
    } finally {
      await relay.api('PATCH', '/settings', { limitPurchaseEvents: false });
    }
  });

  it('sends again what an operator resends, which TikTok counts once', async () => {
    const order = new Story('closed_resent');
    await order.closes();
    expect(await order.command('resend', 1)).toMatchObject({ status: 409 });
    expect(await order.command('resend', 1, { force: true })).toMatchObject({ status: 200, body: { state: 'pending' } });
    expect(await order.settled(1, 'sent')).toMatchObject({ by: 'anna' });
    const arrivals = relay.tiktok.events().filter(({ eventId }) => eventId === `generic:${order.moneyId(1)}`);
    expect(arrivals.map(({ fate }) => fate)).toEqual(['counted', 'merged']);
  });

  it('is not started by an erasure, and then knows nothing more of its buyer', async () => {
    const order = new Story('closed_erased');
    await order.closes();
    expect(await relay.api('POST', `/users/u_${order.id}/erase`)).toMatchObject({ status: 200 });
    await order.hasStatus('COMPLETED');
    await order.happens(2);
    expect(await order.settled(2, 'sent')).toMatchObject({ phase: 'renewal' });
    expect(relay.tiktok.events().at(-1)!.user).not.toHaveProperty('external_id');
  });
});

it.each(['cancel', 'terminate'] as const)(
  'an order that only began before its workflow was gone (%s) has its checkout id',
  async (end) => {
    const life = { type: 'subscription', subscriptionId: `sub_${end}`, customerId: `cus_${end}`, startMs: Date.now() } as const;
    const created = Math.floor(life.startMs / 1000);
    const session = { ...stripeSession(life), metadata: { checkout_id: `chk_${end}` } };
    await relay.stripe(stripeEvent('checkout.session.completed', session, { created }));
    await relay.idle('stripe', life.subscriptionId);
    const order = { integration: 'default', psp: 'stripe', subscription: life.subscriptionId };
    const workflow = relay.services.client.workflow.getHandle(subscriptionWorkflowId(order));
    await workflow[end]();
    await eventually(async () => expect((await workflow.describe()).status.name).not.toBe('RUNNING'));
    const bill = { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false };
    await relay.stripe(stripeEvent('invoice.paid', stripeInvoice(life, bill), { created }));
    expect(await relay.settled('stripe', life.subscriptionId, invoiceId(life, 0), 'sent')).toMatchObject({
      phase: 'conversion',
      eventId: `chk_${end}`,
    });
  },
);

it('a new order starts without a look at its records', async () => {
  const order = new Story('brand_new');
  await order.happens(0);
  await order.settled(0, 'sent');
  await order.atRest();
  const { events } = await order.workflow.fetchHistory();
  // A local activity leaves a marker.
  expect(events!.filter(({ markerRecordedEventAttributes }) => markerRecordedEventAttributes)).toEqual([]);
});
