/** Which value each key of a buyer's data takes: the same for `/collect`, for metadata, and for what a provider says of its customer. */
import { emailAddress, phoneText } from './contact';
import type { Consent, IdentityHints } from './identity';
import { ipAddress } from './ip-address';
import { identifier, plainText } from './text';

/** The longest value of each key, in UTF-16 units. */
export const maxLengths = {
  userId: 256,
  reference: 256,
  customerId: 256,
  checkoutId: 200,
  email: 320,
  phone: 64,
  ttclid: 1_000,
  ttp: 200,
  userAgent: 1_024,
  pageUrl: 4_096,
  referrer: 4_096,
  locale: 64,
} as const satisfies Partial<Record<keyof IdentityHints, number>>;

/** The usable value of a key; undefined where there is none, so that another source may fill the gap. */
export function usableHint<K extends keyof Hints>(key: K, raw: unknown): Hints[K] | undefined {
  return readers[key](raw);
}

type Hints = Required<IdentityHints>;

const readers: { readonly [K in keyof Hints]: (raw: unknown) => Hints[K] | undefined } = {
  userId: (raw) => identifier(raw, maxLengths.userId),
  reference: (raw) => identifier(raw, maxLengths.reference),
  customerId: (raw) => identifier(raw, maxLengths.customerId),
  checkoutId: (raw) => identifier(raw, maxLengths.checkoutId),
  email: (raw) => emailAddress(plainText(raw, maxLengths.email)),
  phone: (raw) => phoneText(identifier(raw, maxLengths.phone)),
  ttclid: (raw) => identifier(raw, maxLengths.ttclid),
  ttp: (raw) => identifier(raw, maxLengths.ttp),
  ip: ipAddress,
  userAgent: (raw) => identifier(raw, maxLengths.userAgent),
  pageUrl: (raw) => statedText(raw, maxLengths.pageUrl),
  referrer: (raw) => statedText(raw, maxLengths.referrer),
  locale: (raw) => statedText(raw, maxLengths.locale),
  consent: (raw) => consents.find((consent) => consent === plainText(raw, 16)?.toLowerCase()),
};

const consents: readonly Consent[] = ['granted', 'denied', 'unknown'];

function statedText(raw: unknown, maxLength: number): string | undefined {
  const text = plainText(raw, maxLength);
  return text === 'null' || text === 'undefined' ? undefined : text;
}
