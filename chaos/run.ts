/** One run: the stage and its far ends, buyers and faults side by side, then quiet, then the evidence and what is found in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Build } from '../scripts/stack/builds';
import type { OwnEnd } from '../scripts/stack/part';
import { inParallel } from '../src/application/in-parallel';
import { recordView } from '../src/operator/purchase-view';
import { NotThere, Operator, sendWebhooks, webhooksOf, type Deliveries } from './actors';
import { type Balancer, startBalancer } from './balancer';
import { type ChargedOrder, check, type Evidence, type Finding, key, type SeenRecord, wasCorrected } from './checker';
import { openEventLog } from './event-log';
import { startFarEnds } from './far-ends';
import { playFaults, playRollingRestart, type FaultsDone } from './faults';
import { rulesByVersion, type SavedVersion } from './model';
import { type ChaosOptions, paymentsOf, type PlannedOrder, planOf, saleOf, trialPrice } from './plan';
import { startStage, type Stage } from './stage';

export interface RunOptions extends ChaosOptions {
  readonly folder: string;
  readonly builds: readonly Build[];
  /** How long what is open may take after the last fault. */
  readonly settleMs: number;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Result {
  readonly options: ChaosOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly orders: number;
  readonly purchases: number;
  readonly users: number;
  readonly states: Readonly<Record<string, number>>;
  /** Sent before the webhooks came that tell what they were. */
  readonly corrected: number;
  readonly deliveries: Deliveries;
  readonly faults: FaultsDone;
  /** What reached TikTok, by fate. */
  readonly tikTok: Readonly<Record<string, number>>;
  readonly settingsVersions: number;
  readonly resent: number;
  /** Until everything was quiet, after the last webhook and fault. */
  readonly settledInMs: number;
  readonly lastedMs: number;
  readonly ownEnds: readonly OwnEnd[];
  readonly findings: readonly Finding[];
}

export async function run(options: RunOptions): Promise<Result> {
  const { folder, builds, stack, webs, workers, seed, settleMs, progress, signal } = options;
  const plan = planOf(options);
  const startedMs = Date.now();
  const log = openEventLog(folder, startedMs);
  log.note('plan', { seed, orders: plan.orders.length, faults: plan.faults.length, changes: plan.changes.length });
  const farEnds = await startFarEnds(log);
  let stage: Stage | null = null;
  let balancer: Balancer | null = null;
  try {
    progress('starting');
    // As with LIVE_MODE: a balancer needs a moment to see that a web is about to stop.
    const variables = { ...farEnds.variables, ...(options.rolling === true ? { DRAIN_SECONDS: '3' } : {}) };
    stage = await startStage({ folder, builds, stack, webs, workers, progress, variables });
    balancer = options.rolling === true ? await startBalancer(stage.webs) : null;
    const startMs = Date.now();
    const actors = { startMs, webs: balancer ? [balancer.url] : stage.webs, log, signal };
    const operator = new Operator({ ...actors, webs: stage.newestWebs });
    // Lives are months long.
    await operator.call('PATCH', '/settings', { maxEventAgeHours: 8_760 });

    progress(`running: ${plan.orders.length} orders, ${plan.faults.length} faults`);
    const resending = keepResending(operator, signal);
    const ticking = setInterval(
      () => progress(`${Math.round((Date.now() - startMs) / 1_000)} s of ${options.lastsMs / 1_000}`),
      60_000,
    );
    const [deliveries, faults] = await Promise.all([
      sendWebhooks(actors, plan.orders),
      options.rolling === true
        ? playRollingRestart({ stage, startMs, log, signal }, options)
        : playFaults({ stage, startMs, log, signal }, plan.faults),
      farEnds.play(plan.tikTok, seed, signal),
      operator.change(plan.changes),
    ]).finally(() => clearInterval(ticking));
    progress(`${deliveries.accepted} webhooks accepted, ${faults.kills} kills; waiting until everything is quiet`);
    await stage.ready();
    const quietFromMs = Date.now();
    await untilQuiet(operator, quietFromMs + settleMs, signal);
    const settledInMs = Date.now() - quietFromMs;
    const resent = await resending.stop();

    progress('gathering evidence');
    const charged = plan.orders.map((order) => chargedOrder(order, startMs));
    const evidence = await gather(charged, { operator, stage, events: farEnds.events() });
    const findings = [...deliveryFindings(deliveries, options.rolling === true), ...check(evidence)];
    for (const finding of findings) log.note('finding', finding);
    return {
      options: pick(options),
      versions: stage.versions,
      orders: charged.length,
      purchases: plan.orders.reduce((sum, order) => sum + paymentsOf(order), 0),
      users: new Set(charged.map(({ userId }) => userId)).size,
      states: countBy(evidence.records, ({ state, reason }) => (reason === null ? state : `${state}: ${reason}`)),
      corrected: evidence.records.filter((record) => wasCorrected(evidence, record)).length,
      deliveries,
      faults,
      tikTok: countBy(evidence.events, ({ fate }) => fate),
      settingsVersions: evidence.rules.size,
      resent,
      settledInMs,
      lastedMs: Date.now() - startedMs,
      ownEnds: stage.ownEnds(),
      findings,
    };
  } finally {
    await balancer?.close();
    await stage?.stop();
    await farEnds.stop();
  }
}

