import { createHash } from 'node:crypto';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Keyring, Sealed } from '../crypto/keyring';
import { UnknownKeyError } from '../crypto/keyring';
import { decodeCursor, pageOf, type Page } from './cursor';
import type { Database } from './driver/database';
import { quarantine } from './schema';

export interface QuarantineStore {
  /** Keeps the raw body, encrypted, and returns its id. The same body again is the same entry. */
  keep(integration: string, webhook: UnreadableWebhook): Promise<string>;
  /** Keeps objects of the provider's API, each once by its id, whatever it looks like the next time. Returns the number of new ones. */
  keepItems(integration: string, items: readonly UnreadableObject[]): Promise<number>;
  /** Removes objects of the provider's API that could be read meanwhile. */
  resolveItems(integration: string, psp: string, ids: readonly string[]): Promise<void>;
  /** Newest first. */
  list(integration: string, cursor: string | undefined, limit: number): Promise<Page<QuarantinedWebhook>>;
  /** One of the list; null when there is none of that id. */
  entry(integration: string, id: string): Promise<QuarantinedWebhook | null>;
  body(integration: string, id: string): Promise<{ readonly psp: string; readonly raw: Buffer } | null>;
  /** The webhooks of one type of event whose body mentions one of these, with all that it mentions. */
  mentioning(
    integration: string,
    webhook: { readonly psp: string; readonly type: string },
    mentions: readonly string[],
  ): Promise<readonly MentioningWebhook[]>;
  /** The types of events of which webhooks are kept, by provider. */
  types(integration: string): Promise<readonly { readonly psp: string; readonly type: string }[]>;
  /** The number of entries. */
  count(integration: string): Promise<number>;
  /** Those whose body may name one of these persons, with their bodies. */
  naming(integration: string, persons: readonly string[]): Promise<readonly NamingWebhook[]>;
  /** False when there is none of that id. */
  remove(integration: string, id: string): Promise<boolean>;
}

export interface UnreadableWebhook {
  readonly psp: string;
  readonly raw: Buffer;
  /** The provider's event type, as far as it could be read. */
  readonly type: string;
  readonly reason: string;
  readonly atMs: number;
  /** What its body says of itself, as HMACs: a corrected webhook is known by it. Default: nothing. */
  readonly mentions?: readonly string[];
  /** Whom its body may name, as HMACs. Default: nobody knows. */
  readonly persons?: readonly string[];
}

/** A body that may name a person; null when the key that sealed it is gone. */
export interface NamingWebhook extends QuarantinedWebhook {
  readonly raw: Buffer | null;
}

export interface MentioningWebhook {
  readonly id: string;
  readonly mentions: readonly string[];
}

/** An object of the provider's API, in the shape of a webhook. */
export interface UnreadableObject extends UnreadableWebhook {
  /** The provider's id of it. */
  readonly item: string;
}

export interface QuarantinedWebhook {
  readonly id: string;
  readonly psp: string;
  readonly receivedAtMs: number;
  readonly type: string;
  readonly reason: string;
  /** The provider's id of an object that a renewal check could not read; null for a webhook. */
  readonly item: string | null;
}

