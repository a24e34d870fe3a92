/** What happens in a run, from the seed alone: who buys what and when, how the webhooks come, what is broken, what operators change. */
import type { Provider, Sale } from '../demo/provider';
import { providers } from '../demo/providers';
import type { SandboxFailure } from '../sandbox/tiktok/failures';
import { periodMs, trialMs } from '../sandbox/sale-scenario';
import { type PurchaseType, purchaseTypes } from '../src/domain/fact';
import { type Random, random } from './random';

export interface ChaosOptions {
  readonly purchases: number;
  /** Of processes, by kill -9. Other faults come on top. */
  readonly kills: number;
  readonly seed: number;
  readonly stack: 'postgres' | 'embedded';
  readonly webs: number;
  readonly workers: number;
  /** From the first webhook to the last fault, milliseconds. */
  readonly lastsMs: number;
  /** Instead of all faults: webs and workers are restarted in turn behind a balancer, and no webhook may fail. */
  readonly rolling?: boolean;
}

export interface Plan {
  readonly orders: readonly PlannedOrder[];
  readonly faults: readonly Fault[];
  readonly changes: readonly SettingsChange[];
  readonly tikTok: readonly TikTokTrouble[];
}

/** Times are milliseconds after the start of the run. */
interface Planned {
  readonly atMs: number;
}

export interface PlannedOrder {
  readonly provider: Provider;
  readonly type: PurchaseType;
  readonly userId: string;
  readonly name: string;
  readonly renewals: number;
  /** How long before the run the last thing of the order happened; negative where the provider's clock is ahead. */
  readonly endedBeforeMs: number;
  /** How far off the clock is that signs. */
  readonly signedOffMs: number;
  readonly deliveries: readonly Delivery[];
}

/** One webhook on its way, the first time it is tried. A provider sends again what is not answered 2xx. */
export interface Delivery extends Planned {
  /** In the order of time. */
  readonly webhook: number;
}

export type Target = 'web' | 'worker' | 'temporal' | 'postgres' | 'service';

export type Fault = Planned &
  (
    | { readonly kind: 'kill' | 'restart'; readonly target: Target; readonly index: number }
    /** The process alone: its Temporal server stays behind as an orphan. */
    | { readonly kind: 'kill_alone'; readonly target: 'service'; readonly index: number }
    | { readonly kind: 'pause'; readonly target: Target; readonly index: number; readonly lastsMs: number }
    | { readonly kind: 'end_connections'; readonly share: number }
  );

export interface SettingsChange extends Planned {
  readonly patch: object;
}

/** For some time a share of the requests fails so. */
export interface TikTokTrouble extends Planned {
  readonly lastsMs: number;
  readonly share: number;
  readonly failure: SandboxFailure;
}

export function planOf(options: ChaosOptions): Plan {
  const root = random(options.seed);
  const orders = ordersOf(options, root.fork('orders'));
  if (options.rolling === true) return { orders, faults: [], changes: [], tikTok: [] };
  return {
    orders,
    faults: faultsOf(options, root.fork('faults')),
    changes: changesOf(options, root.fork('settings')),
    tikTok: troublesOf(options, root.fork('tiktok')),
  };
}

/** Payments of an order: what the providers' builders make of it. */
export function paymentsOf({ type, renewals }: Pick<PlannedOrder, 'type' | 'renewals'>): number {
  return type === 'lifetime' ? 1 : type === 'subscription' ? 1 + renewals : 2 + renewals;
}

function ordersOf({ purchases, seed, lastsMs }: ChaosOptions, random: Random): readonly PlannedOrder[] {
  const orders: PlannedOrder[] = [];
  const shapes: Pick<PlannedOrder, 'provider' | 'type' | 'renewals'>[] = [];
  for (let payments = 0; payments < purchases;) {
    const provider = random.pick(providers);
    const type = random.pick(purchaseTypes.filter((each) => !provider.remark?.unsold?.includes(each)));
    const renewals = type === 'lifetime' ? 0 : random.integer(0, 6);
    shapes.push({ provider, type, renewals });
    payments += paymentsOf({ type, renewals });
  }
  for (const [index, { provider, type, renewals }] of shapes.entries()) {
    const name = `s${seed}_${index}`;
    const startsAtMs = ((index + random.next()) / shapes.length) * lastsMs;
    // One in five is bought by somebody who bought before, half of these at the very same time.
    const earlier = random.chance(0.2) ? orders.at(random.chance(0.5) ? -1 : -random.integer(1, 100)) : undefined;
    const webhooks = webhookCountOf({ provider, type, renewals, name });
    orders.push({
      ...{ provider, type, renewals, name },
      userId: earlier?.userId ?? `user_${name}`,
      endedBeforeMs: random.chance(0.1) ? -random.integer(0, 90) * 60_000 : random.integer(1, 40 * 24) * 3_600_000,
      signedOffMs: random.chance(0.2) ? random.integer(-200, 200) * 1_000 : 0,
      deliveries: deliveriesOf(webhooks, startsAtMs, random),
    });
  }
  return orders;
}

