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
      signal: AbortSignal.timeout(answerWithinMs),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : nameOf(cause);
    throw new AlertNotTaken(`the receiver at ALERT_WEBHOOK_URL did not answer: ${code}`);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
