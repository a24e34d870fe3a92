import type { PspAdapter } from '../adapter';
import { field } from '../fields';
import { paddleApi } from './api';
import { readEvent } from './facts';
import { manifest } from './manifest';
import { verifyPaddleSignature } from './signature';

/** Paddle Billing (not Classic). What to switch on there and what is decided here: docs/providers/paddle.md. */
export const paddle: PspAdapter = {
  manifest,
  verify: verifyPaddleSignature,
  typeOf: (body) => {
    const type = field(body, 'event_type');
    return typeof type === 'string' && type !== '' ? type : 'unknown';
  },
  // Sandbox and live are separate accounts with secrets of their own, and no event says which it is; only simulations do.
  // https://developer.paddle.com/webhooks/simulator/test-webhooks
  isTestMode: (body) => (isSimulated(field(body, 'event_id')) || isSimulated(field(body, 'notification_id')) ? true : null),
  read: readEvent,
  api: paddleApi,
};

function isSimulated(id: unknown): boolean {
  return typeof id === 'string' && id.startsWith('ntfsim');
}
