/** What the visitor allows, and what the settings make of it (product.md, section 7). */
import type { ConsentPolicy } from './config';
import type { Consent } from './pixel';
import { config } from './script';

/** Undefined, and so unknown, until the page or the storage states it. */
export let consent: Consent | undefined;

/** As the page says it, or storage: anything else is ignored. */
export function setConsent(stated: unknown): void {
  if (/^(granted|denied|unknown)$/.test(stated as string)) consent = stated as Consent;
}

export const policy = (): ConsentPolicy => (consent === 'granted' ? 'send' : config.consent[consent ?? 'unknown']);

/** Whether anything may be stored, or said to TikTok. */
export const maySend = (): boolean => policy() !== 'do_not_send';

/** Whether TikTok and our service may learn who it is. */
export const mayIdentify = (): boolean => maySend() && policy() !== 'without_identity';
