import type { PspAdapter } from '../adapter';
import { readEvent, typeOf } from './facts';
import { manifest } from './manifest';
import { verifyFunnelfoxWebhook } from './signature';

/**
 * FunnelFox Billing. What to switch on there and what is decided here, also why there is no `api`: docs/providers/funnelfox.md.
 */
export const funnelfox: PspAdapter = {
  manifest,
  verify: (raw, headers, secrets) => verifyFunnelfoxWebhook(raw, headers, secrets),
  typeOf,
  isTestMode: (body) => {
    const livemode = typeof body === 'object' && body !== null && 'is_livemode' in body ? body.is_livemode : undefined;
    return typeof livemode === 'boolean' ? !livemode : null;
  },
  read: readEvent,
};
