/** Builders of an adapter's three answers (`Reading`), and the reason for a body that does not fit its schema. */
import type { z } from 'zod';
import { compact } from '../domain/compact';
import type { PaymentLink, ReadFact, Reading } from './adapter';

/** The answer to an event that states facts. */
export function facts(...read: readonly ReadFact[]): Extract<Reading, { readonly kind: 'facts' }> {
  return { kind: 'facts', facts: read.map((one) => compact<ReadFact>(one)) };
}

/** The answer to an event that changes nothing. `links` are payment ids that it teaches all the same. */
export function ignored(reason: string, links: readonly PaymentLink[] = []): Reading {
  return links.length === 0 ? { kind: 'ignored', reason } : { kind: 'ignored', reason, links };
}

/** The answer to a body that cannot be read; `reason` names the field, never its value. */
export function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason };
}

/** The answer to an event of a type that no reader takes. */
export function notNeeded(type: string): Reading {
  const isName = wordOf(type, '') !== '';
  return ignored(isName ? `events of type ${type} are not needed` : 'events of this type are not needed');
}

/** A word of the provider's, such as a status, as a reason may repeat it. What is no such word may be a buyer's name: then `otherwise`. */
export function wordOf(text: string | null | undefined, otherwise: string): string {
  return typeof text === 'string' && /^[A-Za-z][\w.:-]{0,99}$/.test(text) ? text : otherwise;
}

/** Something in a body that does not fit: where, and what was expected. Never a value: it goes to logs and the console. */
export interface BodyProblem {
  /** `data.object.amount_paid`; empty for the body as a whole, or where the reason names no field. */
  readonly path: string;
  readonly message: string;
  /** What it may be, where that is a list. */
  readonly allowed?: readonly string[];
}

/** The fields that do not fit, at most ten, each with what was expected, as one reason. */
export function schemaMismatch(error: z.ZodError, under: string): string {
  return reasonOf(problemsOf(error, under));
}

/** The fields that do not fit, at most ten. `under` is where in the body the schema stands. */
export function problemsOf(error: z.ZodError, under: string): readonly BodyProblem[] {
  return error.issues.slice(0, 10).map((issue) => ({
    path: [under, ...issue.path]
      .filter((part) => part !== '')
      .map(shownPart)
      .join('.'),
    message: wanted(issue),
  }));
}

/** A field, an index, or an id of the provider's. What is none of them is no part of a path that a reason may repeat. */
function shownPart(part: PropertyKey): string {
  return /^[\w.-]{1,100}$/.test(String(part)) ? String(part) : '*';
}

/** Problems as one line: the reason of an unreadable body. */
export function reasonOf(problems: readonly BodyProblem[]): string {
  return problems.map(({ path, message }) => `${path === '' ? wholeBody : path}: ${message}`).join(between);
}

/** The problems that a reason names: the inverse of `reasonOf`. A reason of another kind is one problem of the whole body. */
export function problemsIn(reason: string): readonly BodyProblem[] {
  return reason.split(between).map((part) => {
    const [, path = '', message = part] = /^([^\s:]+|the body): (.+)$/s.exec(part) ?? [];
    const [, list] = /one of (.+)$/s.exec(message) ?? [];
    return { path: path === wholeBody ? '' : path, message, ...(list === undefined ? {} : { allowed: list.split(', ') }) };
  });
}

const wholeBody = 'the body';
const between = '; ';

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'datetime' ? 'expected a time with its zone, such as 2026-11-22T10:00:00Z' : 'invalid format';
    case 'custom':
      return issue.message;
    default:
      return issue.code.replaceAll('_', ' ');
  }
}
