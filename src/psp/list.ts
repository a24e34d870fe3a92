/**
 * Lists in providers' bodies, as long as providers send them. zod describes every item that does not fit, which of some hundred thousand takes the
 * process seconds: a list that no provider sends is one problem, and of the others the first ten items that do not fit are named.
 */
import { z } from 'zod';

/** A list of at most `mostItems`. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z
    .array(z.unknown())
    .max(mostItems)
    .transform((values, context) => read(item, [...values.entries()], context).map(([, value]) => value));
}

/** A map by id, of at most `mostItems`. */
export function mapOf<Item extends z.ZodType>(item: Item) {
  return z
    .record(z.string(), z.unknown())
    .refine((map) => Object.keys(map).length <= mostItems, { error: 'too many members', abort: true })
    .transform((map, context) => Object.fromEntries(read(item, Object.entries(map), context)));
}

function read<Item extends z.ZodType, Key extends PropertyKey>(
  item: Item,
  entries: readonly (readonly [Key, unknown])[],
  context: z.RefinementCtx,
): readonly (readonly [Key, z.output<Item>])[] {
  const found: (readonly [Key, z.output<Item>])[] = [];
  let misfits = 0;
  for (const [key, value] of entries) {
    const { success, data, error } = item.safeParse(value);
    if (success) found.push([key, data]);
    for (const issue of error?.issues ?? [])
      // Its code says which members it has.
      context.issues.push({ ...issue, path: [key, ...issue.path] } as z.core.$ZodRawIssue);
    if (!success && (misfits += 1) === mostMisfits) break;
  }
  return found;
}

/** A daily payment of 27 years. */
export const mostItems = 10_000;
/** A reason names no more. */
const mostMisfits = 10;