function deliveriesOf(webhooks: number, startsAtMs: number, random: Random): readonly Delivery[] {
  const numbers = Array.from({ length: webhooks }, (_, number) => number);
  const isShuffled = random.chance(0.5);
  const overMs = random.pick([0, 1_000, 5_000, 20_000]);
  const inTurn = (isShuffled ? random.shuffled(numbers) : numbers).map((webhook, place) => ({
    webhook,
    atMs: startsAtMs + (place / Math.max(1, webhooks)) * overMs,
  }));
  const repeated = inTurn.flatMap(({ webhook, atMs }) =>
    random.chance(0.2) ? [{ webhook, atMs: atMs + random.pick([0, 50, 2_000, 30_000]) }] : [],
  );
  return [...inTurn, ...repeated];
}

/** All that the provider tells of an order. */
export function webhookCountOf(order: Pick<PlannedOrder, 'provider' | 'type' | 'renewals' | 'name'>): number {
  const sale = saleOf({ ...order, userId: '', endedBeforeMs: 0 }, 0);
  return order.provider.webhooksOf(sale, 0).webhooks.length;
}

/** Each type costs something else, so that a mix-up shows. */
const prices: Readonly<Record<PurchaseType, number>> = { subscription: 999, free_trial: 1999, paid_trial: 2999, lifetime: 8900 };
export const trialPrice = 100;

/** `runStartMs` is when the run began, Unix milliseconds. */
export function saleOf(
  order: Pick<PlannedOrder, 'provider' | 'type' | 'renewals' | 'name' | 'userId' | 'endedBeforeMs'>,
  runStartMs: number,
): Sale & { readonly renewals: number } {
  const { provider, type, renewals, name, userId, endedBeforeMs } = order;
  const isTrial = type === 'free_trial' || type === 'paid_trial';
  const lengthMs = (isTrial ? trialMs : 0) + renewals * periodMs;
  const endMs = runStartMs - endedBeforeMs;
  return {
    ...{ type, name, userId, renewals },
    checkoutId: `checkout_${name}`,
    email: `${userId}@example.com`,
    metadata: { ttclid: `E.C.P.${name}`, ip: '203.0.113.7', user_agent: 'Mozilla/5.0', page_url: 'https://funnel.example.com/' },
    // Whole seconds: some providers write no more.
    startMs: Math.floor((endMs - lengthMs) / 1_000) * 1_000,
    currency: provider.currency,
    amountMinor: prices[type],
    trialAmountMinor: trialPrice,
  };
}

function faultsOf({ kills, stack, webs, workers, lastsMs }: ChaosOptions, random: Random): readonly Fault[] {
  const faults: Fault[] = [];
  // Two faults beside every five kills.
  const others = Math.ceil(kills * 0.4);
  const kinds = random.shuffled([...Array<'kill'>(kills).fill('kill'), ...Array<'other'>(others).fill('other')]);
  for (const [index, kind] of kinds.entries()) {
    const atMs = ((index + 0.2 + 0.6 * random.next()) / kinds.length) * lastsMs;
    faults.push({ ...(stack === 'postgres' ? apart(kind, { webs, workers }, random) : embedded(kind, random)), atMs });
  }
  return faults;
}

type Unplanned = Fault extends infer F ? (F extends Planned ? Omit<F, 'atMs'> : never) : never;

