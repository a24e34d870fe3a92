/** Renewal checks as tests see them: an account of a provider, what it tells, and what a look at it comes to. */
import type { CheckProgress } from '../../workflows/contract';
import { renewalCheckId } from '../../workflows/contract';
import type { FarEnd, ProviderEvent } from './provider-stubs';
import type { RelayOptions } from './relay';
import { eventually, Relay } from './relay';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** Signatures and the age limit go by the real clock, so what is played ends now. */
export const nowMs = Math.floor(Date.now() / 1000) * 1000;
export const dayBeganMs = nowMs - day;

/** The relay with these providers, whose Schedules wait, so that nothing is checked but what a test checks. */
export async function relayWith(name: string, ends: readonly FarEnd[], options: RelayOptions = {}): Promise<Relay> {
  const env = Object.assign({}, ...ends.map((end) => end.env), options.env) as Record<string, string>;
  const relay = await Relay.start(name, { ...options, env });
  for (const { psp } of ends) await scheduleOf(relay, psp).pause();
  return relay;
}

export function scheduleOf({ services }: Relay, psp: string) {
  return services.client.schedule.getHandle(renewalCheckId({ integration: 'default', psp }));
}

/** As if the last check had come this far. */
export async function lookedUntil({ services }: Relay, psp: string, upToMs: number): Promise<void> {
  const summary = { facts: 0, found: 0, polled: 0, unreadable: 0, error: null };
  await services.store.checks.finish('default', psp, { upToMs, finishedAtMs: upToMs, summary });
}

export async function started(relay: Relay, psp: string) {
  const { status, body } = await relay.api('POST', `/checks/${psp}`);
  expect({ status, body }).toMatchObject({ status: 202, body: { workflowId: `renewal-check/default/${psp}` } });
  return relay.services.client.workflow.getHandle(body.workflowId as string);
}

export async function check(relay: Relay, psp: string): Promise<CheckProgress> {
  return (await (await started(relay, psp)).result()) as CheckProgress;
}

export async function backfill(relay: Relay, psp: string, range: object): Promise<CheckProgress> {
  const { status, body } = await relay.api('POST', `/backfill/${psp}`, range);
  expect({ status, body }).toMatchObject({ status: 202 });
  return (await relay.services.client.workflow.getHandle(body.workflowId as string).result()) as CheckProgress;
}

/** The provider's API knows of these. */
export function happen(told: readonly ProviderEvent[]): void {
  for (const one of told) if (one.atMs <= nowMs) one.happen();
}

export async function deliver(relay: Relay, told: readonly ProviderEvent[]): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (const one of told) {
    const { path, body, headers } = one.webhook();
    const answer = await relay.post(path, body, headers);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)} to ${body}`);
    for (const { moneyId, kind } of answer.body.facts as { moneyId: string | null; kind: string }[])
      if (moneyId !== null && kind !== 'refund' && kind !== 'payment_failed') accepted.push(moneyId);
  }
  return accepted;
}

/** All records, once no payment waits any more. */
export async function records(relay: Relay): Promise<any[]> /* eslint-disable-line @typescript-eslint/no-explicit-any */ {
  await eventually(async () => {
    const { body } = await relay.api('GET', '/purchases?state=pending');
    if (body.items.length > 0) throw new Error(`still pending: ${JSON.stringify(body.items[0])}`);
  });
  const all = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await relay.api('GET', `/purchases?cursor=${encodeURIComponent(cursor)}`);
    all.push(...body.items);
    cursor = body.nextCursor as string | null;
  }
  return all;
}

export async function report(relay: Relay, query = `from=${iso(dayBeganMs)}&to=${iso(nowMs)}`) {
  const { status, body } = await relay.api('GET', `/report?${query}`);
  expect(status).toBe(200);
  return body;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
