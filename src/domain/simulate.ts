/**
 * What other settings would have made of one buyer's recorded payments. Before is what the records say. After is decided by the rules of the
 * workflow (`transition/`), for payments in the phases that they have: phases do not depend on settings. The first purchase is
 * claimed across the buyer's orders, in the order of time.
 *
 * What no setting decides stays as the record says it: operators' commands, refunds before sending, charges without a phase, and roles of
 * prices, which adapters read from the webhook. Whether a trial lasted through a hold is asked of the order's facts, as far as they were
 * known when the hold ended.
 */
import { hourMs } from './duration';
import type { PaymentFact } from './fact';
import { isPayment } from './fact';
import type { Order } from './first-purchase';
import { isSameOrder, isSamePayment } from './first-purchase';
import type { Consent } from './identity';
import type { EventValue, PaymentRef, PurchaseRecord, PurchaseState } from './purchase';
import { droppedCurrencyNote } from './record';
import { mergedFact, observationsOf, withRegularPrices } from './observe';
import type { KeptFact, OrderRecords } from './restore';
import { factOf } from './restore';
import type { Settings } from './settings';
import { decidingSettings } from './settings';
import type { FirstPurchaseClaim, Payment, Subscription } from './subscription';
import { eventAtMs, newSubscription, paymentOf } from './subscription';
import { Claims } from './simulated-claims';
import { holdsOf } from './simulated-holds';
import { applyDeliveryResult, decideInPhase } from './transition';

/** A fact as it was accepted. */
export type RecordedFact = Omit<KeptFact, 'checkoutId'>;

/** An order of a buyer, with all its facts and records. */
export interface RecordedOrder extends Pick<OrderRecords, 'psp' | 'subscription' | 'records'> {
  readonly facts: readonly RecordedFact[];
  /** The money ids of payments whose buyer has a click id, as far as anything says it. */
  readonly attributed: ReadonlySet<string>;
}

export interface RecordedBuyer {
  readonly orders: readonly RecordedOrder[];
  /** As it is known now. */
  readonly consent: Consent | null;
  /** Payments that claimed the buyer's first purchase, earliest first. */
  readonly claims: readonly PaymentRef[];
}

/** The settings without credentials. */
export type SimulatedSettings = Omit<Settings, 'accessToken'>;

export interface SimulationRules {
  readonly settings: SimulatedSettings;
  /** The versions that decided the records. */
  readonly recorded: ReadonlyMap<number, SimulatedSettings>;
  /** Payments that happened within are decided again; others give context. Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What is held until later than now is still held. */
  readonly nowMs: number;
}

/** What becomes of a payment. */
export interface Outcome {
  readonly state: PurchaseState;
  readonly reason: string | null;
  readonly heldBy: PaymentRef | null;
  readonly eventName: string;
  readonly value: EventValue | null;
}

export interface SimulatedPayment {
  readonly record: PurchaseRecord;
  readonly before: Outcome;
  /** The same object as `before` when nothing changes. */
  readonly after: Outcome;
}

/** The payments of the period. */
export function simulateBuyer(buyer: RecordedBuyer, rules: SimulationRules): readonly SimulatedPayment[] {
  const states = decided(buyer, rules);
  return buyer.orders.flatMap(({ records }, index) =>
    records.filter((record) => isInPeriod(record, rules)).map((record) => simulated(record, states[index], rules)),
  );
}

/** True for a purchase that is or will be sent, or would be if TikTok had taken it. */
export function isToBeSent({ state }: Pick<Outcome, 'state'>): boolean {
  return state === 'sent' || state === 'pending' || state === 'needs_attention';
}

/** Every order of the buyer as the settings would have decided it. */
function decided(buyer: RecordedBuyer, rules: SimulationRules): readonly Subscription[] {
  const holder = holderFromBefore(buyer, rules);
  const states = buyer.orders.map((order) => reopened(order, rules, holder));
  const holds = buyer.orders.map((order) =>
    holdsOf(
      order,
      order.records.filter((record) => isDecidedAnew(record, rules)),
      rules,
    ),
  );
  const claims = new Claims(buyer, rules, { holder, holds });
  const decide = (order: number, state: Subscription) => decideInPhase(state, rules.nowMs, holds[order] ?? new Map());
  for (const [order, state] of states.entries()) states[order] = claims.start(order, decide(order, state));
  for (let denied = claims.next(); denied !== null; denied = claims.next()) {
    const { order, moneyId, reason, holder: by } = denied;
    const state = states[order];
    if (!state) continue;
    const result = { kind: 'suppressed', reason, holder: by, attempts: 0 } as const;
    const { state: told } = applyDeliveryResult(state, { kind: 'delivery_result', moneyId, result }, null);
    // What was limited by the denied payment is open again.
    states[order] = claims.start(order, decide(order, told));
  }
  return states;
}

/**
 * The payment that held the first purchase before the period began, or that no setting decides (it was remembered from a backfill, or an
 * operator sent it). Null when the first purchase is still to be claimed.
 */
function holderFromBefore({ orders, claims: [holder] }: RecordedBuyer, rules: SimulationRules): PaymentRef | null {
  if (!holder) return null;
  const record = orders.flatMap(({ records }) => records).find((one) => isSamePayment(one, holder));
  if (!record || record.occurredAtMs < rules.fromMs) return holder;
  return record.occurredAtMs < rules.toMs && (!isOpenToSettings(record) || record.reason === 'too_old') ? holder : null;
}

