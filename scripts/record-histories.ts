/**
 * Records histories for the replay gate (`test/workflows/replay.test.ts`) from a real Temporal server: `npm run record-histories`.
 * Records what is missing, or the names it is given; with `--release 0.2.0` all of them anew, as `<name>@0.2.0.json`. Add to what is
 * there when a workflow changes its commands; never replace what a released version has written.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { Payload } from '@temporalio/common';
import { genericEventsOf } from '../sandbox/generic/webhooks';
import { startStripeApi } from '../sandbox/stripe/api';
import { intentId, stripeEventsOf } from '../sandbox/stripe/webhooks';
import { createPepperLayers } from '../src/crypto/pepper-layers';
import { EncryptionCodec } from '../src/temporal/codec';
import { askForNewHistory, keysOfBuyer } from '../src/temporal/reseal';
import globalSetup from '../test/support/global-setup';
import globalTeardown from '../test/support/global-teardown';
import { eventually, Relay } from '../test/support/relay';
import { subscriptionWorkflowId } from '../workflows/contract';
import { dayMs, hourMs } from '../src/domain/duration';

const folder = join(__dirname, '..', 'test', 'histories');
const start = Date.now() - 200 * dayMs;

async function main(): Promise<void> {
  await globalSetup();
  const stripe = await startStripeApi({ keys: ['rk_test_recorder'] });
  const relay = await Relay.start('histories', { env: { STRIPE_API_KEY: 'rk_test_recorder', STRIPE_API_URL: stripe.url } });
  try {
    await relay.api('PATCH', '/settings', { maxEventAgeHours: 8760 });
    await record(relay, 'free-trial', () => play(relay, 'free_trial', 'h1'));
    await relay.api('PATCH', '/settings', { limitPurchaseEvents: true });
    await record(relay, 'paid-trial-limited', () => play(relay, 'paid_trial', 'h2'));
    await relay.api('PATCH', '/settings', { limitPurchaseEvents: false });
    await record(relay, 'attention-resent', () => attention(relay, 'h3'));
    await record(relay, 'skipped-while-retrying', () => skipped(relay, 'h4'));
    await record(relay, 'refunded-while-retrying', () => refunded(relay, 'h5'));
    await record(relay, 'one-off', () => oneOff(relay, 'h6'));
    await record(relay, 'waits-for-its-session', () => waiting(relay, 'h7'));
    await record(relay, 'renewal-check', () => checked(relay, stripe));
    await record(relay, 'erased', () => erased(relay, 'h8'));
    await record(relay, 'cancelled-while-retrying', () => cancelled(relay, 'h9'));
    await record(relay, 'restored', () => restored(relay, 'h10'));
    await record(relay, 'lifted', () => lifted(relay, 'h11'));
    // `restored` reads its records by a local activity, as before the patch `restores-once`.
    await record(relay, 'restored-once', () => restored(relay, 'h12'));
  } finally {
    await relay.stop();
    await stripe.close();
    await globalTeardown();
  }
}

async function play(relay: Relay, type: 'free_trial' | 'paid_trial', id: string): Promise<string> {
  const life = genericEventsOf({ type, subscriptionId: id, userId: id, checkoutId: `c_${id}`, startMs: start, renewals: 3 });
  for (const { event } of life) {
    await relay.generic(event);
    await relay.settled('generic', id, String(event['money_id']));
  }
  await relay.generic({ kind: 'ended', subscription_id: id, occurred_at: new Date(start + 150 * dayMs).toISOString() });
  await eventually(async () => {
    const { status } = (await relay.api('GET', `/subscriptions/generic/${id}`)).body as { status: string };
    if (status !== 'ended') throw new Error(`still ${status}`);
  });
  return idOf('generic', id);
}

async function erased(relay: Relay, id: string): Promise<string> {
  const [first, second] = genericEventsOf({ type: 'subscription', subscriptionId: id, userId: id, startMs: start, renewals: 1 });
  await relay.generic(first!.event);
  await relay.settled('generic', id, String(first!.event['money_id']));
  await relay.api('POST', `/users/${id}/erase`);
  await relay.generic(second!.event);
  await relay.settled('generic', id, String(second!.event['money_id']));
  return idOf('generic', id);
}

async function attention(relay: Relay, id: string): Promise<string> {
  const [first] = genericEventsOf({ type: 'subscription', subscriptionId: id, userId: id, startMs: start });
  relay.tiktok.failNext(1, { kind: 'code', code: 40105 });
  await relay.generic(first!.event);
  await relay.settled('generic', id, `pay_${id}_0`, 'needs_attention');
  await relay.api('POST', `/subscriptions/generic/${id}/purchases/pay_${id}_0/resend`, { by: 'recorder' });
  await relay.settled('generic', id, `pay_${id}_0`, 'sent');
  return idOf('generic', id);
}

async function skipped(relay: Relay, id: string): Promise<string> {
  const stop = await failing(relay, id);
  await relay.api('POST', `/subscriptions/generic/${id}/purchases/pay_${id}_0/skip`, { by: 'recorder' });
  await relay.settled('generic', id, `pay_${id}_0`, 'skipped');
  stop();
  return idOf('generic', id);
}

async function refunded(relay: Relay, id: string): Promise<string> {
  const stop = await failing(relay, id);
  const occurred_at = new Date(start + dayMs).toISOString();
  await relay.generic({
    kind: 'refund',
    subscription_id: id,
    money_id: `pay_${id}_0`,
    amount: '19.99',
    currency: 'USD',
    occurred_at,
  });
  await relay.settled('generic', id, `pay_${id}_0`, 'not_a_purchase');
  stop();
  return idOf('generic', id);
}

async function cancelled(relay: Relay, id: string): Promise<string> {
  const stop = await failing(relay, id);
  const workflow = relay.services.client.workflow.getHandle(idOf('generic', id));
  await workflow.cancel();
  await workflow.result().catch(() => undefined);
  stop();
  return idOf('generic', id);
}

/** Its first run was terminated; the second one begins with an operator's resend. */
async function restored(relay: Relay, id: string): Promise<string> {
  const stop = await failing(relay, id);
  await relay.services.client.workflow.getHandle(idOf('generic', id)).terminate();
  stop();
  await relay.api('POST', `/subscriptions/generic/${id}/purchases/pay_${id}_0/resend`, { by: 'recorder' });
  await relay.settled('generic', id, `pay_${id}_0`, 'sent');
  return idOf('generic', id);
}

