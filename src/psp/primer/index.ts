import type { PspAdapter } from '../adapter';
import { primerApi } from './api';
import { readEvent } from './facts';
import { manifest } from './manifest';
import { verifyPrimerSignature } from './signature';

/** Primer. What to switch on there, the metadata that it needs, and what is decided here: docs/providers/primer.md. */
export const primer: PspAdapter = {
  manifest,
  verify: verifyPrimerSignature,
  typeOf: (body) => {
    const type = typeof body === 'object' && body !== null && 'eventType' in body ? body.eventType : undefined;
    return typeof type === 'string' && type !== '' ? type : 'unknown';
  },
  // Its sandbox is another account with other secrets; events do not say which they are of.
  isTestMode: () => null,
  read: readEvent,
  api: primerApi,
};
