/**
 * What a payment was for: the rules that turn a provider's evidence into one of a few meanings, the same for all providers. They form a
 * table: the first rule that applies decides. docs/architecture.md shows it with examples.
 */
import type { PaymentFact, PurchaseType, TrialWindow } from '../fact';
import type { Context } from '../subscription';
import type { Charge } from './charge';
import { chargeOf, isForNothing, isSaidTrial } from './charge';
import type { CycleVerdict } from './cycles';
import { isSameMoment, sameMomentMs, startOf } from './moment';

export type Meaning =
  | 'one_off'
  /** A period of a trial, free or paid. */
  | 'trial'
  /** A period at the regular price, also one that a discount paid. */
  | 'regular'
  /** A period at the regular price, or a part of one, that a change began. It is a plan change, unless nothing was paid before. */
  | 'change'
  /** A period of a price that is zero: nothing was bought yet. */
  | 'free_period'
  /** No period: an add-on, a proration, an overage. */
  | 'other';

/** What states told of the subscription's trials. */
export type KnownTrials = Pick<Context, 'trials' | 'noTrial'>;

export interface Evidence {
  readonly fact: PaymentFact;
  readonly charge: Charge;
  readonly context: KnownTrials;
  /** The purchase type that the merchant declared; null without a declaration. */
  readonly declared: PurchaseType | null;
  /** By the provider's count of cycles. */
  readonly cycle: CycleVerdict;
}

/** Collects the evidence on a payment. */
export function evidenceOn(
  fact: PaymentFact,
  { context, declared, cycle }: Pick<Evidence, 'context' | 'declared' | 'cycle'>,
): Evidence {
  return { fact, charge: chargeOf(fact), context, declared, cycle };
}

interface Rule {
  readonly says: string;
  readonly means: Meaning;
  readonly applies: (evidence: Evidence) => boolean;
}

/** In the order of strength: the merchant's map, a change, the provider's word, the merchant's declaration, what was charged, counts, states, the reading. */
export const rules: readonly Rule[] = [
  { says: 'the price is ignored', means: 'other', applies: ({ fact }) => fact.role === 'ignore' },
  {
    says: 'bought once',
    means: 'one_off',
    applies: ({ fact }) => fact.kind === 'one_off' || (fact.role === 'lifetime' && fact.kind !== 'other_charge'),
  },
  {
    says: 'the price is a trial’s',
    means: 'trial',
    applies: ({ fact, declared }) => fact.role === 'trial' && fact.kind !== 'other_charge' && mayHaveTrial(declared),
  },
  {
    says: 'the price is the regular one',
    means: 'regular',
    applies: ({ fact, charge }) =>
      fact.role === 'regular' && !isForNothing(fact) && (fact.kind !== 'other_charge' || isWholeChange(fact, charge)),
  },
  {
    says: 'a trial is declared, and the subscription changed to a whole period at the regular price',
    means: 'regular',
    applies: ({ fact, charge, declared }) => declared === 'paid_trial' && fact.role === undefined && isWholeChange(fact, charge),
  },
  {
    says: 'the subscription changed, and a period or a part of one was charged',
    means: 'change',
    applies: ({ fact, charge, context }) =>
      fact.occasion === 'change' &&
      (regularPeriods(charge, fact, context).length > 0 || (charge.periods.length === 0 && charge.hasPart)),
  },
  { says: 'none of the subscription’s periods', means: 'other', applies: ({ fact }) => fact.kind === 'other_charge' },
  {
    says: 'the provider calls it a trial',
    means: 'trial',
    applies: ({ charge, context, declared }) =>
      isSaidTrial(charge) && mayHaveTrial(declared) && !(context.noTrial && charge.periods.length === 0),
  },
  {
    says: 'the merchant declares a trial, and this is the checkout',
    means: 'trial',
    applies: ({ fact, declared, charge, context }) =>
      fact.occasion === 'start' &&
      ((declared === 'paid_trial' && fact.amountMinor > 0 && !(charge.periods.length === 0 && context.noTrial)) ||
        (declared === 'free_trial' && fact.amountMinor === 0 && !context.noTrial)),
  },
  {
    says: 'a regular price was charged beside a trial',
    means: 'regular',
    applies: ({ fact, charge, context }) =>
      charge.periods.some(({ trial }) => trial === false) ||
      (hasItemTrials(context) && regularPeriods(charge, fact, context).length > 0),
  },
  {
    says: 'the provider counts it as a trial’s cycle',
    means: 'trial',
    applies: ({ cycle, declared }) => cycle === 'trial' && mayHaveTrial(declared),
  },
  {
    says: 'the provider counts it as a regular cycle',
    means: 'regular',
    applies: ({ fact, cycle }) => (cycle !== null && cycle !== 'trial') || fact.paidPeriod !== undefined,
  },
  {
    says: 'a state says that the trial lasts',
    means: 'trial',
    applies: (evidence) => mayHaveTrial(evidence.declared) && isWithinTrial(evidence),
  },
  {
    says: 'nothing was charged, and the provider says that there is no trial',
    means: 'free_period',
    applies: ({ fact, charge, context, declared }) =>
      fact.amountMinor === 0 &&
      charge.periods.length === 0 &&
      (context.noTrial || fact.kind !== 'trial_start' || !mayHaveTrial(declared)),
  },
  {
    says: 'it reads like the start of a trial, and nothing says otherwise',
    means: 'trial',
    applies: ({ fact, context, declared }) => fact.kind === 'trial_start' && !context.noTrial && mayHaveTrial(declared),
  },
  { says: 'any other charge', means: 'regular', applies: () => true },
];

