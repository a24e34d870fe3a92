/** Plays lives over HTTP, as the provider would send them, and notes when each payment was told and what its record says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Payment, Webhook } from './providers';
import type { Play } from './plays';

/** The service, as far as a performance talks to it. */
export interface Service {
  /** Sends a webhook; resolves to the payments and other facts that the service read. @throws when it takes it not for good. */
  deliver(psp: string, webhook: Webhook, signal: AbortSignal): Promise<readonly { readonly moneyId: string | null }[]>;
  /** An order's records, as operators see them. */
  records(psp: string, order: string, signal: AbortSignal): Promise<readonly SeenRecord[]>;
}

export interface SeenRecord {
  readonly moneyId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly lastError: { readonly type: string; readonly message: string } | null;
}

/** What was seen on the way. Keys are `paymentKey`s. */
export class Notes {
  /** When the provider began to send the first webhook that told the payment, Unix milliseconds. */
  readonly toldAtMs = new Map<string, number>();
  readonly records = new Map<string, SeenRecord>();
  webhooks = 0;
}

export function paymentKey({ psp, moneyId }: { readonly psp: string; readonly moneyId: string }): string {
  return `${psp} ${moneyId}`;
}

export interface Run {
  readonly service: Service;
  readonly notes: Notes;
  readonly signal: AbortSignal;
  /** Until when records are waited for, Unix milliseconds: what is not settled then is judged as it is. */
  readonly deadlineMs: number;
}

/**
 * One life: months in seconds, but each payment comes when the one before is settled, as it would be. Then the provider delivers
 * every payment once more, as providers do, and that has to change nothing.
 */
export async function perform(play: Play, run: Run): Promise<void> {
  let waiting: Payment | null = null;
  for (const webhook of play.life.webhooks) {
    if (webhook.payment && waiting) await settled(play, [waiting], run);
    await deliver(play, webhook, run);
    waiting = webhook.payment ?? waiting;
  }
  const told = play.life.webhooks.filter(({ payment }) => payment);
  const payments = told.flatMap(({ payment }) => (payment ? [payment] : []));
  await settled(play, payments, run);
  for (const webhook of told) await deliver(play, webhook, run);
  await settled(play, payments, run);
}

async function deliver({ psp }: Play, webhook: Webhook, { service, notes, signal }: Run): Promise<void> {
  const startedAtMs = Date.now();
  const facts = await service.deliver(psp, webhook, signal);
  notes.webhooks += 1;
  for (const { moneyId } of facts) {
    if (moneyId === null) continue;
    const key = paymentKey({ psp, moneyId });
    if (!notes.toldAtMs.has(key)) notes.toldAtMs.set(key, startedAtMs);
  }
}

/** Waits for the records, not for a while: nothing is taken for kept back before the service says that it is. */
async function settled({ psp, life: { order } }: Play, payments: readonly Payment[], run: Run): Promise<void> {
  const { service, notes, signal, deadlineMs } = run;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    const records = await service.records(psp, order, signal);
    for (const record of records) notes.records.set(paymentKey({ psp, moneyId: record.moneyId }), record);
    const states = payments.map(({ moneyId }) => records.find((record) => record.moneyId === moneyId)?.state ?? 'pending');
    if (!states.includes('pending') || Date.now() > deadlineMs) return;
    await sleep(pauseMs, undefined, { signal });
  }
}
