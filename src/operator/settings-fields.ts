/**
 * Every setting as data: its name, words, kind, default, example and rule. The console's form, the errors of a 422, the OpenAPI document
 * and docs/settings.md are made from it, so that none of them can say what the others do not.
 */
import { z } from 'zod';
import { defaultSettings } from '../domain/settings';
import {
  accessToken,
  consent,
  pixelCode,
  policy,
  prices,
  products,
  testEventCode,
  tolerancePercent,
  wholeHours,
} from './settings-rules';

/** How a setting is entered. */
export type FieldKind =
  'text' | 'secret' | 'choice' | 'switch' | 'hours' | 'percent' | 'consent' | 'policy' | 'prices' | 'products';

/** One value of several, with words for it. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface SettingField<Rule extends z.ZodType = z.ZodType> {
  readonly label: string;
  /** Plain text for whoever sets it, for the first time. */
  readonly help: string;
  readonly kind: FieldKind;
  readonly initial: unknown;
  readonly example: unknown;
  readonly rule: Rule;
  readonly choices?: readonly Choice[];
  /** Why it may not be set in production (LIVE_MODE); absent where it may. */
  readonly notInProduction?: string;
}

const { accessToken: _never, version: _counted, ...initial } = defaultSettings;

/** What to do with a purchase, by what its buyer has said about tracking. */
export const consentChoices: readonly Choice[] = [
  { value: 'send', label: 'Send as usual' },
  { value: 'limited_data_use', label: 'Send with limited data use' },
  { value: 'without_identity', label: 'Send without anything about the person' },
  { value: 'do_not_send', label: 'Do not send' },
];

/** What a price is for, where the provider does not say it. */
export const priceRoleChoices: readonly Choice[] = [
  { value: 'trial', label: 'Paid trial' },
  { value: 'regular', label: 'Regular price' },
  { value: 'lifetime', label: 'One-off (lifetime)' },
  { value: 'ignore', label: 'Add-on: ignore it' },
];

const field = <Rule extends z.ZodType>(described: SettingField<Rule>): SettingField<Rule> => described;

