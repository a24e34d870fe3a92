/** Builders of an adapter's three answers (`Reading`), and the reason for a body that does not fit its schema. */
import type { z } from 'zod';
import type { PaymentLink, ReadFact, Reading } from './adapter';

/** The answer to an event that states facts. */
export function facts(...read: readonly ReadFact[]): Extract<Reading, { readonly kind: 'facts' }> {
  return { kind: 'facts', facts: read };
}

/** The answer to an event that changes nothing. `links` are payment ids that it teaches all the same. */
export function ignored(reason: string, links: readonly PaymentLink[] = []): Reading {
  return links.length === 0 ? { kind: 'ignored', reason } : { kind: 'ignored', reason, links };
}

/** The answer to a body that cannot be read; `reason` names the field, never its value. */
export function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason };
}

/** The fields that do not fit, at most five, each with what was expected. Never a value: the text goes to logs and the console. */
export function schemaMismatch(error: z.ZodError, under: string): string {
  const problems = error.issues
    .slice(0, 5)
    .map((issue) => `${[under, ...issue.path].filter((part) => part !== '').join('.')}: ${wanted(issue)}`);
  return problems.join('; ');
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'custom':
      return issue.message;
    default:
      return issue.code.replaceAll('_', ' ');
  }
}
