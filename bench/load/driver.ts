/** Sends webhooks as a provider does: so many at once, signed, over kept connections, and again while the answer is 503. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { signStripe } from '../../sandbox/stripe/webhooks';
import type { BenchWebhook } from './fleet';

export interface Target {
  /** With the path. */
  readonly url: string;
  readonly secret: string;
}

export interface Sent {
  /** Unix milliseconds with fractions. */
  readonly startedAtMs: number;
  /** From the first request to the last acknowledgement. */
  readonly elapsedMs: number;
  /** Of every answer, whatever it was. */
  readonly latenciesMs: readonly number[];
  /** Answers by status; `error` for none. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly acknowledged: number;
}

/** Before what got no answer is sent again; after a 503 it is what `Retry-After` says. Providers wait for minutes: shorter, the repetitions would be the load. */
const pauseMs = 1_000;
const answerWithinMs = 60_000;

/** Sends all, and each until it is acknowledged. @throws on any answer but 2xx and 503. */
export async function send(target: Target, webhooks: readonly BenchWebhook[], atOnce: number): Promise<Sent> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections: atOnce, pipelining: 1, headersTimeout: answerWithinMs });
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  let [next, acknowledged] = [0, 0];

  const once = async (body: string): Promise<{ readonly status: string; readonly againInMs: number }> => {
    const startedAtMs = performance.now();
    let status: string;
    let againInMs = pauseMs;
    try {
      const answer = await pool.request({
        path: pathname,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'stripe-signature': signStripe(body, target.secret, Math.floor(Date.now() / 1000)),
        },
        body,
      });
      const text = await answer.body.text();
      status = String(answer.statusCode);
      const retryAfter = answer.headers['retry-after'];
      if (retryAfter !== undefined) againInMs = Number(retryAfter) * 1_000;
      if (!/^(2\d\d|503)$/.test(status)) throw new Error(`a webhook was answered with ${status}: ${text}`);
    } catch (error) {
      if (!('code' in (error as Error))) throw error;
      status = 'error'; // of the network
    }
    latenciesMs.push(performance.now() - startedAtMs);
    statuses[status] = (statuses[status] ?? 0) + 1;
    return { status, againInMs };
  };
  const sender = async (): Promise<void> => {
    for (let webhook = webhooks[next++]; webhook; webhook = webhooks[next++]) {
      for (let sent = await once(webhook.body); !sent.status.startsWith('2'); sent = await once(webhook.body))
        await sleep(sent.againInMs);
      acknowledged += 1;
    }
  };

  const startedAtMs = performance.timeOrigin + performance.now();
  try {
    await Promise.all(Array.from({ length: atOnce }, sender));
    const elapsedMs = performance.timeOrigin + performance.now() - startedAtMs;
    return { startedAtMs, elapsedMs, latenciesMs, statuses, acknowledged };
  } finally {
    await pool.close();
  }
}
