/** Access tokens. https://developer.paypal.com/api/rest/authentication/ */
import { z } from 'zod';
import { minuteMs } from '../../domain/duration';
import { requestJson } from './http';
import type { Http } from './http';

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().catch(300) });

export interface PaypalTokens {
  /** A token that is valid for a while yet. `refused` is one that PayPal did not take: then a new one is asked for. */
  token(http: Http, refused?: string): Promise<string>;
}

/** `credentials` is `clientId:clientSecret`. Tokens are kept until shortly before they expire. */
export function createPaypalTokens(credentials: string): PaypalTokens {
  let kept: { readonly token: string; readonly untilMs: number } | null = null;
  return {
    async token(http, refused) {
      if (kept && kept.token !== refused && http.nowMs() < kept.untilMs) return kept.token;
      const answer = await requestJson(http, '/v1/oauth2/token', tokenSchema, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      });
      kept = { token: answer.access_token, untilMs: http.nowMs() + answer.expires_in * 1000 - marginMs };
      return kept.token;
    },
  };
}

const marginMs = minuteMs;
