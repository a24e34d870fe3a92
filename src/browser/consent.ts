/** The visitor's consent, and the policy that the settings give for it (product.md, section 7). */
import type { ConsentPolicy } from './config';
import type { Consent } from './pixel';
import { config } from './script';

/** Undefined (which counts as `unknown`) until the page or the storage states it. */
export let consent: Consent | undefined;

/** Takes a valid value from the page or the storage; ignores any other. */
export function setConsent(stated: unknown): void {
  if (/^(granted|denied|unknown)$/.test(stated as string)) consent = stated as Consent;
}

export const policy = (): ConsentPolicy => (consent === 'granted' ? 'send' : config.consent[consent ?? 'unknown']);

/** True if state may be stored and events may be sent to TikTok. */
export const maySend = (): boolean => policy() !== 'do_not_send';

/** True if TikTok and our service may get the visitor's identity. */
export const mayIdentify = (): boolean => maySend() && policy() !== 'without_identity';
