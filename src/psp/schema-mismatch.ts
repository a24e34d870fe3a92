/** How an adapter answers: facts, nothing to do (and why), or a body in a shape that we do not know (and where). */
import type { z } from 'zod';
import type { PaymentLink, ReadFact, Reading } from './adapter';

export function facts(...read: readonly ReadFact[]): Reading {
  return { kind: 'facts', facts: read };
}

export function ignored(reason: string, links: readonly PaymentLink[] = []): Reading {
  return links.length === 0 ? { kind: 'ignored', reason } : { kind: 'ignored', reason, links };
}

export function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason };
}

/** Where a body does not fit and what was expected there. Never a value from it: the reason goes to logs and the console. */
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
