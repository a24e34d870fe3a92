/** Plays lives over HTTP, as the provider would send them, and notes when each payment was told and what its record says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from './scenarios';
import type { Webhook } from './provider';

/** The service, and the providers' ends, as far as a performance talks to them. */
export interface Service {
  /** Sends a webhook; resolves to the payments and other facts that the service read. @throws when it takes it not for good. */
  deliver(psp: string, webhook: Webhook, signal: AbortSignal): Promise<readonly { readonly moneyId: string | null }[]>;
  /** An order's records, as operators see them. */
  records(psp: string, order: string, signal: AbortSignal): Promise<readonly SeenRecord[]>;
  /** From now on the provider's API has this. Does nothing where there is none. */
  tell(psp: string, webhooks: readonly Webhook[]): void;
  /** Has the service look at the provider's account; resolves when a check has ended, to what is wrong with it, if anything. */
  check(psp: string, signal: AbortSignal, deadlineMs: number): Promise<string | null>;
}

export interface SeenRecord {
  readonly moneyId: string;
  readonly state: string;
  readonly reason: string | null;
  /** What a pending one waits for. */
  readonly waitingFor?: string | null;
  readonly lastError: { readonly type: string; readonly message: string } | null;
}

/** What was seen on the way. Keys are `paymentKey`s. */
export class Notes {
  /** When the provider began to send the first webhook that told the payment, Unix milliseconds. */
  readonly toldAtMs = new Map<string, number>();
  readonly records = new Map<string, SeenRecord>();
  /** By provider: what went wrong with its renewal check. */
  readonly checkErrors = new Map<string, string>();
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
export async function runScenario(scenario: Scenario, run: Run): Promise<void> {
  run.service.tell(scenario.psp, [...scenario.told, ...scenario.lost]);
  let waiting: string | null = null;
  for (const webhook of scenario.told) {
    if (webhook.payment && waiting !== null) await settled(scenario, [waiting], run);
    await deliver(scenario, webhook, run);
    waiting = webhook.payment?.moneyId ?? waiting;
  }
  const payments = scenario.told.filter(({ payment }) => payment);
  const moneyIds = payments.flatMap(({ payment }) => payment?.moneyId ?? []);
  await settled(scenario, moneyIds, run);
  for (const webhook of payments) await deliver(scenario, webhook, run);
  await settled(scenario, moneyIds, run);
}

/** One provider's lives whose webhooks are lost. What has not come after a check is looked for by another one, as it would be. */
export async function runLostScenarios(scenarios: readonly Scenario[], run: Run): Promise<void> {
  const [first] = scenarios;
  if (!first) return;
  const { service, notes, signal, deadlineMs } = run;
  for (const scenario of scenarios) await runScenario(scenario, run);
  for (let checks = 0; checks < mostChecks; checks++) {
    const error = await service.check(first.psp, signal, deadlineMs);
    if (error !== null) notes.checkErrors.set(first.psp, error);
    const patience = { ...run, deadlineMs: Math.min(deadlineMs, Date.now() + settlingMs) };
    const all = await Promise.all(scenarios.map((scenario) => settled(scenario, lostOf(scenario), patience)));
    if (all.every(Boolean)) return;
  }
}

/** The Schedule may have begun one just before the payments were made; that one counts, and finds nothing. */
const mostChecks = 2;
/** From the end of a check to TikTok's answer, amply. */
const settlingMs = 15_000;

function lostOf({ lost }: Scenario): readonly string[] {
  return lost.flatMap(({ payment }) => payment?.moneyId ?? []);
}

async function deliver({ psp }: Scenario, webhook: Webhook, { service, notes, signal }: Run): Promise<void> {
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
export async function settled(
  { psp, order }: Pick<Scenario, 'psp' | 'order'>,
  moneyIds: readonly string[],
  run: Run,
): Promise<boolean> {
  if (moneyIds.length === 0) return true;
  const { service, notes, signal, deadlineMs } = run;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    const records = await service.records(psp, order, signal);
    for (const record of records) notes.records.set(paymentKey({ psp, moneyId: record.moneyId }), record);
    const isSettled = (id: string): boolean => (records.find(({ moneyId }) => moneyId === id)?.state ?? 'pending') !== 'pending';
    if (moneyIds.every(isSettled)) return true;
    if (Date.now() > deadlineMs) return false;
    await sleep(pauseMs, undefined, { signal });
  }
}
