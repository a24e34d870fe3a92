/**
 * Folds what is settled and old out of an order's state (docs/decisions/0021-folded-payments.md). The purchases table keeps its records;
 * the order keeps counts, its first payments, which tell the phases, and its newest. A fact or command that names a folded payment
 * brings it back first (`withRecalled`).
 */
import { entryOf, withoutEntry } from './by-id';
import type { PaymentFact } from './fact';
import type { Acceptance } from './observe';
import { merge } from './observe';
import { assignPhases } from './phase';
import type { DeliveryError, PurchaseRecord } from './purchase';
import { derivedEventId } from './purchase';
import { acceptedRecord, recordOf } from './record';
import type { OrderRecords } from './restore';
import { restoreOrder } from './restore';
import type { FoldedPayments, Payment, Subscription } from './subscription';
import { drafted, isClaimOurs, newSubscription, paymentOf, paymentsInOrder, withoutPayment, withPayment } from './subscription';

/** Payments at either end of an order that stay in its state. */
export interface FoldLimits {
  readonly first: number;
  readonly newest: number;
}

/** A monthly subscription folds nothing in its first four years. */
const usualLimits: FoldLimits = { first: 8, newest: 48 };
/** Distinct counts of cycles that are kept, of the first and of the newest: a provider may say a new one with each payment. */
const keptCounts: FoldLimits = { first: 8, newest: 48 };

/**
 * The order without its settled payments between the first and the newest. The order itself if nothing may go, or if a kept payment would
 * get another phase without them.
 */
export function fold(state: Subscription, { first, newest }: FoldLimits = usualLimits): Subscription {
  const inOrder = paymentsInOrder(state);
  const telling = tellingPayments(inOrder);
  const between = inOrder.slice(first, Math.max(first, inOrder.length - newest));
  const parked = inOrder.filter(isParked);
  const going = [...new Set([...between.filter((payment) => isSettled(payment) && !isKept(state, payment)), ...parked])].filter(
    (payment) => !telling.has(payment),
  );
  if (going.length === 0) return state;
  const { state: rest } = drafted(state, (draft) => ({ state: going.reduce(withoutEntries, draft) }));
  const cycles = ends(state.context.cycles, keptCounts);
  const folded: Subscription = {
    ...rest,
    context: { ...rest.context, cycles },
    settings: usedSettings(rest),
    folded: going.reduce(counted(1), state.folded ?? nothingFolded),
  };
  return hasSamePhases(state, folded) ? folded : state;
}

const nothingFolded: FoldedPayments = { count: 0, sent: 0, needAttention: 0, kinds: [] };

function isSettled({ progress }: Payment): boolean {
  return progress !== null && ['sent', 'suppressed', 'not_a_purchase', 'skipped'].includes(progress.state);
}

/** What later decisions compare with: the first purchase, the start and the conversion, and what bears the checkout's event id. */
function isKept({ psp, firstPurchase }: Subscription, { moneyId, phase, reportedPhase, event }: Payment): boolean {
  const isFirstPurchase = isClaimOurs(firstPurchase) && firstPurchase.moneyId === moneyId;
  const isFirstPhase = [phase, reportedPhase].some((one) => one === 'trial_start' || one === 'conversion');
  return isFirstPurchase || isFirstPhase || event.eventId !== derivedEventId(psp, moneyId);
}

/** The first payment that declares a type, that reads like one, and that is called the start: later ones are read by them. */
function tellingPayments(inOrder: readonly Payment[]): ReadonlySet<Payment> {
  const firstWith = (tells: (fact: PaymentFact) => boolean): readonly Payment[] =>
    inOrder.filter(({ observations }) => observations.some(tells)).slice(0, 1);
  return new Set([
    ...firstWith(({ declaredType, role }) => declaredType !== undefined && role !== 'ignore'),
    ...firstWith(({ inferredType }) => inferredType !== undefined),
    ...firstWith(({ occasion }) => occasion === 'start'),
  ]);
}

function withoutEntries(state: Subscription, { moneyId }: Payment): Subscription {
  return withoutPayment({ ...state, refunds: withoutEntry(state.refunds, moneyId) }, moneyId);
}

function usedSettings({ payments, settings }: Subscription): Subscription['settings'] {
  const used = new Set(Object.values(payments).map(({ settingsVersion }) => String(settingsVersion)));
  return Object.fromEntries(Object.entries(settings).filter(([version]) => used.has(version)));
}

