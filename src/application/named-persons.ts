/**
 * Whom the body of a webhook that cannot be read may name. Nobody knows its shape, so every text in it that may be somebody's id or e-mail
 * is kept as an HMAC beside the sealed body: an erasure and an export find it by the identifiers of the person.
 */
import { markOf } from '../crypto/pepper-layers';
import type { UserKeys } from '../crypto/user-keys';
import type { UserKey } from '../domain/identity';
import type { QuarantineStore, UnreadableWebhook } from '../store';
import { hashedEmail } from '../tiktok';

/** How a person is marked beside a body. */
export function personMark({ hmac }: UserKey): string {
  return markOf(hmac);
}

/** The quarantine, whose bodies are found by whom they name. */
export function namingPersons(
  quarantine: QuarantineStore,
  keys: Pick<UserKeys, 'of' | 'ofBuyer' | 'userId' | 'customer'>,
): QuarantineStore {
  const named = <W extends UnreadableWebhook>(integration: string, webhook: W): W => ({
    ...webhook,
    persons: personsIn(keys, integration, webhook),
  });
  return {
    ...quarantine,
    keep: (integration, webhook) => quarantine.keep(integration, named(integration, webhook)),
    keepItems: (integration, items) =>
      quarantine.keepItems(
        integration,
        items.map((item) => named(integration, item)),
      ),
  };
}

function personsIn(
  keys: Pick<UserKeys, 'of' | 'ofBuyer' | 'userId' | 'customer'>,
  integration: string,
  { psp, raw }: Pick<UnreadableWebhook, 'psp' | 'raw'>,
): readonly string[] {
  const marks = new Set<string>();
  const add = (key: UserKey | undefined): void => void (key && marks.add(personMark(key)));
  for (const { text, isId } of textsIn(raw)) {
    for (const emailSha256 of emailsIn(text)) keys.ofBuyer(integration, {}, { emailSha256 }).forEach(add);
    if (!isId) continue;
    add(keys.userId(integration, text));
    add(keys.customer(integration, psp, text));
    add(keys.of({ integration, psp, subscription: text }, {}, {}).at(-1));
  }
  return [...marks];
}

/** Addresses as they are, and what providers have hashed already. */
function emailsIn(text: string): readonly string[] {
  if (/^[0-9a-f]{64}$/i.test(text)) return [text.toLowerCase()];
  const found = text.slice(0, longestText).match(/[^\s"'<>(),;:=&?]{1,64}@[^\s"'<>(),;:=&?@]{1,255}/g) ?? [];
  return found.flatMap((email) => hashedEmail(email) ?? []);
}

interface Text {
  readonly text: string;
  /** Its place says that it may name somebody. */
  readonly isId: boolean;
}

const maxTexts = 1_000;
const maxDepth = 12;
const longestText = 4_000;
const longestId = 200;
const namesSomebody =
  /id$|ids$|user|customer|client|account|buyer|payer|reference|custom|metadata|passthrough|alias|subscri|order|transaction|invoice|login/i;

/** The texts and numbers of a body; of a text that is itself JSON or `key=value&…`, what stands in it. */
function textsIn(raw: Buffer): readonly Text[] {
  const found: Text[] = [];
  const walk = (value: unknown, name: string, depth: number): void => {
    if (found.length >= maxTexts || depth > maxDepth) return;
    if (typeof value === 'object' && value !== null) {
      const isList = Array.isArray(value);
      for (const [key, part] of Object.entries(value))
        walk(part, isList || namesSomebody.test(name) ? `${name} ${key}` : key, depth + 1);
      return;
    }
    if (typeof value !== 'string' && typeof value !== 'number') return;
    const text = String(value);
    found.push({ text, isId: namesSomebody.test(name) && text.trim() !== '' && text.length <= longestId });
    if (text.length > longestText) return;
    const inner = parsed(text);
    if (inner !== undefined) walk(inner, name, depth + 1);
    else if (text.includes('=')) walk(Object.fromEntries(new URLSearchParams(text)), `${name} custom`, depth + 1);
  };
  walk(parsed(raw.toString('utf8')) ?? raw.toString('utf8').slice(0, longestText), '', 0);
  return found;
}

/** What a text means as JSON; undefined where it is none, or a number or word by itself. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