/** The settings in the order of interface.md, which is that of a settings document and of the form. */
export const settingsFields = {
  pixelCode: field({
    label: 'Pixel code',
    help: 'The code of your pixel in TikTok’s Events Manager. While it is empty, purchases go to the built-in sandbox and not to TikTok.',
    kind: 'text',
    initial: initial.pixelCode,
    example: 'C4A1B2C3D4E5F6G7H8I9',
    rule: pixelCode,
  }),
  accessToken: field({
    label: 'Access token',
    help: 'Made in the Events Manager under your pixel’s settings, Events API. It is kept encrypted and never shown again.',
    kind: 'secret',
    initial: null,
    example: 'a1b2c3d4e5f6',
    rule: accessToken,
  }),
  testEventCode: field({
    label: 'Test event code',
    help: 'While it is set, every purchase goes to the Events Manager’s test view only, and no campaign learns from it. Empty it when you have seen the test events.',
    kind: 'text',
    initial: initial.testEventCode,
    example: 'TEST12345',
    rule: testEventCode,
    notInProduction: 'must be null in production mode (LIVE_MODE): purchases would go to the test view only',
  }),
  eventName: field({
    label: 'Event name',
    help: 'The name under which purchases go out, from server and browser alike. TikTok shows both names as Purchase and converts the old one.',
    kind: 'choice',
    initial: initial.eventName,
    example: 'Purchase',
    rule: z.enum(['CompletePayment', 'Purchase']),
    choices: [
      { value: 'CompletePayment', label: 'CompletePayment (shown as Purchase)' },
      { value: 'Purchase', label: 'Purchase' },
    ],
  }),
  limitPurchaseEvents: field({
    label: 'Limit Purchase Events',
    help: 'Sends a buyer’s first purchase only: no renewals, and after a paid trial’s start no conversion. A free trial keeps its start and its conversion.',
    kind: 'switch',
    initial: initial.limitPurchaseEvents,
    example: true,
    rule: z.boolean(),
  }),
  limitFreeTrials: field({
    label: 'Free trials while limited',
    help: 'Whether every free trial of a buyer counts, or only the one of the buyer’s first order. It matters only while Limit Purchase Events is on.',
    kind: 'choice',
    initial: initial.limitFreeTrials,
    example: 'first_order',
    rule: z.enum(['always', 'first_order']),
    choices: [
      { value: 'always', label: 'Every free trial' },
      { value: 'first_order', label: 'Only that of the buyer’s first order' },
    ],
  }),
  policy: field({
    label: 'Policy',
    help: 'For each kind of product and each phase: whether it is sent, under which event name, and with which value.',
    kind: 'policy',
    initial: initial.policy,
    example: { subscription: { renewal: { send: true, eventName: 'RecurringSubscriptionPayment', value: { mode: 'net' } } } },
    rule: policy,
  }),
  sendZeroValue: field({
    label: 'Send purchases of nothing',
    help: 'Sends conversions and renewals that cost nothing, for example with a discount of 100 %. The start of a free trial is sent anyway.',
    kind: 'switch',
    initial: initial.sendZeroValue,
    example: true,
    rule: z.boolean(),
  }),
  maxEventAgeHours: field({
    label: 'Oldest purchase to send',
    help: 'In hours since it was paid. What reaches this service later, for example by a backfill, is recorded as too old and not sent. 168 hours are a week.',
    kind: 'hours',
    initial: initial.maxEventAgeHours,
    example: 72,
    rule: wholeHours,
  }),
  attributedOnly: field({
    label: 'Only buyers from TikTok',
    help: 'Keeps back the purchases of buyers for whom no click id (ttclid) is known: they never came from an ad, or nothing passed it on. The share of purchases with one is on Match quality.',
    kind: 'switch',
    initial: initial.attributedOnly,
    example: true,
    rule: z.boolean(),
  }),
  requireUserToken: field({
    label: 'Require user tokens',
    help: 'A page’s user id or e-mail then counts only with a token that your server has signed (docs/pixel.md); a checkout id that the payment names still does. Set USER_TOKEN_SECRETS and pass tokens first.',
    kind: 'switch',
    initial: initial.requireUserToken,
    example: true,
    rule: z.boolean(),
  }),
  products: field({
    label: 'Products',
    help: 'Says what TikTok is told of a provider’s price, plan or product: the id that your catalogue has, a name, a category, and what its buyer is expected to pay in all (predicted_ltv). Without it, TikTok is told what the provider says.',
    kind: 'products',
    initial: initial.products,
    example: { price_1Premium: { id: 'premium', name: 'Premium, monthly', category: 'Subscriptions', predictedLtv: '89.00' } },
    rule: products,
  }),
  consent: field({
    label: 'Consent',
    help: 'What happens to the purchase of a buyer who has refused tracking, and of one who has not said.',
    kind: 'consent',
    initial: initial.consent,
    example: { denied: 'do_not_send', unknown: 'limited_data_use' },
    rule: consent,
    choices: consentChoices,
  }),
  prices: field({
    label: 'Prices and plans',
    help: 'Says what a provider’s price or plan is for, where the provider does not: a paid trial’s price, the regular one, a one-off, or an add-on to be ignored. It holds for payments from then on.',
    kind: 'prices',
    initial: initial.prices,
    example: { price_1TrialWeek: 'trial' },
    rule: prices,
    choices: priceRoleChoices,
  }),
  countTolerancePercent: field({
    label: 'Tolerance of TikTok’s count',
    help: 'In per cent of what was sent. If TikTok’s own count of a finished day differs by more, and by three events or more, an alert opens.',
    kind: 'percent',
    initial: initial.countTolerancePercent,
    example: 5,
    rule: tolerancePercent,
  }),
  paused: field({
    label: 'Pause sending',
    help: 'Holds every purchase back. Nothing is lost: what waits is sent when you resume.',
    kind: 'switch',
    initial: initial.paused,
    example: true,
    rule: z.boolean(),
  }),
} as const;

export type SettingKey = keyof typeof settingsFields;

/** All settings by name, in order, as fields of any rule. */
export const settingEntries = Object.entries(settingsFields) as readonly (readonly [SettingKey, SettingField])[];

export function settingField(key: SettingKey): SettingField {
  return settingsFields[key];
}
