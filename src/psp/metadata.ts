/** The keys that a merchant sets in a provider's metadata for the relay. The same for every provider; docs/providers lists them. */
import { purchaseTypes } from '../domain/fact';
import type { PurchaseType } from '../domain/fact';
import type { Consent, IdentityHints } from '../domain/identity';
import { compact } from '../domain/compact';

export interface MetadataReading {
  readonly hints: IdentityHints;
  readonly purchaseType?: PurchaseType;
}

/**
 * Reads our keys from one or more places, strongest first: of each key the first usable value counts. In every place
 * `tt_<key>` comes before `<key>`. Junk is left out, the rest is kept. Never an authorisation: a buyer may have written it.
 */
export function readMetadata(...places: readonly unknown[]): MetadataReading {
  const records = places.map(recordOf);
  const text = (key: string): string | undefined => metadataText(records, key);
  return compact<MetadataReading>({
    hints: compact<IdentityHints>({
      userId: text('user_id'),
      checkoutId: text('checkout_id'),
      ttclid: text('ttclid'),
      ttp: text('ttp'),
      ip: text('ip'),
      userAgent: text('user_agent'),
      pageUrl: text('page_url'),
      email: text('email'),
      phone: text('phone'),
      consent: firstOf(records, 'consent', consentOf),
    }),
    purchaseType: firstOf(records, 'purchase_type', purchaseTypeOf),
  });
}

/** The first usable text of a key, for keys that only one provider knows. */
export function metadataText(places: readonly unknown[], key: string): string | undefined {
  return firstOf(places.map(recordOf), key, textOf);
}

/** Hints of the merchant's metadata, gaps filled by what the provider itself knows of its customer. */
export function withCustomer(hints: IdentityHints, customer: { readonly [K in keyof IdentityHints]: unknown }): IdentityHints {
  const known = Object.entries(customer).flatMap(([key, value]) => {
    const text = textOf(value);
    return text === undefined ? [] : [[key, text] as const];
  });
  return { ...Object.fromEntries(known), ...hints };
}

/** `purchase_type` as a merchant may write it: `Free Trial` and `FREE-TRIAL` are `free_trial`. */
export function purchaseTypeOf(value: unknown): PurchaseType | undefined {
  const name = wordOf(value)?.replace(/[\s-]+/g, '_');
  return purchaseTypes.find((type) => type === name);
}

const consents: readonly Consent[] = ['granted', 'denied', 'unknown'];

function consentOf(value: unknown): Consent | undefined {
  const name = wordOf(value);
  return consents.find((consent) => consent === name);
}

function wordOf(value: unknown): string | undefined {
  return textOf(value)?.toLowerCase();
}

/** Texts that a script writes for a missing value. As an id they would make one user of all buyers. */
const nothingSaid: ReadonlySet<string> = new Set(['undefined', 'null', 'nan', '[object object]']);

/** A value as text: providers keep strings, but numbers and strings in JSON's quotes come in too. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return undefined;
  const text = unquoted(value).trim();
  return text === '' || nothingSaid.has(text.toLowerCase()) ? undefined : text;
}

function unquoted(text: string): string {
  if (!/^\s*".*"\s*$/s.test(text)) return text;
  const parsed = parseJson(text);
  return typeof parsed === 'string' ? parsed : text;
}

function firstOf<T>(records: readonly Fields[], key: string, read: (value: unknown) => T | undefined): T | undefined {
  for (const record of records) {
    for (const name of [`tt_${key}`, key]) {
      const value = Object.hasOwn(record, name) ? read(record[name]) : undefined;
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Metadata as an object; some merchants store it as JSON in one string. */
function recordOf(place: unknown): Fields {
  const value = typeof place === 'string' ? parseJson(place) : place;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
