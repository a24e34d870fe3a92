import type { PspAdapter } from '../adapter';
import { field } from '../fields';
import { stripeApi } from './api';
import { readEvent } from './facts';
import { manifest } from './manifest';
import { verifyStripeSignature } from './signature';

/** Stripe. What to switch on there and what is decided here: docs/providers/stripe.md. */
export const stripe: PspAdapter = {
  manifest,
  verify: verifyStripeSignature,
  typeOf: (body) => {
    const type = field(body, 'type');
    return typeof type === 'string' && type !== '' ? type : 'unknown';
  },
  isTestMode: (body) => {
    const livemode = field(body, 'livemode');
    return typeof livemode === 'boolean' ? !livemode : null;
  },
  read: readEvent,
  api: stripeApi,
};
