/** The fields that an event lacks, by its kind: all of them, before anything else is read. */
import { saysNothing } from '../../domain/text';
import { field } from '../fields';
import type { BodyProblem } from '../schema-mismatch';
import { kinds } from './schema';

type Field = 'subscription_id' | 'money_id' | 'amount' | 'currency' | 'occurred_at';
type Kind = (typeof kinds)[number];

/** Empty for an event that has what its kind needs, and for a body of which no kind is known. */
export function lackingIn(body: unknown): readonly BodyProblem[] {
  const kind = kinds.find((one) => one === field(body, 'kind'));
  if (kind === undefined) return [];
  const lacks = (name: Field): boolean => isAbsent(field(body, name));
  if (kind === 'payment_failed' && lacks('subscription_id') && lacks('money_id'))
    return [{ path: 'subscription_id', message: 'required, or money_id' }, ...absentOf(body, ['occurred_at'])];
  return absentOf(body, [...neededBy(kind, body), 'occurred_at']);
}

function absentOf(body: unknown, needed: readonly Field[]): readonly BodyProblem[] {
  return needed.filter((name) => isAbsent(field(body, name))).map((path) => ({ path, message: 'required' }));
}

/** As docs/providers/generic.md says. */
function neededBy(kind: Kind, body: unknown): readonly Field[] {
  switch (kind) {
    case 'conversion':
    case 'renewal':
      return ['subscription_id', 'money_id', 'amount', 'currency'];
    case 'one_off':
      return ['money_id', 'amount', 'currency'];
    case 'trial_start':
      return isPaidTrial(body) ? ['subscription_id', 'money_id', 'amount', 'currency'] : ['subscription_id'];
    case 'refund':
      return isAbsent(field(body, 'amount')) ? ['money_id'] : ['money_id', 'currency'];
    case 'payment_failed':
      return isAbsent(field(body, 'amount')) ? [] : ['currency'];
    case 'cancelled':
    case 'ended':
      return ['subscription_id'];
  }
}

function isPaidTrial(body: unknown): boolean {
  const amount = field(body, 'amount');
  if (field(body, 'purchase_type') === 'paid_trial') return true;
  return (typeof amount === 'string' || typeof amount === 'number') && !/^0+(\.0+)?$/.test(String(amount).trim());
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && saysNothing(value));
}
