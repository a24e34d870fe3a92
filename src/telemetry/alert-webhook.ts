/** Posts alerts to ALERT_WEBHOOK_URL. The address may be a secret (Slack's is), so no error repeats it. */
import type { AlertMessage } from '../application/alerts';
import { secondMs } from '../domain/duration';

/** The receiver did not take a message. */
export class AlertNotTaken extends Error {
  override readonly name = 'AlertNotTaken';
}

const answerWithinMs = 5 * secondMs;

/** A function that posts one message. @throws AlertNotTaken */
export function alertWebhook(url: string): (message: AlertMessage) => Promise<void> {
  return async (message) => {
    const answer = await post(url, message);
    await answer.body?.cancel();
    if (!answer.ok) throw new AlertNotTaken(`the receiver at ALERT_WEBHOOK_URL answered ${answer.status}`);
  };
}

async function post(url: string, message: AlertMessage): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': message.id },
      body: JSON.stringify(message),
      // Where it leads is not what the configuration names; and for most of them a POST becomes a GET, which carries no message.
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
  } catch (error) {
    throw new AlertNotTaken(`the receiver at ALERT_WEBHOOK_URL did not answer: ${reasonOf(error)}`);
  }
}

/** The code of the network (`ECONNREFUSED`), which fetch keeps in the cause; or the error's name (`TimeoutError`). */
function reasonOf(error: unknown): string {
  const { cause = error, name } = error as { readonly cause?: unknown; readonly name?: unknown };
  const { code } = cause as { readonly code?: unknown };
  return [code, name].find((text) => typeof text === 'string') ?? 'unknown';
}
