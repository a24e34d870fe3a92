/**
 * Whether what a signal brought is a fact that an order can take: whoever may signal a workflow may send anything, and what a rule does
 * not expect would block the order. Adapters check providers' bodies; this checks shape alone. Members that are not known are left alone,
 * since a newer version may have sent them.
 */
import { phases, priceRoles, purchaseTypes } from './fact';

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

/** Why an order can't take a signal's input, for operators; null for a fact with its acceptance. It names members, and no values. */
export function whyUnreadable(input: unknown): string | null {
  if (!isObject(input)) return 'the input is no object with "fact" and "accepted"';
  const { fact, accepted } = input;
  if (!isObject(fact)) return 'there is no "fact"';
  const shape = Object.entries(shapes).find(([, { kinds }]) => kinds.includes(fact['kind'] as string))?.[1];
  if (!shape) return 'the kind of the fact is not known here';
  return (
    wrongIn('fact', fact, shape) ?? (isObject(accepted) ? wrongIn('accepted', accepted, acceptance) : 'there is no "accepted"')
  );
}

interface Members {
  readonly needed: Shape;
  readonly optional: Shape;
}

function wrongIn(name: string, value: Readonly<Record<string, unknown>>, { needed, optional }: Members): string | null {
  const isWrong = ([member, check]: [string, Check]): boolean => !check(own(value, member));
  const isStated = ([member]: [string, Check]): boolean => own(value, member) !== undefined;
  const wrong = Object.entries(needed).find(isWrong) ?? Object.entries(optional).filter(isStated).find(isWrong);
  return wrong ? `${name}.${wrong[0]} is missing, or not what it should be` : null;
}

function own(value: Readonly<Record<string, unknown>>, member: string): unknown {
  return Object.hasOwn(value, member) ? value[member] : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const isCount: Check = (value) => Number.isSafeInteger(value);
/** As far as dates reach. */
const isInstant: Check = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const isCurrency: Check = (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value);
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
const nullOr =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const like =
  (needed: Shape, optional: Shape = {}): Check =>
  (value) =>
    isObject(value) && wrongIn('', value, { needed, optional }) === null;

const isTrial = like({}, { item: isText, kind: oneOf('free', 'paid'), startsAtMs: isInstant, endsAtMs: isInstant });
const isLine = like(
  { amountMinor: isCount, of: oneOf('period', 'once') },
  { proration: isFlag, trial: isFlag, items: listOf(isText), role: oneOf(...priceRoles) },
);
const isBought = listOf(
  like({ id: isText }, { product: isText, name: isText, category: isText, quantity: isCount, unitMinor: isCount }),
);
const isCycles = like(
  { saidAtMs: isInstant, startsAtMs: isInstant, trialsLeft: listOf(isCount), trialsBilled: isCount, regularBilled: isCount },
  { trialKind: oneOf('free', 'paid'), lastPaidAtMs: isInstant, nextBilledAtMs: isInstant },
);

const shapes: Readonly<Record<string, Members & { readonly kinds: readonly string[] }>> = {
  payment: {
    kinds: [...phases, 'one_off', 'other_charge'],
    needed: { moneyId: isText, occurredAtMs: isInstant, amountMinor: isCount, currency: isCurrency },
    optional: {
      ...{ netMinor: isCount, regularMinor: isCount, unpriced: isFlag, trial: isFlag, mayBeStart: isFlag, lines: listOf(isLine) },
      ...{ inferredType: oneOf(...purchaseTypes), declaredType: oneOf(...purchaseTypes), role: oneOf(...priceRoles) },
      ...{ otherCharge: isText, occasion: oneOf('start', 'cycle', 'change'), paidPeriod: oneOf('first', 'later') },
      ...{
        bought: isBought,
        periodStartMs: isInstant,
        periodEndMs: isInstant,
        nextDueAtMs: isInstant,
        patienceMs: isCount,
        awaits: listOf(isText),
      },
    },
  },
  lifecycle: {
    kinds: [
      ...['began', 'updated', 'cancellation_scheduled', 'cancellation_undone', 'ended', 'paused', 'resumed', 'price_changed'],
      ...['payment_failed', 'merged'],
    ],
    needed: { occurredAtMs: isInstant },
    optional: {
      ...{ moneyId: isText, amountMinor: isCount, currency: isCurrency, declaredType: oneOf(...purchaseTypes) },
      ...{ trials: listOf(isTrial), trial: (value) => value === 'none' || isTrial(value), cycles: isCycles },
      ...{ planRole: nullOr(oneOf(...priceRoles)), tells: listOf(isText) },
      ...{ bought: like({ items: isBought }, { currency: isCurrency }) },
      ...{ regularPrice: like({ amountMinor: isCount, currency: isCurrency }), endsAtMs: isInstant, nextDueAtMs: isInstant },
    },
  },
  refund: {
    kinds: ['refund'],
    needed: { moneyId: isText, occurredAtMs: isInstant, refundId: isText, cause: oneOf('refund', 'dispute', 'dispute_won') },
    optional: { amountMinor: isCount },
  },
};

const isKey = like({ kind: isText, hmac: isText });
const isCell = like({ send: isFlag }, { eventName: isText, value: isObject, hold: like({ hours: isCount }) });
const isRow: Check = (value) => isObject(value) && Object.values(value).every(isCell);
const isPolicy = like({ subscription: isRow, free_trial: isRow, paid_trial: isRow, lifetime: isRow });
/** Settings that came later than the first version are missing in what it sent. */
const isSettings = like(
  { version: isCount, eventName: isText, policy: isPolicy },
  { limitPurchaseEvents: isFlag, limitFreeTrials: isText, sendZeroValue: isFlag, maxEventAgeHours: isInstant },
);

const acceptance: Members = {
  needed: { acceptedAtMs: isInstant, settings: isSettings, tooOld: isFlag, userKeys: listOf(isKey), checkoutId: nullOr(isText) },
  optional: { paidAtMs: isInstant, lostCheckoutId: isText },
};
