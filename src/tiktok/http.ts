/** What every call of TikTok's has in common: an answer that is read up to a limit, and errors that repeat nothing of the request. */
import type { Dispatcher } from 'undici';

/** The answer's text. Null when it exceeds `maxBytes`, which no answer of TikTok does; the connection is then dropped. */
export async function readLimited(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The header as it came, or the first of several; null where there is none. */
export function retryAfterOf(headers: Dispatcher.ResponseData['headers']): string | null {
  const value = headers['retry-after'];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Names the error by code or name only, because its message may repeat the request. */
export function whyUnreachable(error: unknown, timeoutMs: number): string {
  const { name = 'unknown error', code } = (error ?? {}) as Partial<NodeJS.ErrnoException>; // both are checked where they are used
  const isTimeout = name === 'TimeoutError' || /TIMEOUT/.test(String(code));
  return isTimeout ? `no answer within ${timeoutMs / 1_000} s` : `network: ${typeof code === 'string' ? code : name}`;
}

/** False for what cannot be in a header, or is empty: no token of TikTok's has such characters. */
export function isToken(accessToken: string): boolean {
  return /^[\x21-\x7e]+$/.test(accessToken);
}
