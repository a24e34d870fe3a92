/** What keeps other sites from acting in an operator's name. */
import type { Request } from 'express';
import { Problem } from '../http/problem';
import { isSameSecret } from '../http/same-secret';
import { csrfField } from './parts/form';

/** @throws a 403 problem unless a page of ours sent the request, by the browser's own word. */
export function requireSameOrigin(req: Request): void {
  const site = req.get('sec-fetch-site');
  const isOurs = site === undefined ? sameHost(req) : site === 'same-origin' || site === 'none';
  if (!isOurs) throw new Problem(403, 'Forbidden', { detail: 'this must come from a page of the console itself' });
}

/** @throws a 403 problem unless the form, or htmx, brought the session's own token. */
export function requireToken(req: Request, expected: string): void {
  const body = req.body as Readonly<Record<string, unknown>> | undefined; // of the form parser: texts and lists of texts
  const given = req.get('x-csrf-token') ?? body?.[csrfField];
  if (expected !== '' && typeof given === 'string' && isSameSecret(given, expected)) return;
  throw new Problem(403, 'Forbidden', { detail: 'the page is from an earlier sign-in: load it again, and repeat what you did' });
}

/** For browsers that do not send Sec-Fetch-Site, and pages without TLS. */
function sameHost(req: Request): boolean {
  const origin = req.get('origin') ?? '';
  return URL.canParse(origin) && new URL(origin).host === req.get('host');
}