/** What the payment was for, and the rule that says so. */
export function ruleFor(evidence: Evidence): Pick<Rule, 'means' | 'says'> {
  return rules.find(({ applies }) => applies(evidence)) ?? { means: 'regular', says: 'any other charge' };
}

function mayHaveTrial(declared: PurchaseType | null): boolean {
  return declared === null || declared === 'free_trial' || declared === 'paid_trial';
}

/** Without a credit: a credit is given for a period that was paid before, so this is no first payment. */
function isWholeChange({ occasion }: PaymentFact, { periods, hasCredit }: Charge): boolean {
  return occasion === 'change' && periods.length > 0 && !hasCredit;
}

/** The charged periods that no trial of a single item covers. */
function regularPeriods({ periods }: Charge, fact: PaymentFact, { trials }: KnownTrials): Charge['periods'] {
  const onTrial = new Set(trials.flatMap(({ item, ...window }) => (item !== undefined && covers(window, fact) ? item : [])));
  return periods.filter(({ items = [], trial }) => trial !== true && !items.some((item) => onTrial.has(item)));
}

function hasItemTrials({ trials }: KnownTrials): boolean {
  return trials.some(({ item }) => item !== undefined);
}

/**
 * True for a payment of a trial that a state describes. A free one is paid with nothing, or with a fee beside it. A price may be a
 * trial's where the trial is its item's, or where the provider does not say what the payment was for.
 */
function isWithinTrial({ fact, charge, context }: Evidence): boolean {
  const isFree = charge.periods.length === 0 || fact.amountMinor === 0;
  const mayBePaid = fact.occasion === 'start' || fact.awaits?.includes('trial') === true;
  const items = charge.periods.flatMap((line) => line.items ?? []);
  return context.trials.some(({ item, kind, ...window }) => {
    if (!covers(window, fact)) return false;
    return isFree || (item === undefined ? kind !== 'free' && mayBePaid : items.includes(item));
  });
}

/** True when the payment's period begins within the trial. */
function covers({ startsAtMs = -Infinity, endsAtMs = Infinity }: TrialWindow, fact: PaymentFact): boolean {
  const atMs = startOf(fact);
  return atMs >= startsAtMs - sameMomentMs && atMs < endsAtMs - sameMomentMs;
}

/** True when the payment's period begins when the trial of the subscription ends, which it began with. */
export function startsAtTrialEnd(fact: PaymentFact, { trials, noTrial }: KnownTrials): boolean {
  if (noTrial || fact.periodStartMs === undefined) return false;
  return trials.some(({ item, endsAtMs }) => item === undefined && isSameMoment(endsAtMs, startOf(fact)));
}