function apart(kind: 'kill' | 'other', { webs, workers }: Pick<ChaosOptions, 'webs' | 'workers'>, random: Random): Unplanned {
  const target = random.weighted<Target>([
    ['web', 30],
    ['worker', 35],
    ['temporal', 17],
    ['postgres', 18],
  ]);
  const index = target === 'web' ? random.integer(0, webs - 1) : target === 'worker' ? random.integer(0, workers - 1) : 0;
  if (kind === 'kill') return { kind, target, index };
  const other = random.weighted<'pause' | 'end_connections' | 'restart'>([
    ['pause', 50],
    ['end_connections', 30],
    ['restart', 20],
  ]);
  if (other === 'pause') return { kind: other, target, index, lastsMs: random.pick([500, 2_000, 5_000, 12_000]) };
  if (other === 'end_connections') return { kind: other, share: random.pick([0.3, 1]) };
  return { kind: other, target: target === 'web' ? 'web' : 'worker', index: target === 'web' || target === 'worker' ? index : 0 };
}

function embedded(kind: 'kill' | 'other', random: Random): Unplanned {
  if (kind === 'other')
    return { kind: 'pause', target: random.pick(['service', 'temporal']), index: 0, lastsMs: random.pick([500, 2_000, 5_000]) };
  const how = random.weighted<'kill' | 'kill_alone' | 'temporal'>([
    ['kill', 40],
    ['kill_alone', 20],
    ['temporal', 40],
  ]);
  return how === 'temporal' ? { kind: 'kill', target: 'temporal', index: 0 } : { kind: how, target: 'service', index: 0 };
}

const cells = [
  ['subscription', 'renewal'],
  ['free_trial', 'renewal'],
  ['paid_trial', 'renewal'],
  ['free_trial', 'trial_start'],
  ['lifetime', 'conversion'],
] as const;

function changesOf({ lastsMs }: ChaosOptions, random: Random): readonly SettingsChange[] {
  const changes: SettingsChange[] = [];
  for (let atMs = random.integer(3_000, 10_000); atMs < lastsMs; atMs += random.integer(4_000, 20_000)) {
    const kind = random.weighted<'limit' | 'paused' | 'cell' | 'name'>([
      ['limit', 45],
      ['paused', 20],
      ['cell', 25],
      ['name', 10],
    ]);
    const [type, phase] = random.pick(cells);
    if (kind === 'limit') changes.push({ atMs, patch: { limitPurchaseEvents: random.chance(0.5) } });
    if (kind === 'cell') changes.push({ atMs, patch: { policy: { [type]: { [phase]: { send: random.chance(0.5) } } } } });
    if (kind === 'name')
      changes.push({ atMs, patch: { policy: { [type]: { [phase]: { eventName: random.pick([null, 'RecurringPayment']) } } } } });
    if (kind === 'paused') {
      changes.push({ atMs, patch: { paused: true } });
      changes.push({ atMs: atMs + random.integer(2_000, 12_000), patch: { paused: false } });
    }
  }
  return changes;
}

/** Every row of the response table, and of the network in between. 40002 is a refused body, the others are named in `src/tiktok/response.ts`. */
const failures: readonly SandboxFailure[] = [
  ...[40001, 40002, 40007, 40062, 40100, 40102, 40104, 40105, 40106, 40132, 40133, 40202, 40700, 41000, 50000, 51010, 61000].map(
    (code) => ({ kind: 'code', code }) as const,
  ),
  { kind: 'code', code: 40100, status: 401 },
  { kind: 'code', code: 40133, retryAfter: 2 },
  ...[400, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504].map((status) => ({ kind: 'http', status }) as const),
  { kind: 'http', status: 429, retryAfter: '3' },
  { kind: 'http', status: 200, body: '<html>maintenance</html>' },
  { kind: 'http', status: 200, body: '{}' },
  { kind: 'http', status: 302, body: '' },
  { kind: 'hang' },
  { kind: 'reset' },
  { kind: 'reset' },
  { kind: 'slow', delayMs: 1_500 },
  // Counted after the caller has given up.
  { kind: 'slow', delayMs: 16_000 },
  ...Array<SandboxFailure>(8).fill({ kind: 'accept_then_drop' }),
];

function troublesOf({ lastsMs }: ChaosOptions, random: Random): readonly TikTokTrouble[] {
  const troubles: TikTokTrouble[] = [];
  // All of them once, then by chance.
  const first = [...random.shuffled(failures)];
  for (let atMs = random.integer(500, 2_000); atMs < lastsMs;) {
    const failure = first.pop() ?? random.pick(failures);
    const troubleMs = random.integer(1_000, 6_000);
    troubles.push({ atMs, lastsMs: troubleMs, share: random.pick([0.3, 0.7, 1]), failure });
    atMs += troubleMs + random.integer(0, 6_000);
  }
  return troubles;
}
