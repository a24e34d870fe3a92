/** Sends webhooks at a pace, however slowly they are answered, and again as a provider does: after 1 s, 2 s, 4 s … */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { signStripe } from '../../sandbox/stripe/webhooks';
import type { Target } from './driver';
import type { BenchWebhook } from './fleet';

export interface PacedSent {
  /** Of every answer, whatever it was. */
  readonly latenciesMs: readonly number[];
  /** Answers by status; `error` for none. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Webhooks that were acknowledged at their first try. */
  readonly atOnce: number;
  /** From the first request to the last acknowledgement. */
  readonly elapsedMs: number;
}

const longestPauseMs = 8_000;
/** As patient as the least patient provider. */
const patienceMs = 5_000;

export async function sendPaced(target: Target, webhooks: readonly BenchWebhook[], perSecond: number): Promise<PacedSent> {
  const dispatcher = new Agent({ connections: 512, pipelining: 1 });
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  let atOnce = 0;

  const once = async (body: string): Promise<string> => {
    const startedAtMs = performance.now();
    const headers = {
      'content-type': 'application/json',
      'stripe-signature': signStripe(body, target.secret, Math.floor(Date.now() / 1000)),
    };
    const status = await request(target.url, {
      ...{ method: 'POST', headers, body, dispatcher, signal: AbortSignal.timeout(patienceMs) },
    }).then(
      async (answer) => {
        await answer.body.dump();
        return String(answer.statusCode);
      },
      () => 'error',
    );
    latenciesMs.push(performance.now() - startedAtMs);
    statuses[status] = (statuses[status] ?? 0) + 1;
    return status;
  };
  const deliver = async (body: string): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      if ((await once(body)).startsWith('2')) {
        if (attempt === 0) atOnce += 1;
        return;
      }
      await sleep(Math.min(1_000 * 2 ** attempt, longestPauseMs));
    }
  };

  const startedAtMs = performance.now();
  const underWay: Promise<void>[] = [];
  for (const [index, { body }] of webhooks.entries()) {
    const early = startedAtMs + (index * 1_000) / perSecond - performance.now();
    if (early > 1) await sleep(early);
    underWay.push(deliver(body));
  }
  await Promise.all(underWay);
  const elapsedMs = performance.now() - startedAtMs;
  await dispatcher.close();
  return { latenciesMs, statuses, atOnce, elapsedMs };
}
