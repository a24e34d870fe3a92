/** The keys that a merchant sets in a provider's metadata for the relay. The same for every provider; docs/providers lists them. */
import { purchaseTypes } from '../domain/fact';
import type { PurchaseType } from '../domain/fact';
import { usableHint } from '../domain/hints';
import type { IdentityHints } from '../domain/identity';
import { compact } from '../domain/compact';
import type { Metadata } from '../domain/routing';
import { saysNothing, visibleText } from '../domain/text';

export interface MetadataReading {
  readonly hints: IdentityHints;
  readonly purchaseType?: PurchaseType;
  /** All keys, by the merchant's own names; undefined where there are none. */
  readonly metadata: Metadata | undefined;
}

/** The name of each hint in metadata. */
const keyOf = {
  userId: 'user_id',
  checkoutId: 'checkout_id',
  ttclid: 'ttclid',
  ttp: 'ttp',
  ip: 'ip',
  userAgent: 'user_agent',
  pageUrl: 'page_url',
  email: 'email',
  phone: 'phone',
  consent: 'consent',
} as const satisfies Partial<Record<keyof IdentityHints, string>>;

const purchaseTypeKey = 'purchase_type';

/** True for the name of one of our keys, `tt_user_id` and `User_ID` alike. */
export function isMetadataKey(name: string): boolean {
  const key = plainName(name).replace(/^tt_/, '');
  return key === purchaseTypeKey || Object.values<string>(keyOf).includes(key);
}

/**
 * Reads our keys from one or more places, strongest first: of each key the first usable value counts. In every place
 * `tt_<key>` comes before `<key>`. Junk is left out, the rest is kept. Never an authorisation: a buyer may have written it.
 */
export function readMetadata(...places: readonly unknown[]): MetadataReading {
  const records = places.map(recordOf);
  const hint = <K extends keyof typeof keyOf>(name: K): Required<IdentityHints>[K] | undefined =>
    firstOf(records, keyOf[name], (value) => usableHint(name, unquoted(value)));
  return {
    ...compact<Pick<MetadataReading, 'hints' | 'purchaseType'>>({
      hints: compact<IdentityHints>({
        userId: hint('userId'),
        checkoutId: hint('checkoutId'),
        ttclid: hint('ttclid'),
        ttp: hint('ttp'),
        ip: hint('ip'),
        userAgent: hint('userAgent'),
        pageUrl: hint('pageUrl'),
        email: hint('email'),
        phone: hint('phone'),
        consent: hint('consent'),
      }),
      purchaseType: firstOf(records, purchaseTypeKey, purchaseTypeOf),
    }),
    metadata: flatMetadata(places),
  };
}

/** Every text, number and truth value of these places under its own name; of each name the strongest place that says anything counts. */
function flatMetadata(places: readonly unknown[]): Metadata | undefined {
  const flat = new Map<string, string>();
  for (const place of places)
    for (const [name, value] of Object.entries(objectOf(place))) {
      const text = typeof value === 'boolean' ? String(value) : textOf(value);
      if (text !== undefined && !flat.has(name)) flat.set(name, text);
    }
  return flat.size === 0 ? undefined : Object.fromEntries(flat);
}

/** True when the merchant said who bought, or at which checkout: then no other event is needed to know whose a payment is. */
export function namesBuyer({ userId, checkoutId }: IdentityHints): boolean {
  return userId !== undefined || checkoutId !== undefined;
}

/**
 * The first stated text of a key, for keys that only one provider knows. It is taken as it is: one that can't be stored is not left
 * out here, since another order would be made of the payment; storable.ts refuses it.
 */
export function metadataText(places: readonly unknown[], key: string): string | undefined {
  return firstOf(places.map(recordOf), key, textOf);
}

/** Hints of the merchant's metadata, gaps filled by what the provider itself knows of its customer, as far as that is usable. */
export function withCustomer(hints: IdentityHints, customer: { readonly [K in keyof IdentityHints]: unknown }): IdentityHints {
  const known = (Object.keys(customer) as (keyof IdentityHints)[]).flatMap((name) => {
    const value = usableHint(name, customer[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), ...hints };
}

/** `purchase_type` as a merchant may write it: `Free Trial` and `FREE-TRIAL` are `free_trial`. */
export function purchaseTypeOf(value: unknown): PurchaseType | undefined {
  const name = textOf(value)
    ?.toLowerCase()
    .replace(/[\s-]+/g, '_');
  return purchaseTypes.find((type) => type === name);
}

/** A value as text: providers keep strings, but numbers and strings in JSON's quotes come in too. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return undefined;
  const text = visibleText(String(unquoted(value)));
  return text === '' || saysNothing(text) ? undefined : text;
}

/** The text of a JSON string, since some make JSON of what is one already; anything else as it is. */
export function unquoted<T>(value: T): T | string {
  if (typeof value !== 'string' || !/^".*"$/s.test(visibleText(value))) return value;
  const parsed = parseJson(value);
  return typeof parsed === 'string' ? parsed : value;
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

/** Metadata as an object, its keys in small letters; some merchants store it as JSON in one string. A key as it is documented comes first. */
function recordOf(place: unknown): Fields {
  const fields = Object.entries(objectOf(place));
  return Object.fromEntries([...fields.map(([name, of]) => [plainName(name), of] as const), ...fields]);
}

function objectOf(place: unknown): object {
  const value = typeof place === 'string' ? parseJson(place) : place;
  return typeof value !== 'object' || value === null || Array.isArray(value) ? {} : value;
}

function plainName(name: string): string {
  return name.trim().toLowerCase();
}

function parseJson(text: string): unknown {
  try {
    // A byte order mark is no JSON.
    return JSON.parse(visibleText(text));
  } catch {
    return undefined;
  }
}