function pick({ purchases, kills, seed, stack, webs, workers, lastsMs, rolling = false }: ChaosOptions): ChaosOptions {
  return { purchases, kills, seed, stack, webs, workers, lastsMs, rolling };
}

/** An operator who looks every few seconds: what TikTok refused is sent again. */
function keepResending(operator: Operator, signal: AbortSignal): { stop(): Promise<number> } {
  const ending = new AbortController();
  const loop = async (): Promise<number> => {
    let resent = 0;
    while (!ending.signal.aborted && !signal.aborted) {
      resent += await operator.resend();
      await sleep(4_000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
    return resent;
  };
  const running = loop();
  running.catch(() => undefined); // reported where it is awaited
  return {
    stop() {
      ending.abort();
      return running;
    },
  };
}

/** Three looks in a row that find nothing open, or the time is over. */
async function untilQuiet(operator: Operator, deadlineMs: number, signal: AbortSignal): Promise<void> {
  for (let quiet = 0; quiet < 3 && Date.now() < deadlineMs;) {
    const open = await Promise.all(
      ['pending', 'needs_attention'].map((state) => operator.get<Page<unknown>>(`/purchases?state=${state}`)),
    );
    quiet = open.every(({ items }) => items.length === 0) ? quiet + 1 : 0;
    await sleep(1_000, undefined, { signal });
  }
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What the provider charged, as the run itself knows it. */
function chargedOrder(order: PlannedOrder, startMs: number): ChargedOrder {
  const { provider, type, userId } = order;
  const sale = saleOf(order, startMs);
  const seen = new Set<string>();
  const payments = webhooksOf(order, startMs).flatMap(({ payment }) => {
    if (!payment || seen.has(payment.moneyId)) return [];
    seen.add(payment.moneyId);
    const minor = payment.phase !== 'trial_start' ? sale.amountMinor : type === 'paid_trial' ? trialPrice : 0;
    return [{ ...payment, amount: (minor / 100).toFixed(2), currency: provider.currency }];
  });
  return { psp: provider.name, order: provider.webhooksOf(sale, startMs).order, type, userId, payments };
}

interface Sources {
  readonly operator: Operator;
  readonly stage: Stage;
  readonly events: Evidence['events'];
}

async function gather(charged: readonly ChargedOrder[], { operator, stage, events }: Sources): Promise<Evidence> {
  const records = await pages<SeenRecord>(operator, '/purchases?');
  const rules = rulesByVersion(await pages<SavedVersion>(operator, '/settings/history?'));
  const workflows = new Map<string, readonly SeenRecord[] | null>();
  const firstPurchases = new Map<string, { psp: string; moneyId: string } | null>();
  const subscriptions = await stage.subscriptions();
  await inParallel(charged, 8, async ({ psp, order }) => {
    const view = await answered(() => subscriptions.state({ integration: 'default', psp, subscription: order }));
    if (view === 'silent') workflows.set(key(psp, order), null);
    else if (view) workflows.set(key(psp, order), view.purchases.map(recordView));
  });
  await subscriptions.close();
  await inParallel([...new Set(charged.map(({ userId }) => userId))], 8, async (userId) => {
    const user = await operator
      .get<{ firstPurchase: { psp: string; moneyId: string } | null }>(`/users/${encodeURIComponent(userId)}`)
      .catch(notThere);
    firstPurchases.set(userId, user?.firstPurchase ?? null);
  });
  const { rows } = await operator.get<{ rows: readonly ReportRow[] }>(`/report?${wholeTime()}`);
  const reported = new Map(rows.map(({ psp, currency, charged: sum }) => [key(psp, currency), sum]));
  return { charged, records, workflows, events, rules, firstPurchases, reported };
}

/** A worker that starts may be late; one that never answers is a finding. */
async function answered<T>(ask: () => Promise<T>): Promise<T | 'silent'> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    try {
      return await ask();
    } catch {
      await sleep(attempt * 500);
    }
  }
  return 'silent';
}

interface ReportRow {
  readonly psp: string;
  readonly currency: string;
  readonly charged: { readonly count: number; readonly amount: string };
}

function wholeTime(): string {
  const dayMs = 86_400_000;
  const time = (ms: number): string => new Date(ms).toISOString();
  return `from=${time(Date.now() - 364 * dayMs)}&to=${time(Date.now() + dayMs)}`;
}

function notThere(error: unknown): null {
  if (error instanceof NotThere) return null;
  throw error;
}

async function pages<T>(operator: Operator, path: string): Promise<readonly T[]> {
  const all: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await operator.get(`${path}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    all.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null) return all;
  }
}

/** Where nothing is killed, no webhook may fail even once. */
function deliveryFindings({ undelivered, odd, attempts }: Deliveries, allAtOnce: boolean): readonly Finding[] {
  const failed = allAtOnce ? Object.entries(attempts).filter(([answer]) => answer !== '200') : [];
  return [
    ...undelivered.map((of) => ({ kind: 'stuck', of, says: 'was never accepted' }) as const),
    ...odd.map((of) => ({ kind: 'unexplained', of, says: 'was answered neither 200 nor 503' }) as const),
    ...failed.map(([answer, count]) => ({ kind: 'unexplained', of: 'webhooks', says: `${count} failed: ${answer}` }) as const),
  ];
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}
