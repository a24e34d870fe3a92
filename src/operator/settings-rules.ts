/** The rules of single settings, as zod schemas with plain messages. What a setting is for is said in settings-fields.ts. */
import { z } from 'zod';
import { priceRoles } from '../domain/fact';
import { isCurrency, minorFromDecimal } from '../domain/money';
import { consentPolicies } from '../domain/settings';
import { isTikTokCurrency } from '../tiktok';
import { isJsonObject } from './merge-patch';

/** The message for what is missing or was removed; it goes before any other. */
export const required = 'is required: it cannot be removed or left out';

export function oneOf(values: readonly unknown[]): string {
  return `must be one of ${values.map(String).join(', ')}`;
}

/** A number for a custom message; a message that something is missing goes before. */
const said = (message: string) => ({ error: (issue: { input?: unknown }) => (issue.input === undefined ? required : message) });

export const pixelCode = z
  .string()
  // 20 capital letters and digits today; TikTok documents no form.
  .regex(/^[A-Za-z0-9]{6,64}$/, 'must be a pixel code: 6 to 64 letters and digits, as the Events Manager shows it')
  .nullable();

export const accessToken = z
  .string('must be a string, or null to remove it')
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must not be empty, and without spaces and control characters')
  .max(1_000, 'must have at most 1000 characters');

export const testEventCode = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a test event code: letters and digits')
  .nullable();

const hours = said('must be a whole number of hours from 1 to 8760 (a year)');
export const wholeHours = z.int(hours).min(1, hours).max(8_760, hours);

const share = said('must be a number from 0 to 100, with one decimal at most');
export const tolerancePercent = z
  .number(share)
  .min(0, share)
  .max(100, share)
  .refine((value) => Number.isInteger(Math.round(value * 1e6) / 1e5), share);

export const consent = z.strictObject({ denied: z.enum(consentPolicies), unknown: z.enum(consentPolicies) });

// No control characters and no half of a surrogate pair: they can't be stored, and no provider's id has one.
const priceId = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u, 'must be a price or plan id of 1 to 255 characters');

export const prices = z.record(priceId, z.enum(priceRoles));

// Names reach TikTok as they are.
const shownText = z
  .string()
  .regex(/^(?!\s)[^\p{Cc}\p{Cs}]{1,200}(?<!\s)$/u, 'must be 1 to 200 characters, without spaces around them');

const lifetimeValue = said('must be a decimal string such as "89.00", up to 9999999.99');

/** What TikTok is told that a provider's price, plan or product is. */
export const products = z.record(
  priceId,
  z.strictObject({
    id: shownText.exactOptional(),
    name: shownText.exactOptional(),
    category: shownText.exactOptional(),
    predictedLtv: z
      .string(lifetimeValue)
      .regex(/^\d{1,7}(\.\d{1,2})?$/, lifetimeValue)
      .exactOptional(),
  }),
);

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

/** The ways to compute an event's value, in the order in which they are offered. */
export const valueModes = ['charged', 'net', 'percent', 'fixed', 'zero', 'omit'] as const;

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
  {
    error: (issue) => (issue.code === 'invalid_union' ? oneOf(valueModes) : 'must be an object such as {"mode": "charged"}'),
  },
);

const holdHours = said('must be a whole number of hours from 1 to 72');

const cell = z.strictObject({
  send: z.boolean(),
  eventName: z
    .string()
    .regex(/^(?! )[A-Za-z0-9_ ]{1,50}(?<! )$/, 'must be an event name: up to 50 letters, digits, underscores and inner spaces')
    .exactOptional(),
  value: valueMode.exactOptional(),
});

/** A trial start may be held until it is seen whether the trial lasts. */
const trialStartCell = cell.extend({
  hold: z.strictObject({ hours: z.int(holdHours).min(1, holdHours).max(72, holdHours) }).exactOptional(),
});

export const policy = z.strictObject({
  subscription: z.strictObject({ conversion: cell, renewal: cell }),
  free_trial: z.strictObject({ trial_start: trialStartCell, conversion: cell, renewal: cell }),
  paid_trial: z.strictObject({ trial_start: trialStartCell, conversion: cell, renewal: cell }),
  lifetime: z.strictObject({ conversion: cell }),
});
