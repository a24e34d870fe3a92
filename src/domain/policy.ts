/** The policy: a table from purchase type and phase to a cell that says whether, under which name and with which value to send. */
import { compact } from './compact';
import type { Phase, PurchaseType } from './fact';

/** How an event's `value` is computed. */
export type ValueMode =
  | { readonly mode: 'charged' }
  | { readonly mode: 'net' }
  /** A percentage of the regular price where the provider says it, else of the amount charged. */
  | { readonly mode: 'percent'; readonly percent: number }
  /** `amount` is a decimal string in `currency`. */
  | { readonly mode: 'fixed'; readonly amount: string; readonly currency: string }
  | { readonly mode: 'zero' }
  | { readonly mode: 'omit' };

export interface Cell {
  readonly send: boolean;
  /** Overrides the setting `eventName` for this cell. */
  readonly eventName?: string;
  /** Default: `charged`. */
  readonly value?: ValueMode;
  /** Of a trial start: it is sent only if the subscription is still alive, and not set to end, so long after it. */
  readonly hold?: Hold;
}

export interface Hold {
  readonly hours: number;
}

/** A purchase type has only the cells of the phases that it can have; nothing is sent for other phases. */
export interface Policy {
  readonly subscription: { readonly conversion: Cell; readonly renewal: Cell };
  readonly free_trial: { readonly trial_start: Cell; readonly conversion: Cell; readonly renewal: Cell };
  readonly paid_trial: { readonly trial_start: Cell; readonly conversion: Cell; readonly renewal: Cell };
  readonly lifetime: { readonly conversion: Cell };
}

/** The cell for a purchase type and phase; undefined where the purchase type has no such phase. */
export function cellOf(policy: Policy, purchaseType: PurchaseType, phase: Phase): Cell | undefined {
  const row: Partial<Record<Phase, Cell>> = policy[purchaseType];
  return row[phase];
}

/** The same policy, its rows, cells and their members in the order in which they are shown: a database keeps another one. */
export function inOrder({ subscription, free_trial, paid_trial, lifetime }: Policy): Policy {
  return {
    subscription: { conversion: cellInOrder(subscription.conversion), renewal: cellInOrder(subscription.renewal) },
    free_trial: trialInOrder(free_trial),
    paid_trial: trialInOrder(paid_trial),
    lifetime: { conversion: cellInOrder(lifetime.conversion) },
  };
}

function trialInOrder({ trial_start, conversion, renewal }: Policy['free_trial']): Policy['free_trial'] {
  return { trial_start: cellInOrder(trial_start), conversion: cellInOrder(conversion), renewal: cellInOrder(renewal) };
}

function cellInOrder({ send, eventName, value, hold }: Cell): Cell {
  return compact<Cell>({ send, eventName, value, hold });
}

const send: Cell = { send: true };

const defaultPolicy: Policy = {
  subscription: { conversion: send, renewal: send },
  free_trial: { trial_start: send, conversion: send, renewal: send },
  paid_trial: { trial_start: send, conversion: send, renewal: send },
  lifetime: { conversion: send },
};

/** Gives every cell of one phase the same content, in each row that has the phase. */
function withPhase(policy: Policy, phase: Phase, cell: Cell): Policy {
  const rows = Object.entries(policy).map(([type, row]: [string, object]) => [
    type,
    phase in row ? { ...row, [phase]: cell } : row,
  ]);
  return Object.fromEntries(rows) as Policy; // the same rows and phases as `policy`
}

/** A named policy, together with the settings that go with it. */
export interface Preset {
  readonly title: string;
  /** What it is good for, for an operator. */
  readonly help: string;
  readonly policy: Policy;
  readonly limitPurchaseEvents?: boolean;
}

export const presets = {
  default: {
    title: 'Every purchase',
    help: 'Tells TikTok about every payment, under one name: campaigns learn from all revenue.',
    policy: defaultPolicy,
  },
  limited: {
    title: 'First purchase of a user only',
    help: 'One purchase for each buyer, so that campaigns look for new customers. Renewals are not sent; of a paid trial only its start is.',
    policy: defaultPolicy,
    limitPurchaseEvents: true,
  },
  renewals_off: {
    title: 'No renewals',
    help: 'Trial starts and conversions are sent, renewals are not. Unlike the limit, it counts each subscription of a buyer.',
    policy: withPhase(defaultPolicy, 'renewal', { send: false }),
  },
  renewals_as_custom_event: {
    title: 'Renewals as a custom event',
    help: 'Renewals go out as RecurringSubscriptionPayment, so that they are seen in reports and no campaign optimises for them.',
    policy: withPhase(defaultPolicy, 'renewal', { send: true, eventName: 'RecurringSubscriptionPayment' }),
  },
  qualified_trials: {
    title: 'Qualified trials (24 hours)',
    help: 'A trial’s start is sent a day later, and only if the trial was not cancelled, paused or refunded by then: campaigns look for buyers who stay.',
    policy: withPhase(defaultPolicy, 'trial_start', { send: true, hold: { hours: 24 } }),
  },
  split: {
    title: 'StartTrial / Purchase / Subscribe',
    help: 'Each phase under a name of its own: campaigns can optimise for trials, for first payments or for renewals.',
    policy: withPhase(
      withPhase(withPhase(defaultPolicy, 'trial_start', { send: true, eventName: 'StartTrial' }), 'conversion', {
        send: true,
        eventName: 'Purchase',
      }),
      'renewal',
      { send: true, eventName: 'Subscribe' },
    ),
  },
} as const satisfies Record<string, Preset>;
