/** The schema of a settings document. It requires every member and allows no other; each error has its path and a plain message. */
import { z } from 'zod';
import { priceRoles } from '../domain/fact';
import { isCurrency, minorFromDecimal } from '../domain/money';
import type { Settings } from '../domain/settings';
import { consentPolicies } from '../domain/settings';
import type { FieldError } from '../http/problem';
import { isTikTokCurrency } from '../tiktok';
import { isJsonObject } from './merge-patch';

/** The settings without what has rules of its own: the version is ours, and the token is never shown. */
export type SettingsBody = Omit<Settings, 'version' | 'accessToken'>;

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Checks a whole document, and names everything that is wrong with it. */
export function checkBody(document: unknown, { liveMode }: { readonly liveMode: boolean }): Checked<SettingsBody> {
  const checked = bodySchema(liveMode).safeParse(document, { error: plainMessage });
  const errors = [...(checked.success ? [] : checked.error.issues.flatMap(fieldErrors)), ...priceNamedProto(document)];
  return checked.success && errors.length === 0 ? { ok: true, value: checked.data } : { ok: false, errors };
}

/** Checks an access token as it is written. */
export function checkAccessToken(token: unknown): Checked<string> {
  const checked = accessToken.safeParse(token);
  if (checked.success) return { ok: true, value: checked.data };
  return { ok: false, errors: checked.error.issues.map(({ message }) => ({ path: 'accessToken', message })) };
}

function bodySchema(liveMode: boolean) {
  return z.strictObject({
    pixelCode: z
      .string()
      // 20 capital letters and digits today; TikTok documents no form.
      .regex(/^[A-Za-z0-9]{6,64}$/, 'must be a pixel code: 6 to 64 letters and digits, as the Events Manager shows it')
      .nullable(),
    testEventCode: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a test event code: letters and digits')
      .refine(() => !liveMode, 'must be null in production mode (LIVE_MODE): purchases would go to the test view only')
      .nullable(),
    eventName: z.enum(['CompletePayment', 'Purchase']),
    limitPurchaseEvents: z.boolean(),
    limitFreeTrials: z.enum(['always', 'first_order']),
    policy,
    sendZeroValue: z.boolean(),
    maxEventAgeHours: wholeHours,
    consent: z.strictObject({ denied: z.enum(consentPolicies), unknown: z.enum(consentPolicies) }),
    prices: z.record(priceId, z.enum(priceRoles)),
    paused: z.boolean(),
  });
}

const accessToken = z
  .string('must be a string, or null to remove it')
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must not be empty, and without spaces and control characters')
  .max(1_000, 'must have at most 1000 characters');

/** A number for a custom message; a message that something is missing goes before. */
const said = (message: string) => ({ error: (issue: { input?: unknown }) => (issue.input === undefined ? required : message) });

const hours = said('must be a whole number of hours from 1 to 8760 (a year)');
const wholeHours = z.int(hours).min(1, hours).max(8_760, hours);

// No control characters and no half of a surrogate pair: they can't be stored, and no provider's id has one.
const priceId = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u, 'must be a price or plan id of 1 to 255 characters');

const decimal = said('must be a decimal string such as "9.99", not negative');

const currency = z.string().superRefine((code, context) => {
  if (!isCurrency(code)) context.addIssue('must be an ISO 4217 currency code such as USD');
  else if (!isTikTokCurrency(code)) context.addIssue(`${code} is not a currency that TikTok lists`);
});

const fixed = z
  .strictObject({ mode: z.literal('fixed'), amount: z.string(decimal).regex(/^\d+(\.\d+)?$/, decimal), currency })
  .refine(({ amount, currency }) => minorFromDecimal(amount, currency) !== null, {
    path: ['amount'],
    message: 'must have no more decimals than its currency, and be smaller than 2^53 of its smallest unit',
    // A malformed amount or currency was reported already.
    when: ({ value }) =>
      isJsonObject(value) &&
      typeof value['amount'] === 'string' &&
      /^\d+(\.\d+)?$/.test(value['amount']) &&
      typeof value['currency'] === 'string' &&
      isCurrency(value['currency']),
  });

const percent = said('must be a number above 0, up to 1000');
const modes = ['charged', 'net', 'percent', 'fixed', 'zero', 'omit'] as const;

const valueMode = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({ mode: z.literal('charged') }),
    z.strictObject({ mode: z.literal('net') }),
    z.strictObject({ mode: z.literal('percent'), percent: z.number(percent).gt(0, percent).max(1_000, percent) }),
    fixed,
    z.strictObject({ mode: z.literal('zero') }),
    z.strictObject({ mode: z.literal('omit') }),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? oneOf(modes) : 'must be an object such as {"mode": "charged"}') },
);

const cell = z.strictObject({
  send: z.boolean(),
  eventName: z
    .string()
    .regex(/^(?! )[A-Za-z0-9_ ]{1,50}(?<! )$/, 'must be an event name: up to 50 letters, digits, underscores and inner spaces')
    .exactOptional(),
  value: valueMode.exactOptional(),
});

const policy = z.strictObject({
  subscription: z.strictObject({ conversion: cell, renewal: cell }),
  free_trial: z.strictObject({ trial_start: cell, conversion: cell, renewal: cell }),
  paid_trial: z.strictObject({ trial_start: cell, conversion: cell, renewal: cell }),
  lifetime: z.strictObject({ conversion: cell }),
});

const required = 'is required: it cannot be removed or left out';

/** For errors that have no message of their own. */
const plainMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return required;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    default:
      return 'is not valid';
  }
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
};

function oneOf(values: readonly unknown[]): string {
  return `must be one of ${values.map(String).join(', ')}`;
}

function fieldErrors(issue: z.core.$ZodIssue): readonly FieldError[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: unknownMember(issue.path) }));
    case 'invalid_key':
      return [{ path: dotted(issue.path), message: issue.issues[0]?.message ?? issue.message }];
    default:
      return [{ path: dotted(issue.path), message: issue.message }];
  }
}

function unknownMember(parent: readonly PropertyKey[]): string {
  if (parent[0] !== 'policy' || parent.length > 2) return 'is not a known setting';
  return parent.length === 1 ? 'is not a purchase type of the policy table' : 'is not a cell of the policy table';
}

/** zod leaves this one name out of a map without a word. */
function priceNamedProto(document: unknown): readonly FieldError[] {
  const prices = isJsonObject(document) ? document['prices'] : undefined;
  if (!isJsonObject(prices) || !Object.hasOwn(prices, '__proto__')) return [];
  return [{ path: 'prices.__proto__', message: 'is not a price or plan id' }];
}

/** Shortens an unknown name, which may have any length. */
function dotted(path: readonly PropertyKey[]): string {
  return path.map((part) => (String(part).length > 255 ? `${String(part).slice(0, 255)}…` : String(part))).join('.');
}
