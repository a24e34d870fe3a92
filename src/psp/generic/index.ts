import type { PspAdapter } from '../adapter';
import { readGeneric } from './facts';
import { manifest } from './manifest';
import { verifyStandardWebhook } from './signature';

/** Any provider without an adapter of its own, through the merchant's own code. How: docs/providers/generic.md. */
export const generic: PspAdapter = {
  manifest,
  verify: verifyStandardWebhook,
  typeOf: (body) => {
    const kind = typeof body === 'object' && body !== null && 'kind' in body ? body.kind : undefined;
    return typeof kind === 'string' && kind !== '' ? kind : 'unknown';
  },
  // The body has no such field: an event that is signed with the live secret is live.
  isTestMode: () => null,
  read: readGeneric,
};
