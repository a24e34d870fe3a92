import type { PspAdapter } from '../adapter';
import { field } from '../fields';
import { readEvent } from './facts';
import { manifest } from './manifest';
import { verifyLemonSqueezySignature } from './signature';

/**
 * Lemon Squeezy. What to switch on there and what is decided here: docs/providers/lemonsqueezy.md.
 * No `api`: webhooks only, so there are no renewal checks and no backfill.
 */
export const lemonsqueezy: PspAdapter = {
  manifest,
  verify: verifyLemonSqueezySignature,
  typeOf: (body) => {
    const name = field(field(body, 'meta'), 'event_name');
    return typeof name === 'string' && name !== '' ? name : 'unknown';
  },
  isTestMode: (body) => {
    const said = [field(field(body, 'meta'), 'test_mode'), field(field(field(body, 'data'), 'attributes'), 'test_mode')];
    return said.find((mode) => typeof mode === 'boolean') ?? null;
  },
  read: readEvent,
};
