/** The marks of persons whom a body in the quarantine may name, in the form of a generation of the pepper. */
import type { SQL } from 'drizzle-orm';
import { and, eq, sql } from 'drizzle-orm';
import { markOf } from '../crypto/pepper-layers';
import type { Queries } from './driver/database';
import type { UnreadableWebhook } from './quarantine';
import { quarantine } from './schema';

/** A body to be kept, with its marks lifted. */
export function withMarks<W extends UnreadableWebhook>(webhook: W, current: (hmac: string) => string): W {
  const { persons } = webhook;
  return persons === undefined ? webhook : { ...webhook, persons: lifted(persons, current) };
}

/** Lifts the marks of the bodies that meet the condition. */
export async function renameMarks(tx: Queries, current: (hmac: string) => string, isRow: SQL | undefined): Promise<void> {
  const bodies = await tx
    .select({ integration: quarantine.integration, id: quarantine.id, persons: quarantine.persons })
    .from(quarantine)
    .where(and(isRow, sql`${quarantine.persons} is not null`));
  for (const { integration, id, persons } of bodies) {
    const marks = lifted(persons ?? [], current);
    if (marks.some((mark, n) => mark !== persons?.[n]))
      await tx
        .update(quarantine)
        .set({ persons: marks })
        .where(and(eq(quarantine.integration, integration), eq(quarantine.id, id)));
  }
}

function lifted(marks: readonly string[], current: (hmac: string) => string): readonly string[] {
  return marks.map((mark) => markOf(current(mark)));
}
