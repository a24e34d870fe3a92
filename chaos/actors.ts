/** Who acts on the service from outside: the providers, which send until they are heard, and the operator. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Webhook } from '../demo/provider';
import type { EventLog } from './event-log';
import { type PlannedOrder, type SettingsChange, saleOf } from './plan';
import { operatorToken } from './stage';

export interface Actors {
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly webs: readonly string[];
  readonly log: EventLog;
  readonly signal: AbortSignal;
}

export interface Deliveries {
  /** Webhooks that were answered 2xx, repetitions included. */
  accepted: number;
  /** Attempts by how they ended: a status, or the network's word. */
  readonly attempts: Record<string, number>;
  /** What was not accepted before the end. */
  readonly undelivered: string[];
  /** What was answered by something else than 2xx and 503. */
  readonly odd: string[];
  slowestMs: number;
}

/** All webhooks of all orders, each at its time and again until it is accepted, as providers send them. */
export async function sendWebhooks(actors: Actors, orders: readonly PlannedOrder[]): Promise<Deliveries> {
  const { startMs, signal } = actors;
  const done: Deliveries = { accepted: 0, attempts: {}, undelivered: [], odd: [], slowestMs: 0 };
  const due = orders
    .flatMap((order) => order.deliveries.map((delivery) => ({ order, ...delivery })))
    .sort((one, other) => one.atMs - other.atMs);
  const open = new Set<Promise<void>>();
  for (const { order, webhook, atMs } of due) {
    const pauseMs = startMs + atMs - Date.now();
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    while (open.size >= atATime && !signal.aborted) await Promise.race(open);
    const sending: Promise<void> = deliver(actors, order, webhook, done).finally(() => open.delete(sending));
    open.add(sending);
  }
  await Promise.all(open);
  return done;
}

/** Webhooks under way at once; more wait at their providers. */
const atATime = 40;
/** As patient as the least patient provider. */
const patienceMs = 5_000;
const longestPauseMs = 8_000;

async function deliver(
  { startMs, webs, log, signal }: Actors,
  order: PlannedOrder,
  number: number,
  done: Deliveries,
): Promise<void> {
  const name = `${order.provider.name} ${order.name} ${number}`;
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted) return void done.undelivered.push(name);
    const web = webs[(number + attempt + order.name.length) % webs.length] ?? '';
    const triedAtMs = Date.now();
    const answer = await post(web, order.provider.name, webhooksOf(order, startMs)[number]);
    done.attempts[answer] = (done.attempts[answer] ?? 0) + 1;
    done.slowestMs = Math.max(done.slowestMs, Date.now() - triedAtMs);
    if (answer === '200') {
      done.accepted += 1;
      return;
    }
    log.note('webhook', { name, attempt, answer });
    if (/^\d/.test(answer) && answer !== '503') done.odd.push(`${name}: ${answer}`);
    await sleep(Math.min(400 * 2 ** attempt, longestPauseMs), undefined, { signal }).catch(() => undefined);
  }
}

/** Signed within the last minute, by the provider's clock. Ids and times of what it tells are the same each time. */
export function webhooksOf(order: PlannedOrder, startMs: number): readonly Webhook[] {
  const known = signed.get(order);
  if (known && Date.now() - known.atMs < 60_000) return known.webhooks;
  const atMs = Date.now();
  const { webhooks } = order.provider.webhooksOf(saleOf(order, startMs), atMs + order.signedOffMs);
  signed.set(order, { atMs, webhooks });
  return webhooks;
}

/** Signatures cost time, and an order has many webhooks. */
const signed = new WeakMap<PlannedOrder, { readonly atMs: number; readonly webhooks: readonly Webhook[] }>();

async function post(web: string, psp: string, webhook: Webhook | undefined): Promise<string> {
  if (!webhook) throw new Error('there is no such webhook');
  try {
    const response = await fetch(`${web}/webhooks/${psp}`, {
      method: 'POST',
      body: webhook.body,
      headers: { 'content-type': 'application/json', ...webhook.headers },
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    const { name, cause } = error as Error;
    return (cause as { code?: string } | undefined)?.code ?? name;
  }
}

/** The operator's calls: each is repeated until it is answered. */
export class Operator {
  constructor(private readonly actors: Actors) {}

  async get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  /** Changes the settings, each at its time. At the end nothing is paused. */
  async change(changes: readonly SettingsChange[]): Promise<void> {
    const { startMs, log, signal } = this.actors;
    for (const { atMs, patch } of changes) {
      const pauseMs = startMs + atMs - Date.now();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
      const { version } = await this.call<{ version: number }>('PATCH', '/settings', patch);
      log.note('settings', { patch, version });
    }
    await this.call('PATCH', '/settings', { paused: false });
  }

  /** Sends again what TikTok refused. Resolves to the number of purchases. */
  async resend(): Promise<number> {
    const { items } = await this.get<{ items: readonly { count: number }[] }>('/attention');
    const count = items.reduce((sum, each) => sum + each.count, 0);
    if (count > 0) await this.call('POST', '/attention/resend', { by: 'chaos' });
    return count;
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const { webs, signal } = this.actors;
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        const response = await fetch(`${webs[attempt % webs.length] ?? ''}/api${path}`, {
          method,
          headers: {
            authorization: `Bearer ${operatorToken}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(30_000),
        });
        const text = await response.text();
        if (response.ok) return JSON.parse(text) as T;
        if (response.status === 404) throw new NotThere(path);
        if (response.status < 500 && response.status !== 429) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      } catch (error) {
        // fetch throws a TypeError when the network fails.
        if (!['TypeError', 'TimeoutError'].includes((error as Error).name)) throw error;
      }
      await sleep(Math.min(200 * 2 ** attempt, 3_000), undefined, { signal });
    }
  }
}

export class NotThere extends Error {
  override readonly name = 'NotThere';
}
