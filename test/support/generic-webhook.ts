/** A generic webhook as a request, signed at this moment, for tests that call a process by its address. */
import { signGeneric } from '../../sandbox/generic/webhooks';
import { genericSecret } from './relay';

export interface GenericWebhook {
  readonly method: 'POST';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `id` is that of the message: the same in each attempt. */
export function genericWebhook(event: object, id: string): GenericWebhook {
  const body = JSON.stringify(event);
  const signature = signGeneric(body, genericSecret, id, Math.floor(Date.now() / 1000));
  return { method: 'POST', body, headers: { ...signature, 'content-type': 'application/json' } };
}

/** One attempt. */
export function sendGeneric(url: string, event: object, id: string): Promise<Response> {
  return fetch(`${url}/webhooks/generic`, genericWebhook(event, id));
}
