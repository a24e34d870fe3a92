/** Access tokens, one for each account, whoever asks. https://developer.paypal.com/api/rest/authentication/ */
import { z } from 'zod';
import { minuteMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import { requestJson } from './http';
import type { Http } from './http';

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().catch(300) });

export interface PaypalTokens {
  /**
   * Asks with a token of the account; once more with a new one when PayPal does not take it, since a token may be withdrawn before it
   * expires. `credentials` is `clientId:clientSecret`.
   */
  withToken<T>(http: Http, credentials: string, ask: (token: string) => Promise<T>): Promise<T>;
}

/** Keeps each account's token until shortly before it expires. Who needs one while it is fetched waits for the same request. */
export function createPaypalTokens(): PaypalTokens {
  const accounts = new Map<string, Account>();

  function accountOf(http: Http, credentials: string): Account {
    const key = `${http.baseUrl} ${credentials}`;
    const account = accounts.get(key) ?? { kept: null, fetching: null };
    accounts.set(key, account);
    return account;
  }

  /** `refused` is a token that PayPal did not take. */
  async function token(http: Http, credentials: string, refused?: string): Promise<string> {
    const account = accountOf(http, credentials);
    const { kept } = account;
    if (kept && kept.token !== refused && http.nowMs() < kept.untilMs) return kept.token;
    account.fetching ??= fetchToken(http, credentials).finally(() => void (account.fetching = null));
    account.kept = await account.fetching;
    return account.kept.token;
  }

  return {
    async withToken(http, credentials, ask) {
      const first = await token(http, credentials);
      try {
        return await ask(first);
      } catch (error) {
        if (!(error instanceof PspApiError) || error.kind !== 'unauthorized') throw error;
        return ask(await token(http, credentials, first));
      }
    },
  };
}

interface KeptToken {
  readonly token: string;
  readonly untilMs: number;
}

interface Account {
  kept: KeptToken | null;
  fetching: Promise<KeptToken> | null;
}

const marginMs = minuteMs;

async function fetchToken(http: Http, credentials: string): Promise<KeptToken> {
  const answer = await requestJson(http, '/v1/oauth2/token', tokenSchema, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  return { token: answer.access_token, untilMs: http.nowMs() + answer.expires_in * 1000 - marginMs };
}
