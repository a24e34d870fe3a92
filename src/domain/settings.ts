/** An integration's settings. They are read once when a fact is accepted, and travel with it. */
import type { Products } from './contents';
import type { Consent } from './identity';
import type { Policy } from './policy';
import { presets } from './policy';
import type { PriceRole } from './fact';

export const consentPolicies = ['send', 'limited_data_use', 'without_identity', 'do_not_send'] as const;
/** How to treat the purchase of a buyer whose consent is `denied` or `unknown`. */
export type ConsentPolicy = (typeof consentPolicies)[number];

export interface Settings {
  /** Grows by one with every change. */
  readonly version: number;
  readonly pixelCode: string | null;
  /** In clear text, so in memory only: encrypted at rest, never returned by the API (`{ present }`), never in a workflow. */
  readonly accessToken: string | null;
  readonly testEventCode: string | null;
  readonly eventName: 'CompletePayment' | 'Purchase';
  readonly limitPurchaseEvents: boolean;
  readonly limitFreeTrials: 'always' | 'first_order';
  readonly policy: Policy;
  readonly sendZeroValue: boolean;
  readonly maxEventAgeHours: number;
  /** Keeps back the purchases of buyers who never came from TikTok: nothing gave a click id. */
  readonly attributedOnly: boolean;
  /** True when a page's user id or e-mail counts for nothing without a user token of the merchant's server. */
  readonly requireUserToken: boolean;
  readonly consent: { readonly denied: ConsentPolicy; readonly unknown: ConsentPolicy };
  /** Roles by a provider's price or plan id. */
  readonly prices: Readonly<Record<string, PriceRole>>;
  /** By how many per cent TikTok's own count may differ from ours before it is told. */
  readonly countTolerancePercent: number;
  /** What TikTok is told that a provider's price, plan or product is. */
  readonly products: Products;
  readonly paused: boolean;
}

export const defaultSettings: Settings = {
  version: 1,
  pixelCode: null,
  accessToken: null,
  testEventCode: null,
  eventName: 'CompletePayment',
  limitPurchaseEvents: false,
  limitFreeTrials: 'always',
  policy: presets.default.policy,
  sendZeroValue: false,
  maxEventAgeHours: 168,
  attributedOnly: false,
  requireUserToken: false,
  products: {},
  consent: { denied: 'do_not_send', unknown: 'send' },
  prices: {},
  countTolerancePercent: 2,
  paused: false,
};

/** The part of the settings that travels with a fact, so that the workflow can decide without reading the store. */
export type DecidingSettings = Pick<
  Settings,
  'version' | 'eventName' | 'limitPurchaseEvents' | 'limitFreeTrials' | 'policy' | 'sendZeroValue' | 'maxEventAgeHours'
>;

/** Takes from the settings the part that travels with a fact: no credentials, no consent rules. */
export function decidingSettings(settings: DecidingSettings): DecidingSettings {
  const { version, eventName, limitPurchaseEvents, limitFreeTrials, policy, sendZeroValue, maxEventAgeHours } = settings;
  return { version, eventName, limitPurchaseEvents, limitFreeTrials, policy, sendZeroValue, maxEventAgeHours };
}

/** The credential that an operator has to set first, as a message; for settings with which no event can be sent. */
export function missingCredential({ pixelCode }: Pick<Settings, 'pixelCode'>): string {
  return pixelCode === null ? 'no pixel code is set' : 'no access token is set';
}

/** The settings' rule for a buyer's consent. A buyer without a statement counts as `unknown`. */
export function consentPolicy(settings: Pick<Settings, 'consent'>, consent: Consent | undefined): ConsentPolicy {
  return consent === 'granted' ? 'send' : settings.consent[consent ?? 'unknown'];
}
