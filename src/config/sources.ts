/** One provider account, several pixels: an integration takes the accounts of another (`from`), all their payments or some (`only`). */
import { z } from 'zod';
import type { Only } from '../domain/routing';

/** What of an integration says whose accounts it takes. */
export interface Sourced {
  readonly id: string;
  readonly psps: Readonly<Record<string, unknown>>;
  readonly from?: string | undefined;
}

const key = z.string().min(1, 'must not be an empty key').max(200, 'must be a key of at most 200 characters');
const text = z
  .string('must be a string or a list of strings')
  .transform((written) => written.trim())
  .pipe(z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters'));
const values = z.union([text.transform((one) => [one]), z.array(text).min(1, 'must name at least one value')], {
  error: 'must be a string or a list of strings, none of them empty',
});

/** `{"metadata": {"funnel": "quiz", "country": ["de", "at"]}}`: every key of the provider's metadata, with any of its values. */
export const onlySchema: z.ZodType<Only, unknown> = z
  .strictObject({
    metadata: z
      .record(key, values, 'must be an object: keys of the provider’s metadata, each with its value')
      .refine((only) => Object.keys(only).length > 0, 'must name at least one key of the provider’s metadata'),
  })
  .transform(({ metadata }) => metadata);

/** The integration itself and those whose accounts it takes, one after the other; a circle ends where it began. */
export function integrationSources<I extends Sourced>(integrations: readonly I[], id: string): readonly I[] {
  const chain: I[] = [];
  for (let next: string | undefined = id; next !== undefined;) {
    const found = integrations.find((one) => one.id === next);
    if (!found || chain.includes(found)) break;
    chain.push(found);
    next = found.from;
  }
  return chain;
}

/** One problem for each `from` that leads nowhere, and for each provider of which an integration would have two accounts. */
export function refuseSources(integrations: readonly Sourced[], context: z.core.$RefinementCtx): void {
  const problem = (path: readonly PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  const told = new Set<string>();
  integrations.forEach(({ id, psps, from }, index) => {
    if (from === undefined) return;
    const chain = integrationSources(integrations, id);
    const last = chain.at(-1);
    if (from === id) return problem([index, 'from'], 'must be another integration than this');
    if (!integrations.some((one) => one.id === from))
      return problem([index, 'from'], 'must be the id of an integration of this file');
    if (last?.from === id) {
      // One line for each circle.
      if (chain.every((one) => !told.has(one.id)))
        problem([index, 'from'], `must not lead back to itself: ${[...chain.map((one) => one.id), id].join(' → ')}`);
      for (const one of chain) told.add(one.id);
      return;
    }
    for (const psp of Object.keys(psps)) {
      const other = chain.slice(1).find((source) => Object.hasOwn(source.psps, psp));
      if (other)
        problem([index, 'psps', psp], `must not be beside from, which brings the account of ${other.id}: remove one of them`);
    }
  });
}
