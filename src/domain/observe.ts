/**
 * Merges facts into the state of an order. Merging is commutative and idempotent: the same facts give the same payments, refunds
 * and context, in any order and with any repetition.
 */
import { entryOf, withEntry } from './by-id';
import { deepEqual } from './deep-equal';
import type { BillingCycles, BoughtItem, LifecycleFact, PaymentFact, RefundFact, SubscriptionFact, TrialWindow } from './fact';
import { isPayment } from './fact';
import { firstIndex } from './first-index';
import type { UserKey } from './identity';
import { derivedEventId } from './purchase';
import { remembered } from './remembered';
import type { DecidingSettings } from './settings';
import type {
  Context,
  DescribedItems,
  DescribedTrial,
  Payment,
  Refund,
  Subscription,
  SubscriptionStatus,
  Turn,
} from './subscription';
import { paymentOf, turnKinds, withPayment } from './subscription';

/** The settings and the buyer's identifiers at the time when the service accepted a fact. */
export interface Acceptance {
  readonly acceptedAtMs: number;
  readonly settings: DecidingSettings;
  /** Older than `maxEventAgeHours` when it was accepted. */
  readonly tooOld: boolean;
  /** When it was paid, if the provider does not say so: when it was first seen as paid. Unix milliseconds. */
  readonly paidAtMs?: number;
  /** The user's identifiers that this fact carries. */
  readonly userKeys: readonly UserKey[];
  /** The checkout id, if it belongs to this order. */
  readonly checkoutId: string | null;
  /** The checkout id that the fact names, if it belongs to another order, which was paid. */
  readonly lostCheckoutId?: string;
}

/** The order after a fact. A fact that is known already changes nothing but `lastAcceptedAtMs`. */
export function observe(subscription: Subscription, fact: SubscriptionFact, accepted: Acceptance): Subscription {
  return withStatus(merge(subscription, fact, accepted));
}

/** As `observe`, for all facts but the last of many: the status, which follows from all payments, is left as it was. */
export function merge(subscription: Subscription, fact: SubscriptionFact, accepted: Acceptance): Subscription {
  const known: Subscription = {
    ...subscription,
    userKeys: unionOfKeys(subscription.userKeys, accepted.userKeys),
    checkoutId: withCheckout(subscription, accepted),
    lastAcceptedAtMs: Math.max(subscription.lastAcceptedAtMs, accepted.acceptedAtMs),
  };
  if (isPayment(fact)) return observePayment(known, fact, accepted);
  return fact.kind === 'refund' ? observeRefund(known, fact) : observeLifecycle(known, fact, accepted);
}

/** The order with the status that follows from all its facts. */
export function withStatus(subscription: Subscription): Subscription {
  return { ...subscription, status: statusOf(subscription) };
}

function withCheckout({ checkoutId }: Subscription, accepted: Acceptance): string | null {
  const kept = checkoutId === accepted.lostCheckoutId ? null : checkoutId;
  return kept ?? accepted.checkoutId;
}

function observePayment(subscription: Subscription, fact: PaymentFact, accepted: Acceptance): Subscription {
  const before = paymentOf(subscription, fact.moneyId);
  // The first fact of a payment fixes its settings, age and time. A failed attempt to charge is no such fact.
  const isFirst = !before || before.observations.length === 0;
  const base = isFirst ? newPayment(subscription, fact.moneyId, accepted, before) : before;
  const payment: Payment = { ...base, observations: withObservation(base.observations, fact) };
  const next = withPayment(subscription, payment);
  return isFirst ? withSettings(next, accepted.settings) : next;
}