/**
 * The order with every payment that the settings decide, still to be decided. The others are not needed: phases come from the records, and a
 * holder of the first purchase is known by its claim. It is built from the facts without `observe`, which merges far more than
 * the value of an event needs.
 */
function reopened(order: RecordedOrder, rules: SimulationRules, holder: PaymentRef | null): Subscription {
  const { psp, subscription, facts, records } = order;
  const settings = decidingSettings(rules.settings);
  const version = settings.version;
  const open = records.filter((record) => isDecidedAnew(record, rules));
  const empty = newSubscription(psp, subscription);
  return {
    ...empty,
    context: withRegularPrices(empty.context, facts),
    purchaseType: records.at(-1)?.purchaseType ?? empty.purchaseType,
    payments: Object.fromEntries(open.map((record) => [record.moneyId, openPayment(record, facts, rules)])),
    settings: { [String(version)]: settings },
    firstPurchase: knownClaim({ psp, subscription }, holder),
  };
}

function openPayment(record: PurchaseRecord, facts: readonly RecordedFact[], rules: SimulationRules): Payment {
  const { moneyId, phase, purchaseType, eventId, eventName, value, revision } = record;
  const own = facts.filter(({ fact }) => fact.moneyId === moneyId && isPayment(fact));
  const [first] = own;
  const payment: Payment = {
    moneyId,
    observations: mergedOnce(
      own.map(({ fact }) => fact as PaymentFact),
      record,
    ),
    failure: null,
    settingsVersion: rules.settings.version,
    tooOld: first?.tooOld ?? false,
    acceptedAtMs: first?.acceptedAtMs ?? record.occurredAtMs,
    // When it was paid: the record says it where the fact does not.
    paidAtMs: record.occurredAtMs,
    decidedFrom: null,
    ...{ phase, purchaseType },
    progress: null,
    event: { eventId, eventName, value },
    attempts: 0,
    lastError: null,
    revision,
  };
  return { ...payment, tooOld: isTooOld(record, payment, rules) };
}

/** The merged fact as the only observation, since each step of a decision asks for it. */
function mergedOnce(facts: readonly PaymentFact[], record: PurchaseRecord): readonly PaymentFact[] {
  const merged = mergedFact({ observations: observationsOf(facts) });
  // Of a payment from before facts were kept there is the record alone.
  return [merged ?? (factOf(record) as PaymentFact)];
}

function knownClaim(order: Order, holder: PaymentRef | null): FirstPurchaseClaim {
  if (holder === null) return { kind: 'unknown' };
  return isSameOrder(order, holder) ? { kind: 'mine', moneyId: holder.moneyId } : { kind: 'other', holder };
}

function isInPeriod({ occurredAtMs }: PurchaseRecord, { fromMs, toMs }: SimulationRules): boolean {
  return occurredAtMs >= fromMs && occurredAtMs < toMs;
}

function isDecidedAnew(record: PurchaseRecord, rules: SimulationRules): boolean {
  return isInPeriod(record, rules) && isOpenToSettings(record);
}

/** False for what no setting decides. */
function isOpenToSettings({ phase, revision, by, state, reason }: PurchaseRecord): boolean {
  if (phase === null || revision === 0 || by !== null || state === 'skipped') return false;
  return state !== 'not_a_purchase' || reason === 'zero_amount';
}

/** Measured anew only if another age is allowed: it may have been measured more than once. */
function isTooOld(
  { reason, settingsVersion }: PurchaseRecord,
  payment: Payment,
  { settings, recorded }: SimulationRules,
): boolean {
  const allowedThen = recorded.get(settingsVersion)?.maxEventAgeHours ?? settings.maxEventAgeHours;
  if (allowedThen === settings.maxEventAgeHours) return reason === 'too_old' || payment.tooOld;
  return payment.acceptedAtMs - eventAtMs(payment) > settings.maxEventAgeHours * hourMs;
}

function simulated(record: PurchaseRecord, state: Subscription | undefined, rules: SimulationRules): SimulatedPayment {
  const { reason, heldBy, eventName, value } = record;
  const before: Outcome = { state: record.state, reason, heldBy, eventName, value };
  const payment = state && paymentOf(state, record.moneyId);
  if (!payment || !isDecidedAnew(record, rules)) return { record, before, after: before };
  const after = outcomeOf(record, payment);
  return { record, before, after: isSame(before, after) ? before : after };
}

function outcomeOf(record: PurchaseRecord, { progress, event }: Payment): Outcome {
  const { eventName, value } = event;
  switch (progress?.state) {
    case 'suppressed':
      return { state: 'suppressed', reason: progress.reason, heldBy: progress.heldBy, eventName, value };
    case 'not_a_purchase':
      return { state: 'not_a_purchase', reason: progress.reason, heldBy: null, eventName, value };
    case 'waiting':
      return { state: 'pending', reason: null, heldBy: null, eventName, value };
    default: {
      const was = isToBeSent(record)
        ? { state: record.state, reason: record.reason }
        : ({ state: 'sent', reason: null } as const);
      const isDropped = value !== null && record.value === null && record.reason === droppedCurrencyNote(value.currency);
      return { ...was, heldBy: null, eventName, value: isDropped ? null : value };
    }
  }
}

/** Of what is not sent, neither name nor value matter; which purchase came first is no difference in itself. */
function isSame(a: Outcome, b: Outcome): boolean {
  if (a.state !== b.state) return false;
  if (!isToBeSent(a)) return a.reason === b.reason;
  return a.eventName === b.eventName && a.value?.amountMinor === b.value?.amountMinor && a.value?.currency === b.value?.currency;
}
