/** The session of who signed in: a sealed cookie that no script can read, for 12 hours. The server keeps nothing. */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { getIronSession } from 'iron-session';
import type { Operator } from '../operator/route';

const hours = 12;
const cookieName = 'relay_session';

interface SessionData {
  name?: string;
  role?: Operator['role'];
  /** Unix milliseconds. */
  signedInAtMs?: number;
  /** Of the token that opened it, where it was made here: the session ends with it. */
  tokenId?: string;
  csrf?: string;
  /** Said by the next page, once. */
  done?: string;
}

export interface Session {
  /** Null before sign-in, and 12 hours after it. */
  readonly operator: Operator | null;
  readonly csrf: string;
  /** Of the token that opened it; null where that was none of those that were made here. */
  readonly tokenId: string | null;
  /** Starts anew, with a token of its own, whatever the browser brought. */
  signIn(operator: Operator, tokenId?: string): Promise<void>;
  signOut(): void;
  /** Kept for the next page. */
  say(done: string): Promise<void>;
  /** What an action left to say; null when nothing. */
  takeDone(): Promise<string | null>;
}

export interface SessionOptions {
  /** 32 characters or more. */
  readonly key: string;
  /** True where browsers reach the console by TLS. */
  readonly secure: boolean;
  readonly nowMs: () => number;
}

/** Opens what the request's cookie holds. A cookie that was changed, or sealed with another key, counts as none. */
export async function openSession(req: Request, res: Response, { key, secure, nowMs }: SessionOptions): Promise<Session> {
  const data = await getIronSession<SessionData>(req, res, {
    cookieName,
    password: key,
    ttl: hours * 3_600,
    cookieOptions: { path: '/console', httpOnly: true, sameSite: 'lax', secure },
  });

  function current(): Operator | null {
    const { name, role, signedInAtMs } = data;
    if (name === undefined || role === undefined || signedInAtMs === undefined) return null;
    if (nowMs() - signedInAtMs >= hours * 3_600_000) return null;
    return data.tokenId === undefined ? { name, role } : { name, role, isNamed: true };
  }

  return {
    get operator() {
      return current();
    },
    get csrf() {
      return data.csrf ?? '';
    },
    get tokenId() {
      return data.tokenId ?? null;
    },
    async signIn({ name, role }, tokenId) {
      data.name = name;
      data.role = role;
      data.signedInAtMs = nowMs();
      data.csrf = randomBytes(24).toString('base64url');
      delete data.done;
      if (tokenId === undefined) delete data.tokenId;
      else data.tokenId = tokenId;
      await data.save();
    },
    signOut: () => data.destroy(),
    async say(done) {
      data.done = done.slice(0, 500);
      await data.save();
    },
    async takeDone() {
      const { done } = data;
      if (done === undefined) return null;
      delete data.done;
      await data.save();
      return done;
    },
  };
}