function ends<T>(items: readonly T[], { first, newest }: FoldLimits): readonly T[] {
  return items.length <= first + newest ? items : [...items.slice(0, first), ...items.slice(-newest)];
}

function hasSamePhases(before: Subscription, after: Subscription): boolean {
  const [a, b] = [assignPhases(before), assignPhases(after)];
  return a.purchaseType === b.purchaseType && [...b.phases].every(([moneyId, phase]) => a.phases.get(moneyId) === phase);
}

/** The counts with a payment more, or, with -1, less. */
function counted(by: 1 | -1) {
  return ({ count, sent, needAttention, kinds }: FoldedPayments, { progress, observations }: Payment): FoldedPayments => ({
    count: count + by,
    sent: sent + (progress?.state === 'sent' ? by : 0),
    needAttention: needAttention + (progress?.state === 'needs_attention' ? by : 0),
    kinds: [...new Set([...kinds, ...observations.map(({ kind }) => kind)])].sort(),
  });
}

/** Payments of an order as the database has them, with all that decides about them. */
export type RecalledPayments = Pick<Subscription, 'payments' | 'refunds' | 'settings'>;

/**
 * The payments that `kept` has, as their order had them, and the records that are to be written, since facts have come that they do not
 * show yet. A row of revision 0 is of a payment that no order has decided, and a pending one of a payment that a lost task of this order has just
 * decided: what is folded is settled or parked. Both are new, and not recalled.
 */
export function recalled(kept: OrderRecords): { readonly found: RecalledPayments; readonly changed: readonly PurchaseRecord[] } {
  const records = kept.records.filter(({ revision, state }) => revision > 0 && state !== 'pending');
  const ids = new Set(records.map(({ moneyId }) => moneyId));
  const facts = kept.facts.filter(({ fact }) => fact.moneyId !== undefined && ids.has(fact.moneyId));
  const { state, changed } = restoreOrder({ ...kept, facts, records });
  const { payments, refunds, settings } = state;
  return { found: { payments, refunds, settings }, changed };
}

/** The order with payments that had been folded. What it has itself counts more. */
export function withRecalled(state: Subscription, found: RecalledPayments): Subscription {
  const missing = Object.values(found.payments).filter(({ moneyId }) => paymentOf(state, moneyId) === undefined);
  const refunds = Object.entries(found.refunds).filter(
    ([moneyId]) => entryOf(found.payments, moneyId) !== undefined && paymentOf(state, moneyId) === undefined,
  );
  const { state: known } = drafted(state, (draft) => ({ state: missing.reduce(withPayment, draft) }));
  return {
    ...known,
    refunds: Object.fromEntries([...Object.entries(state.refunds), ...refunds]),
    settings: { ...found.settings, ...state.settings },
    ...(state.folded ? { folded: missing.reduce(counted(-1), state.folded) } : {}),
  };
}

/** The type of the error with which a payment is parked. */
export const orderTooLarge = 'OrderTooLarge';

function isParked({ progress, lastError }: Payment): boolean {
  return progress?.state === 'needs_attention' && lastError?.type === orderTooLarge;
}

/**
 * Parks a new payment of an order that has grown past what one order may hold at once: it needs attention, and is folded at once. Only
 * its record remains, for an operator.
 */
export function park(
  state: Subscription,
  fact: PaymentFact,
  accepted: Acceptance,
  mostHeld: number,
): { readonly state: Subscription; readonly record: PurchaseRecord } {
  const { psp, id } = state;
  const observed = paymentOf(merge(newSubscription(psp, id), fact, accepted), fact.moneyId);
  if (!observed) throw new Error('a payment that was observed is there');
  const { phase, purchaseType } = acceptedRecord({ psp, subscription: id }, fact, {
    settings: accepted.settings,
    occurredAtMs: fact.occurredAtMs,
  });
  const payment: Payment = {
    ...observed,
    ...{ phase, purchaseType, revision: 1, lastError: tooLarge(mostHeld) },
    progress: { state: 'needs_attention' },
  };
  return {
    state: { ...state, folded: counted(1)(state.folded ?? nothingFolded, payment) },
    record: recordOf(state, payment),
  };
}

function tooLarge(mostHeld: number): DeliveryError {
  const message =
    `the order has more than ${mostHeld} payments at once that are not settled: is its id the same for many buyers? ` +
    'Correct what the provider sends as the id, then resend this purchase, or skip it';
  return { type: orderTooLarge, code: null, message };
}