/** Webhooks that were verified, and objects that a check listed, which could not be read: encrypted, until an operator retries or removes them. */
export function quarantineStore({ queries }: Database, keyring: Keyring): QuarantineStore {
  const entry = (integration: string, id: string) => and(eq(quarantine.integration, integration), eq(quarantine.id, id));

  return {
    async keep(integration, { psp, raw, type, reason, atMs, mentions = [], persons = null }) {
      const id = deliveryId(psp, raw);
      const { keyId, bytes } = keyring.seal(raw);
      await queries
        .insert(quarantine)
        .values({ integration, id, psp, type, reason, receivedAtMs: atMs, keyId, sealedBody: bytes, mentions, persons })
        .onConflictDoNothing();
      return id;
    },

    async keepItems(integration, items) {
      if (items.length === 0) return 0;
      const rows = items.map(({ psp, raw, type, reason, atMs, item, persons = null }) => {
        const { keyId, bytes } = keyring.seal(raw);
        const id = deliveryId(psp, Buffer.from(`item ${item}`));
        return { integration, id, psp, type, reason, item, receivedAtMs: atMs, keyId, sealedBody: bytes, persons };
      });
      const added = await queries.insert(quarantine).values(rows).onConflictDoNothing().returning({ id: quarantine.id });
      return added.length;
    },

    async resolveItems(integration, psp, ids) {
      if (ids.length === 0) return;
      await queries
        .delete(quarantine)
        .where(and(eq(quarantine.integration, integration), eq(quarantine.psp, psp), inArray(quarantine.item, [...ids])));
    },

    async list(integration, cursor, limit) {
      const place = sql`(${quarantine.receivedAtMs}, ${quarantine.id})`;
      const [atMs, id] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const rows = await queries
        .select(shownColumns)
        .from(quarantine)
        .where(
          and(
            eq(quarantine.integration, integration),
            atMs === undefined ? undefined : sql`${place} < (${atMs}::bigint, ${id}::text collate "C")`,
          ),
        )
        .orderBy(desc(quarantine.receivedAtMs), desc(quarantine.id))
        .limit(limit + 1);
      return pageOf(rows, limit, ({ receivedAtMs, id: last }) => [receivedAtMs, last]);
    },

    async entry(integration, id) {
      const [row] = await queries.select(shownColumns).from(quarantine).where(entry(integration, id));
      return row ?? null;
    },

    async mentioning(integration, { psp, type }, mentions) {
      if (mentions.length === 0) return [];
      const rows = await queries
        .select({ id: quarantine.id, mentions: quarantine.mentions })
        .from(quarantine)
        .where(
          and(
            ...[eq(quarantine.integration, integration), eq(quarantine.psp, psp), eq(quarantine.type, type)],
            ...[isNull(quarantine.item), sql`${quarantine.mentions} ?| ${textArray(mentions)}`],
          ),
        );
      return rows.map((row) => ({ id: row.id, mentions: row.mentions ?? [] }));
    },

    async types(integration) {
      return queries
        .selectDistinct({ psp: quarantine.psp, type: quarantine.type })
        .from(quarantine)
        .where(and(eq(quarantine.integration, integration), isNull(quarantine.item)));
    },

    async count(integration) {
      return queries.$count(quarantine, eq(quarantine.integration, integration));
    },

    async body(integration, id) {
      const [row] = await queries.select().from(quarantine).where(entry(integration, id));
      return row
        ? { psp: row.psp, raw: keyring.open({ keyId: row.keyId, bytes: row.sealedBody }, `the webhook ${id} in the quarantine`) }
        : null;
    },

    async naming(integration, persons) {
      if (persons.length === 0) return [];
      const rows = await queries
        .select({ ...shownColumns, keyId: quarantine.keyId, sealedBody: quarantine.sealedBody })
        .from(quarantine)
        .where(and(eq(quarantine.integration, integration), sql`${quarantine.persons} ?| ${textArray(persons)}`));
      return rows.map(({ keyId, sealedBody, ...shown }) => ({ ...shown, raw: openedOrNull({ keyId, bytes: sealedBody }) }));
    },

    async remove(integration, id) {
      const gone = await queries.delete(quarantine).where(entry(integration, id)).returning({ id: quarantine.id });
      return gone.length > 0;
    },
  };

  /** What cannot be read any more can still be forgotten. */
  function openedOrNull(sealed: Sealed): Buffer | null {
    try {
      return keyring.open(sealed);
    } catch (error) {
      if (error instanceof UnknownKeyError) return null;
      throw error;
    }
  }
}

const shownColumns = {
  id: quarantine.id,
  psp: quarantine.psp,
  receivedAtMs: quarantine.receivedAtMs,
  type: quarantine.type,
  reason: quarantine.reason,
  item: quarantine.item,
};

/** `?|` takes an array of texts; as one parameter, since both drivers write arrays in their own way. */
function textArray(texts: readonly string[]) {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`;
}

/** The same body from the same provider is the same delivery. */
function deliveryId(psp: string, raw: Buffer): string {
  return createHash('sha256').update(`${psp}\n`).update(raw).digest('base64url');
}