/** The run in which a new pepper comes. */
async function lifted(relay: Relay, id: string): Promise<Run> {
  const [first] = genericEventsOf({ type: 'subscription', subscriptionId: id, userId: id, startMs: start });
  await relay.generic(first!.event);
  await relay.settled('generic', id, `pay_${id}_0`, 'sent');
  const { client } = relay.services;
  const workflowId = idOf('generic', id);
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const layers = createPepperLayers(['the second']);
  const keys = (await keysOfBuyer(client, workflowId)) ?? [];
  await askForNewHistory(client, workflowId, Object.fromEntries(keys.map((hmac) => [hmac, layers.lift(hmac, 2)])));
  await eventually(async () => {
    if ((await client.workflow.getHandle(workflowId).describe()).runId === runId) throw new Error('no new run yet');
  });
  return { workflowId, runId };
}

/** A purchase that TikTok keeps not answering. */
async function failing(relay: Relay, id: string): Promise<() => void> {
  const [first] = genericEventsOf({ type: 'subscription', subscriptionId: id, userId: id, startMs: start });
  const stop = relay.tiktok.failWhile({ kind: 'http', status: 503 });
  await relay.generic(first!.event);
  await eventually(async () => {
    const { items } = (await relay.api('GET', `/purchases?q=pay_${id}_0`)).body as { items: { attempts: number }[] };
    if (!((items[0]?.attempts ?? 0) >= 2)) throw new Error('not tried twice yet');
  });
  return stop;
}

async function oneOff(relay: Relay, id: string): Promise<string> {
  const [only] = genericEventsOf({ type: 'lifetime', subscriptionId: id, userId: id, startMs: start });
  await relay.generic(only!.event);
  await relay.settled('generic', `pay_${id}_0`, `pay_${id}_0`, 'sent');
  return idOf('generic', `pay_${id}_0`);
}

/** A one-off whose PaymentIntent comes before the session that knows the buyer: a timer. */
async function waiting(relay: Relay, id: string): Promise<string> {
  const life = { type: 'lifetime', subscriptionId: id, customerId: 'cus_h7', userId: id, startMs: start } as const;
  const events = stripeEventsOf(life).map(({ event }) => event);
  const of = (type: string) => events.find((event) => event.type === type)!;
  await relay.stripe(of('payment_intent.succeeded'));
  await eventually(async () => {
    if (!(intentId(life, 0) in (await relay.purchases('stripe', intentId(life, 0))))) throw new Error('not heard yet');
  });
  await relay.stripe(of('checkout.session.completed'));
  await relay.settled('stripe', intentId(life, 0), intentId(life, 0), 'sent');
  return idOf('stripe', intentId(life, 0));
}

/** A look that finds a life of which no webhook came. */
async function checked(relay: Relay, stripe: Awaited<ReturnType<typeof startStripeApi>>): Promise<string> {
  const life = {
    type: 'subscription',
    subscriptionId: 'sub_h8',
    customerId: 'cus_h8',
    startMs: Date.now() - hourMs,
    renewals: 0,
  } as const;
  stripe.add(stripeEventsOf(life).map(({ event }) => event));
  const { body } = (await relay.api('POST', '/checks/stripe')) as { body: unknown };
  const { workflowId } = body as { workflowId: string };
  await relay.services.client.workflow.getHandle(workflowId).result();
  return workflowId;
}

function idOf(psp: string, subscription: string): string {
  return subscriptionWorkflowId({ integration: 'default', psp, subscription });
}

/** Payloads in clear: the data is made up, and a replay needs no key. */
/** Those that are named on the command line, or those that are missing. */
const releaseAt = process.argv.indexOf('--release');
const release = releaseAt < 0 ? null : (process.argv[releaseAt + 1] ?? null);
const wanted = process.argv.slice(2, releaseAt < 0 ? undefined : releaseAt);

/** Of a workflow that has had several. */
interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

async function record(relay: Relay, name: string, life: () => Promise<string | Run>): Promise<void> {
  const file = join(folder, release === null ? `${name}.json` : `${name}@${release}.json`);
  if (wanted.length > 0 ? !wanted.includes(name) : existsSync(file)) return;
  const lived = await life();
  const { workflowId, runId } = typeof lived === 'string' ? { workflowId: lived, runId: undefined } : lived;
  const history = await relay.services.client.workflow.getHandle(workflowId, runId).fetchHistory();
  await open(new EncryptionCodec(relay.services.keyring), history);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`);
  console.log(`${name}: ${history.events?.length ?? 0} events`);
}

async function open(codec: EncryptionCodec, value: unknown): Promise<void> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'payloads' && Array.isArray(inner))
      (value as Record<string, unknown>)[key] = await codec.decode(inner as Payload[]);
    else if (isPayload(inner)) (value as Record<string, unknown>)[key] = (await codec.decode([inner]))[0];
    else await open(codec, inner);
  }
}

function isPayload(value: unknown): value is { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  return (
    typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value && value.data instanceof Uint8Array
  );
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
