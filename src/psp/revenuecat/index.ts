import type { PspAdapter } from '../adapter';
import { field } from '../fields';
import { readEvent } from './facts';
import { manifest } from './manifest';
import { verifyRevenuecat } from './signature';

/** RevenueCat. What to switch on there and what is decided here: docs/providers/revenuecat.md. It has no list of what changed: no `api`. */
export const revenuecat: PspAdapter = {
  manifest,
  verify: (_raw, headers, secrets) => verifyRevenuecat(headers, secrets),
  typeOf: (body) => {
    const type = field(field(body, 'event'), 'type');
    return typeof type === 'string' && type !== '' ? type : 'unknown';
  },
  isTestMode: (body) => {
    const environment = field(field(body, 'event'), 'environment');
    return environment === 'SANDBOX' ? true : environment === 'PRODUCTION' ? false : null;
  },
  read: readEvent,
};