function newPayment(subscription: Subscription, moneyId: string, accepted: Acceptance, before?: Payment): Payment {
  return {
    moneyId,
    observations: [],
    failure: before?.failure ?? null,
    settingsVersion: accepted.settings.version,
    tooOld: accepted.tooOld,
    acceptedAtMs: accepted.acceptedAtMs,
    ...(accepted.paidAtMs === undefined ? {} : { paidAtMs: accepted.paidAtMs }),
    decidedFrom: null,
    phase: null,
    purchaseType: 'subscription',
    progress: null,
    event: { eventId: derivedEventId(subscription.psp, moneyId), eventName: accepted.settings.eventName, value: null },
    attempts: 0,
    lastError: null,
    revision: before?.revision ?? 0,
  };
}

/** The distinct facts about one payment in their canonical order. */
export function observationsOf(facts: readonly PaymentFact[]): readonly PaymentFact[] {
  return facts.length === 1 ? facts : facts.reduce<readonly PaymentFact[]>(withObservation, []);
}

function withObservation(observations: readonly PaymentFact[], fact: PaymentFact): readonly PaymentFact[] {
  // After the merchant changed the map of prices, a repetition has another role. The first role counts.
  const isKnown = observations.some((other) => deepEqual(other, fact, ['role']));
  if (isKnown) return observations;
  return [...observations, fact].sort(
    (a, b) => kindRank[a.kind] - kindRank[b.kind] || a.occurredAtMs - b.occurredAtMs || (canonical(a) < canonical(b) ? -1 : 1),
  );
}

/** The order of preference where events of one payment disagree about its kind. */
const kindRank: Readonly<Record<PaymentFact['kind'], number>> = {
  trial_start: 0,
  conversion: 1,
  one_off: 2,
  // One event may name a change of plan that a later snapshot shows as an ordinary paid period.
  other_charge: 3,
  renewal: 4,
};

