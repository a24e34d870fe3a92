/** Requests of the fuzzer, and what every answer has to keep. */
import { Undocumented } from './run';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, where the answer says that it is JSON. */
  readonly body: unknown;
  /** How often it was 503 before. */
  readonly refusals: number;
}

/** How long any answer may take, also on a loaded machine; a request that hangs takes longer. */
const longestMs = 60_000;
const mostRefusals = 8;

/**
 * Sends a request, again after a 503 when its time has come (`Retry-After`): a busy machine answers so when its own is up. What is answered 503
 * again and again with everything up is a fault, as are all other 5xx, answers that never come, and problems that are no problem documents.
 */
export async function ask(address: string, init: RequestInit): Promise<Answer> {
  for (let refusals = 0; ; refusals++) {
    const answer = await once(address, init);
    if (answer.status === 503 && refusals < mostRefusals) {
      const retryAfter = answer.headers.get('retry-after') ?? '';
      if (!/^[1-9]\d*$/.test(retryAfter)) throw new Undocumented(`503 with Retry-After "${retryAfter}"${told(address, init)}`);
      await new Promise((resolve) => setTimeout(resolve, Number(retryAfter) * 1_000));
      continue;
    }
    if (answer.status >= 500) throw new Undocumented(`${answer.status}${told(address, init)}: ${answer.text.slice(0, 300)}`);
    return { ...answer, refusals };
  }
}

async function once(address: string, init: RequestInit): Promise<Omit<Answer, 'refusals'>> {
  let response: Response;
  try {
    response = await fetch(address, { redirect: 'manual', ...init, signal: AbortSignal.timeout(longestMs) });
  } catch (error) {
    const { name, message, cause } = error as Error;
    // An answer before the body was sent closes the connection: so does HTTP for what is too large.
    if (/ECONNRESET|EPIPE|other side closed/.test(String(cause))) return { ...noAnswer, text: String(cause) };
    throw new Undocumented(`${name}: ${message} ${String(cause)}${told(address, init)}`);
  }
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: /json/.test(type) && text !== '' ? (JSON.parse(text) as unknown) : null,
  };
}

const noAnswer = { status: 0, headers: new Headers(), text: '', body: null };

/** The route without what differs from one input to the next. */
function told(address: string, { method = 'GET' }: RequestInit): string {
  const { pathname } = new URL(address);
  return ` to ${method} ${pathname.split('/').slice(0, 3).join('/')}`;
}

/** A refusal is a problem document (RFC 9457). @throws Undocumented */
export function checkProblem(where: string, { status, headers, body }: Answer): void {
  if (status < 400) return;
  if (!/^application\/problem\+json/.test(headers.get('content-type') ?? ''))
    throw new Undocumented(`${where}: ${status} is no problem document`);
  const said = (body as { readonly status?: unknown } | null)?.status;
  if (said !== status) throw new Undocumented(`${where}: the problem says ${String(said)} and is ${status}`);
}

/** The outcome is the status. @throws Undocumented for one that is not among those that are documented. */
export function documented(where: string, answer: Answer, statuses: readonly number[]): string {
  if (answer.status === 0) return 'closed';
  if (!statuses.includes(answer.status)) throw new Undocumented(`${where} is ${answer.status}: ${answer.text.slice(0, 200)}`);
  return `${answer.status}${answer.refusals > 0 ? ' after 503' : ''}`;
}

/** A value as a header can carry it: other bytes never reach the service. */
export function headerText(text: string): string {
  // What Node's client refuses to send.
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').trim();
}
