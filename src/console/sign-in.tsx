/** Signing in and out: by password or token, or once by a link that the start prints. */
import { randomBytes } from 'node:crypto';
import type { RequestHandler, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { OperatorTokens } from '../application/operator-tokens';
import { Problem } from '../http/problem';
import { createRateLimit } from '../http/rate-limit';
import { isSameSecret } from '../http/same-secret';
import { type AccessSecrets, roleOf } from './access';
import type { Assets } from './assets';
import { requireSameOrigin } from './forgery';
import { documentOf } from './layout';
import { Banner } from './parts/banner';
import { Icon } from './parts/icon';
import type { Session } from './session';

export interface SignInDeps {
  readonly access: AccessSecrets;
  readonly links: SignInLinks;
  readonly assets: Pick<Assets, 'stylesheet' | 'scripts'>;
  /** Wrong secrets that one address may try per minute; default 10. */
  readonly failuresPerMinute?: number;
  /** Tokens that were made here; absent: there are none. */
  readonly tokens?: Pick<OperatorTokens, 'find' | 'isActive'> | undefined;
  /** Told of each wrong password or token. */
  readonly onRefused?: (() => void) | undefined;
}

/** Of the session that the router has opened. */
type SessionOf = (req: express.Request) => Session;

export function createSignInRouter(deps: SignInDeps, sessionOf: SessionOf): Router {
  const { access, links, assets, failuresPerMinute = 10, tokens, onRefused } = deps;
  const router = express.Router();
  const limitFailures = createRateLimit(failuresPerMinute, 'too many wrong passwords from this address: wait a minute', (res) => {
    res.status(429).send(signInPage({ assets, next: '/console/', message: tooMany }));
  });

  router.get('/sign-in', (req, res) => {
    const next = ownPath(req.query['next']);
    if (sessionOf(req).operator) return res.redirect(303, next);
    res.send(signInPage({ assets, next, message: null }));
  });

  router.post('/sign-in', async (req, res, done) => {
    requireSameOrigin(req);
    const { name, secret, next } = credentials.parse(req.body ?? {});
    const role = roleOf(access, secret);
    if (role !== null) {
      await sessionOf(req).signIn({ name: name === '' ? role : name, role });
      return res.redirect(303, ownPath(next));
    }
    const holder = (await tokens?.find(secret)) ?? null;
    if (holder !== null) {
      await sessionOf(req).signIn({ name: holder.name, role: holder.role }, holder.id);
      return res.redirect(303, ownPath(next));
    }
    onRefused?.();
    void limitFailures(req, res, (error?: unknown) => {
      if (error !== undefined) done(error);
      else
        res
          .status(401)
          .send(signInPage({ assets, next: ownPath(next), name, message: 'That is not the password, nor a token.' }));
    });
  });

  router.get('/sign-in/once/:key', async (req, res) => {
    if (!links.use(req.params.key)) return void res.status(410).send(signInPage({ assets, next: '/console/', message: usedUp }));
    await sessionOf(req).signIn({ name: 'operator', role: 'operator' });
    res.redirect(303, '/console/');
  });

  return router;
}

/** Ends the session; behind the guard, so that the form's token was checked. */
export function signOut(sessionOf: SessionOf): RequestHandler {
  return (req, res) => {
    sessionOf(req).signOut();
    res.redirect(303, '/console/sign-in');
  };
}

/** Links that open the console once. They live in memory: a restart ends them. */
export interface SignInLinks {
  /** A path that signs in as an operator, once, within ten minutes. */
  create(): string;
  use(key: string): boolean;
}

const linkMinutes = 10;

export function createSignInLinks(nowMs: () => number): SignInLinks {
  const open = new Map<string, number>();
  return {
    create() {
      const key = randomBytes(24).toString('base64url');
      open.set(key, nowMs() + linkMinutes * 60_000);
      return `/console/sign-in/once/${key}`;
    },
    use(given) {
      const found = [...open.keys()].find((key) => isSameSecret(given, key));
      if (found === undefined) return false;
      const untilMs = open.get(found) ?? 0;
      open.delete(found);
      return nowMs() < untilMs;
    },
  };
}

const tooMany = 'Too many wrong passwords came from this address. Wait a minute, then try again.';
const usedUp = 'This link has been used, or is older than ten minutes. Sign in by password, or start again for a new one.';

/** Names go into records: no longer than a line, and no control characters. */
const credentials = z.object({
  name: z
    .string()
    .catch('')
    .transform((name) =>
      name
        .replace(/[\p{C}]/gu, '')
        .trim()
        .slice(0, 80),
    ),
  secret: z.string().max(1_000).catch(''),
  next: z.string().catch('/console/'),
});

/** Only paths of the console: no other place may be where a sign-in leads. */
export function ownPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/console(?=[/?]|$)/.test(next) || next.includes('\\')) return '/console/';
  const url = new URL(next, 'http://console.invalid');
  return url.host === 'console.invalid' && url.pathname.startsWith('/console') ? url.pathname + url.search : '/console/';
}

/** @throws never; kept here so that whoever asks for a page is led to sign in first. */
export function signInAddress(originalUrl: string): string {
  const next = ownPath(originalUrl);
  return next === '/console/' ? '/console/sign-in' : `/console/sign-in?${new URLSearchParams({ next }).toString()}`;
}

/** Thrown to htmx, which loads the whole page anew. */
export function signedOut(originalUrl: string): Problem {
  return new Problem(401, 'Signed out', { headers: { 'HX-Redirect': signInAddress(originalUrl) } });
}

interface SignInPageProps extends Pick<SignInDeps, 'assets'> {
  readonly next: string;
  readonly name?: string;
  readonly message: string | null;
}

function signInPage({ assets, next, name = '', message }: SignInPageProps): string {
  return documentOf({
    title: 'Sign in · Purchase relay',
    assets,
    children: (
      <main class="sign-in">
        <form method="post" action="/console/sign-in" class="card">
          <p class="brand">
            <Icon name="brand" /> Purchase relay
          </p>
          <h1>Sign in</h1>
          {message !== null && <Banner tone="bad">{message}</Banner>}
          <input type="hidden" name="next" value={next} />
          <div class="field">
            <label for="name">Your name, for the records</label>
            <input id="name" name="name" autoComplete="username" maxLength={80} value={name} aria-describedby="name-help" />
            <p class="help" id="name-help">
              Stands beside whatever you change. May stay empty; a token that has a name keeps it.
            </p>
          </div>
          <div class="field">
            <label for="secret">Password or token</label>
            <input
              id="secret"
              name="secret"
              type="password"
              autoComplete="current-password"
              required
              autofocus
              {...(message === null ? {} : { 'aria-invalid': 'true' as const })}
            />
          </div>
          <button class="button button-primary">Sign in</button>
          <p class="help">The password is OPERATOR_PASSWORD; where none was set, the start printed the one it made.</p>
        </form>
      </main>
    ),
  });
}