/** A text that is the same for the same fact, to order facts that nothing else orders. */
function canonical(fact: PaymentFact): string {
  return JSON.stringify(Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The observations of a payment as one fact: the preferred one, its missing fields filled from the others. Of several amounts the
 * greatest counts, since a payment may be captured in parts. Null without observations.
 */
export function mergedFact({ observations }: Pick<Payment, 'observations'>): PaymentFact | null {
  return merged(observations, nothingElse);
}

const nothingElse = {};

/** Each step of a decision asks for it, of every payment of the order. */
const merged = remembered((observations: readonly PaymentFact[]): PaymentFact | null => {
  const [first, ...others] = observations;
  if (!first) return null;
  if (others.length === 0 && first.unpriced !== true) return first.awaits ? first : { ...first, awaits: [] };
  const { unpriced, ...rest } = observations.reduce<PaymentFact>((fact, other) => ({ ...other, ...fact }), first);
  const priced = observations.filter((one) => one.unpriced !== true).sort((a, b) => b.amountMinor - a.amountMinor)[0];
  const money = priced ? { amountMinor: priced.amountMinor, currency: priced.currency } : unpriced ? { unpriced } : {};
  // What every observation waits for; one that knows need not wait.
  const awaits = (first.awaits ?? []).filter((awaited) => observations.every((one) => one.awaits?.includes(awaited)));
  return { ...rest, ...money, awaits };
});

function observeRefund(subscription: Subscription, fact: RefundFact): Subscription {
  const refunds = entryOf(subscription.refunds, fact.moneyId) ?? {};
  const refund: Refund = { amountMinor: fact.amountMinor ?? null, cause: fact.cause, occurredAtMs: fact.occurredAtMs };
  const before = entryOf(refunds, fact.refundId);
  if (before && !supersedes(refund, before)) return subscription;
  const known = withEntry(refunds, fact.refundId, refund);
  return { ...subscription, refunds: withEntry(subscription.refunds, fact.moneyId, known) };
}

/** True when a message about a refund replaces the one before, whichever arrived first. A dispute that was won stays won. */
function supersedes(next: Refund, before: Refund): boolean {
  if (next.cause !== before.cause && [next.cause, before.cause].includes('dispute_won')) return next.cause === 'dispute_won';
  if (next.occurredAtMs !== before.occurredAtMs) return next.occurredAtMs > before.occurredAtMs;
  return (next.amountMinor ?? Infinity) > (before.amountMinor ?? Infinity);
}

function observeLifecycle(subscription: Subscription, fact: LifecycleFact, accepted: Acceptance): Subscription {
  const context = withLifecycle(subscription.context, fact);
  const next = { ...subscription, context };
  if (fact.moneyId === undefined) return next;
  if (fact.kind === 'merged') return { ...next, merged: [...new Set([...(next.merged ?? []), fact.moneyId])].sort() };
  return fact.kind === 'payment_failed' ? observeFailure(next, fact, fact.moneyId, accepted) : next;
}

function observeFailure(subscription: Subscription, fact: LifecycleFact, moneyId: string, accepted: Acceptance): Subscription {
  const base = paymentOf(subscription, moneyId) ?? newPayment(subscription, moneyId, accepted);
  const earliest = base.failure && base.failure.occurredAtMs <= fact.occurredAtMs ? base.failure : null;
  const failure = earliest ?? { occurredAtMs: fact.occurredAtMs, currency: fact.currency ?? 'USD' };
  return withSettings(withPayment(subscription, { ...base, failure }), accepted.settings);
}

function withLifecycle(context: Context, fact: LifecycleFact): Context {
  const saidAtMs = fact.occurredAtMs;
  return {
    beganAtMs: fact.kind === 'began' ? Math.min(context.beganAtMs ?? Infinity, saidAtMs) : context.beganAtMs,
    noTrial: context.noTrial || fact.trials?.length === 0,
    trials: (fact.trials ?? []).reduce((trials, trial) => withTrial(trials, trial, saidAtMs), context.trials),
    cycles: fact.cycles ? withCount(context.cycles, fact.cycles) : context.cycles,
    planRoles: fact.planRole === undefined ? context.planRoles : withPlan(context.planRoles, { role: fact.planRole, saidAtMs }),
    told: [...new Set([...context.told, ...(fact.tells ?? [])])].sort(),
    ...withRegularPrice(context, fact),
    ...withBought(context, fact),
    declaredType: lesser(context.declaredType, fact.declaredType ?? null),
    latest: { ...context.latest, [fact.kind]: Math.max(context.latest[fact.kind] ?? -Infinity, saidAtMs) },
    ...withTurn(context, fact),
  };
}

/** More in the first days of a subscription are no buyer's. */
const mostTurns = 16;

/** Keeps the first, whatever the order in which they arrive. */
function withTurn({ turns = [] }: Context, { kind, occurredAtMs: atMs }: LifecycleFact): Pick<Context, 'turns'> {
  const isTurn = turnKinds.some((one) => one === kind) && !turns.some((turn) => turn.kind === kind && turn.atMs === atMs);
  const next = isTurn ? [...turns, { kind, atMs } as Turn].sort((a, b) => a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1)) : turns;
  return next.length === 0 ? {} : { turns: next.slice(0, mostTurns) };
}

/** The context with the regular price that the facts of an order say, and nothing else of them. */
export function withRegularPrices(context: Context, facts: readonly { readonly fact: SubscriptionFact }[]): Context {
  return facts.reduce<Context>(
    (known, { fact }) => ('regularPrice' in fact ? { ...known, ...withRegularPrice(known, fact) } : known),
    context,
  );
}

/** The lesser of two that may disagree. */
function withRegularPrice(
  { regularPrice: known }: Context,
  { regularPrice: said }: LifecycleFact,
): Pick<Context, 'regularPrice'> {
  const [regularPrice] = [known, said]
    .filter((price) => price !== undefined)
    .sort((a, b) => a.amountMinor - b.amountMinor || (a.currency < b.currency ? -1 : 1));
  return regularPrice === undefined ? {} : { regularPrice };
}

/**
 * The latest statement counts, of two at the same time the lesser text. What it leaves unsaid of an item is as it was said before: not every
 * event shows the plan.
 */
function withBought({ bought: known }: Context, { bought: said, occurredAtMs }: LifecycleFact): Pick<Context, 'bought'> {
  if (!said) return known ? { bought: known } : {};
  const next: DescribedItems = { ...said, saidAtMs: occurredAtMs };
  if (!known) return { bought: next };
  const isLater =
    next.saidAtMs > known.saidAtMs ||
    (next.saidAtMs === known.saidAtMs && JSON.stringify(next.items) < JSON.stringify(known.items));
  const [latest, former] = isLater ? [next, known] : [known, next];
  const currency = latest.currency ?? former.currency;
  const items = latest.items.map((item) => ({ ...formerOf(item, former, currency), ...item }));
  return { bought: { ...latest, items, ...(currency === undefined ? {} : { currency }) } };
}

/** A price in another currency than that of the latest statement is none. */
function formerOf(
  { id }: BoughtItem,
  { items, currency: formerCurrency }: DescribedItems,
  currency: string | undefined,
): Partial<BoughtItem> {
  const { unitMinor, ...same } = items.find((item) => item.id === id) ?? {};
  return unitMinor !== undefined && formerCurrency === currency ? { ...same, unitMinor } : same;
}

/** Adds a statement in the order of time, unless it repeats the one before. Of two at the same time the one without a role counts. */
function withPlan(roles: Context['planRoles'], said: Context['planRoles'][number]): Context['planRoles'] {
  const at = firstIndex(roles, ({ saidAtMs }) => saidAtMs >= said.saidAtMs);
  const same = roles[at]?.saidAtMs === said.saidAtMs ? roles[at] : undefined;
  if (same && (same.role ?? '') <= (said.role ?? '')) return roles;
  const after = roles.slice(same ? at + 1 : at);
  const added = roles[at - 1]?.role === said.role ? [] : [said];
  return [...roles.slice(0, at), ...added, ...(after[0]?.role === said.role ? after.slice(1) : after)];
}

/** Of one trial, known by its item and start, the latest statement counts; of two at the same time the one that ends later. */
function withTrial(trials: readonly DescribedTrial[], trial: TrialWindow, saidAtMs: number): readonly DescribedTrial[] {
  const known = trials.find(({ item, startsAtMs }) => item === trial.item && startsAtMs === trial.startsAtMs);
  const described: DescribedTrial = { ...trial, saidAtMs };
  const latest = known && isLaterStatement(known, described) ? known : described;
  const kind = [known?.kind, trial.kind].includes('paid') ? 'paid' : (latest.kind ?? known?.kind ?? trial.kind);
  return [...trials.filter((other) => other !== known), kind === undefined ? latest : { ...latest, kind }].sort(
    (a, b) => (a.startsAtMs ?? 0) - (b.startsAtMs ?? 0) || ((a.item ?? '') < (b.item ?? '') ? -1 : 1),
  );
}

function isLaterStatement(a: DescribedTrial, b: DescribedTrial): boolean {
  return a.saidAtMs > b.saidAtMs || (a.saidAtMs === b.saidAtMs && (a.endsAtMs ?? 0) >= (b.endsAtMs ?? 0));
}

/** Adds a count in the order of time; of equal ones the earliest is kept. */
function withCount(counts: Context['cycles'], said: BillingCycles): Context['cycles'] {
  const same = indexOfSame(counts, said);
  const before = counts[same];
  if (before && before.saidAtMs <= said.saidAtMs) return counts;
  const others = before ? counts.filter((other) => other !== before) : counts;
  const at = firstIndex(others, (other) => isSaidBefore(said, other));
  return [...others.slice(0, at), said, ...others.slice(at)];
}

/** -1 when there is none. A provider may say a new count with each payment: most differ in a number. */
function indexOfSame(counts: Context['cycles'], said: BillingCycles): number {
  for (const [index, other] of counts.entries()) {
    if (other.regularBilled !== said.regularBilled || other.lastPaidAtMs !== said.lastPaidAtMs) continue;
    if (deepEqual(other, said, ['saidAtMs'])) return index;
  }
  return -1;
}

function isSaidBefore(a: BillingCycles, b: BillingCycles): boolean {
  return a.saidAtMs !== b.saidAtMs ? a.saidAtMs < b.saidAtMs : JSON.stringify(a) < JSON.stringify(b);
}

/** The lesser of two values that may disagree, so that their order of arrival does not matter. */
function lesser<T extends string>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** The status that follows from what happened before a time, Unix milliseconds. */
export function statusBefore({ context, payments, folded }: Subscription, beforeMs: number): SubscriptionStatus {
  const { turns = [], latest: last } = context;
  const happened = [...turns, ...Object.entries(last).map(([kind, lastMs]) => ({ kind, atMs: lastMs }))];
  const latest: Record<string, number> = {};
  for (const turn of happened) if (turn.atMs < beforeMs) latest[turn.kind] = Math.max(latest[turn.kind] ?? -Infinity, turn.atMs);
  return statusOf({ context: { ...context, latest }, payments, ...(folded ? { folded } : {}) }, beforeMs);
}

function statusOf(
  { context, payments, folded }: Pick<Subscription, 'context' | 'payments' | 'folded'>,
  beforeMs = Infinity,
): SubscriptionStatus {
  const kinds = new Set(folded?.kinds);
  let isPaid = false;
  let lastPaid = -Infinity;
  for (const { observations } of Object.values(payments)) {
    for (const { kind, occurredAtMs } of observations) {
      if (occurredAtMs >= beforeMs) continue;
      kinds.add(kind);
      isPaid = true;
      lastPaid = Math.max(lastPaid, occurredAtMs);
    }
  }
  const latest = (kind: string): number => context.latest[kind] ?? -Infinity;
  if (kinds.has('one_off')) return 'ended';
  // Some providers can bring back what has ended.
  if (latest('ended') > latest('resumed')) return 'ended';
  // Not every provider says that a pause is over; a payment does.
  if (latest('paused') > Math.max(latest('resumed'), lastPaid)) return 'paused';
  if (latest('cancellation_scheduled') > latest('cancellation_undone')) return 'cancelling';
  if (latest('payment_failed') > lastPaid) return 'past_due';
  // Its only payment turned out to be another order's.
  if (!isPaid && latest('merged') > -Infinity) return 'ended';
  const onTrial = isPaid ? [...kinds].every((kind) => kind === 'trial_start') : context.trials.length > 0;
  if (onTrial) return 'trialing';
  return isPaid || context.beganAtMs !== null ? 'active' : 'unknown';
}

function withSettings(subscription: Subscription, settings: DecidingSettings): Subscription {
  const version = String(settings.version);
  return Object.hasOwn(subscription.settings, version)
    ? subscription
    : { ...subscription, settings: { ...subscription.settings, [version]: settings } };
}

/** Every delivery carries them. An order with more is many buyers': its id is not what it should be. */
const mostKeys = 64;

function unionOfKeys(known: readonly UserKey[], more: readonly UserKey[]): readonly UserKey[] {
  const fresh = more.filter(({ hmac }) => !known.some((key) => key.hmac === hmac)).slice(0, Math.max(0, mostKeys - known.length));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

/** The keys with other HMACs in place of those that `lifted` names. Two forms of one key become one. */
export function withLifted(keys: readonly UserKey[], lifted: Readonly<Record<string, string>>): readonly UserKey[] {
  const current = keys.map(({ kind, hmac }) => ({ kind, hmac: entryOf(lifted, hmac) ?? hmac }));
  return unionOfKeys(
    [],
    current.filter(({ hmac }, n) => current.findIndex((key) => key.hmac === hmac) === n),
  );
}
