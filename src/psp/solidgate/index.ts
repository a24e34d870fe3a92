import type { PspAdapter } from '../adapter';
import { createSolidgateApi } from './api';
import { readEvent, typeOf } from './facts';
import { manifest } from './manifest';
import { verifySolidgateSignature } from './signature';

/** Solidgate. What to switch on there and what is decided here: docs/providers/solidgate.md. */
export const solidgate: PspAdapter = {
  manifest,
  verify: (raw, headers, secrets) => verifySolidgateSignature(raw, headers, secrets),
  typeOf,
  // The body does not show the mode: the test environment has key pairs of its own.
  isTestMode: () => null,
  read: readEvent,
  api: createSolidgateApi,
};
