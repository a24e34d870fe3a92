/** Lists in providers' bodies, as long as providers send them. */
import { z } from 'zod';

/**
 * A list of at most `mostItems`. zod describes every item that does not fit, which of some hundred thousand takes the process seconds; a
 * list that no provider sends is one problem.
 */
export function listOf<Item extends z.ZodType>(item: Item) {
  // The first has looked at the list itself, the second looks at the items.
  return z
    .array(z.unknown())
    .max(mostItems)
    .pipe(z.array(item) as z.ZodType<z.output<Item>[], unknown[]>);
}

/** A map by id, of at most `mostItems`. */
export function mapOf<Item extends z.ZodType>(item: Item) {
  return z
    .record(z.string(), z.unknown())
    .refine((map) => Object.keys(map).length <= mostItems, 'too many members')
    .pipe(z.record(z.string(), item) as z.ZodType<Record<string, z.output<Item>>, Record<string, unknown>>);
}

/** A daily payment of 27 years. */
export const mostItems = 10_000;
