/** A browser of the console without a browser: cookies, forms with their token, the headers that say the request is ours. */
import { operatorPassword } from './api-server';

export interface ConsoleClient {
  /** `path` below `/console`. */
  get(path: string, headers?: Record<string, string>): Promise<Page>;
  /** Sends a form, with the session's token unless the fields have another. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Page>;
  readonly cookie: () => string;
}

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Where a redirect leads. */
  readonly location: string | null;
}

/** Nobody is signed in yet. */
export function consoleClient(url: string): ConsoleClient {
  let cookie = '';
  let csrf = '';

  async function request(path: string, init: RequestInit): Promise<Page> {
    const response = await fetch(`${url}/console${path}`, {
      ...init,
      redirect: 'manual',
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        'sec-fetch-site': 'same-origin',
        ...(init.headers as Record<string, string>),
      },
    });
    for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0] ?? '';
    const html = await response.text();
    csrf = /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? csrf;
    return { status: response.status, headers: response.headers, html, location: response.headers.get('location') };
  }

  return {
    get: (path, headers = {}) => request(path, { headers }),
    post: (path, fields = {}, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ _csrf: csrf, ...fields }).toString(),
      }),
    cookie: () => cookie,
  };
}

/** Signed in as an operator called `anna`, or with another secret as whoever it opens the console for. */
export async function signedIn(url: string, secret = operatorPassword, name = 'anna'): Promise<ConsoleClient> {
  const client = consoleClient(url);
  const { status } = await client.post('/sign-in', { name, secret });
  if (status !== 303) throw new Error(`signing in was answered with ${status}`);
  await client.get('/'); // for the token in its forms
  return client;
}
