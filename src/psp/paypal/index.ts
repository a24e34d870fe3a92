import type { PspAdapter } from '../adapter';
import { field } from '../fields';
import { paypalApi } from './api';
import { createPaypalCertificates } from './certificates';
import { readEvent } from './facts';
import { createOnlineChecks } from './online-check';
import { manifest } from './manifest';
import { createPaypalTokens } from './oauth';
import { verifyPaypalSignature } from './signature';

export interface PaypalOptions {
  /** PEM certificates to trust instead of Node's own roots. */
  readonly trustedRoots?: readonly string[];
}

/** PayPal. What to switch on there and what is decided here: docs/providers/paypal.md. */
export function createPaypal({ trustedRoots }: PaypalOptions = {}): PspAdapter {
  // Checks of an account and checks of its webhooks share the account's token.
  const tokens = createPaypalTokens();
  const check = { certificates: createPaypalCertificates(trustedRoots), online: createOnlineChecks(tokens) };
  return {
    manifest,
    verify: (raw, headers, webhookIds, { nowMs, fetch = globalThis.fetch }) =>
      verifyPaypalSignature({ raw, headers }, webhookIds, { ...check, nowMs, fetch }),
    typeOf: (body) => {
      const type = field(body, 'event_type');
      return typeof type === 'string' && type !== '' ? type : 'unknown';
    },
    isTestMode,
    read: readEvent,
    api: (options) => paypalApi(options, tokens),
  };
}

export const paypal: PspAdapter = createPaypal();

/** Events have no such field, but their links lead to the sandbox or to the live API. */
function isTestMode(body: unknown): boolean | null {
  const links = [field(body, 'links'), field(field(body, 'resource'), 'links')].flatMap((list) =>
    Array.isArray(list) ? (list as readonly unknown[]) : [],
  );
  const hosts = links.flatMap((link) => {
    const href = field(link, 'href');
    return typeof href === 'string' && URL.canParse(href) ? [new URL(href).hostname] : [];
  });
  if (hosts.some((host) => host.endsWith('.sandbox.paypal.com'))) return true;
  return hosts.some((host) => host.endsWith('.paypal.com')) ? false : null;
}
