import { visibleText } from '../../domain/text';
import type { MetadataReading } from '../metadata';
import { isMetadataKey, readMetadata, unquoted } from '../metadata';

/**
 * PayPal keeps one text of 127 characters for the merchant: a checkout id, our keys as `key=value&…`, or our keys as a JSON object.
 * https://developer.paypal.com/docs/api/subscriptions/v1/#subscriptions_create
 */
export function readCustomId(...texts: readonly (string | null | undefined)[]): MetadataReading {
  const raw = texts.map((text) => visibleText(text ?? ''));
  return { ...readMetadata(...raw.map(placeOf)), metadata: readMetadata(...raw.map(fieldsOf)).metadata };
}

/** What is written as keys with values, whoever knows the keys. */
function fieldsOf(raw: string): unknown {
  const text = unquoted(raw).trim();
  const plain = /^[{?]|&/.test(text) || text.includes('=') ? text : decoded(text);
  return plain.startsWith('{') ? plain : Object.fromEntries(pairsIn(plain).filter(([key, value]) => key !== '' && value !== ''));
}

function placeOf(raw: string): unknown {
  const text = unquoted(raw).trim();
  // JSON that is broken, or cut at 127 characters, is no checkout id either.
  if (text === '' || text.startsWith('{')) return text;
  if (decoded(text).startsWith('{')) return decoded(text);
  const record = recordOf(text) ?? (text.includes('=') ? null : recordOf(decoded(text)));
  if (record) return record;
  return isSomethingElse(text) ? undefined : { checkout_id: text };
}

/** `key=value&…` with at least one of our keys; null for anything else. */
function recordOf(text: string): Readonly<Record<string, string>> | null {
  const pairs = pairsIn(text);
  return pairs.some(([key]) => isMetadataKey(key)) ? Object.fromEntries(pairs) : null;
}

function pairsIn(text: string): readonly (readonly [string, string])[] {
  return text
    .replace(/^\?/, '')
    .split(/&(?:amp;)?/)
    .map(pairOf);
}

/** The first `=` ends the key; those after it, and every `+`, are of the value: ids in base64 have them. */
function pairOf(text: string): readonly [string, string] {
  const [, key = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  return [visibleText(decoded(key)), decoded(value)];
}

/** Without percent-encoding; as it is where a `%` encodes nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Several `key=value`, none of them ours: data of the merchant's own. A text with `=` alone may be an id (`abc==`). */
function isSomethingElse(text: string): boolean {
  const parts = text.split('&');
  return parts.length > 1 && parts.every((part) => /^[^=]+=./s.test(part));
}
