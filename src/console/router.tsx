/** The console, to be mounted at `/console`: assets, signing in, the guard, then the pages and actions as `pages/index.ts` lists them. */
import type { Request, RequestHandler, Router } from 'express';
import express from 'express';
import { Problem, type ProblemLogger, unprocessable } from '../http/problem';
import { readBody } from '../operator/request';
import type { Operator } from '../operator/route';
import { type AccessSecrets, namedByProxy, sessionKey } from './access';
import { sendAnswer } from './answer';
import type { Assets } from './assets';
import { contextOf, refusedBy, requireRole } from './context';
import type { ConsoleDeps } from './deps';
import { problemPages } from './errors';
import { requireSameOrigin, requireToken } from './forgery';
import { pageHeaders } from './headers';
import { actions as allActions, pages as allPages } from './pages';
import { csrfField } from './parts/form';
import { healthStrip } from './parts/health-strip';
import type { Action, Answer, Context, Page } from './route';
import { type RailEntry, railOf } from './sections';
import { openSession, type Session } from './session';
import { createSignInRouter, signedOut, signInAddress, type SignInDeps, type SignInLinks, signOut } from './sign-in';

export interface ConsoleRouterDeps {
  readonly access: AccessSecrets;
  readonly links: SignInLinks;
  readonly assets: Assets;
  /** True where browsers reach the service by TLS, also when a proxy ends it. */
  readonly secure: boolean;
  readonly deps: ConsoleDeps;
  readonly logger: ProblemLogger;
  /** For tests. */
  readonly pages?: readonly Page[];
  readonly actions?: readonly Action[];
  readonly failuresPerMinute?: number;
  readonly tokens?: SignInDeps['tokens'];
  readonly onRefused?: SignInDeps['onRefused'];
}

export function createConsoleRouter(options: ConsoleRouterDeps): Router {
  const { access, assets, deps, logger, pages = allPages, actions = allActions } = options;
  const router = express.Router();
  const key = sessionKey(access);
  const sessions = new WeakMap<Request, Session>();
  const sessionOf = (req: Request): Session => {
    const session = sessions.get(req);
    if (!session) throw new Error('the session was not opened');
    return session;
  };

  router.use('/assets', assets.router);
  router.use(pageHeaders);
  router.use(express.urlencoded({ extended: false, limit: '1mb' }));
  router.use(async (req, res, next) => {
    const session = await openSession(req, res, { key, secure: options.secure || req.secure, nowMs: deps.nowMs });
    sessions.set(req, session);
    if (session.tokenId !== null && !(await options.tokens?.isActive(session.tokenId))) session.signOut();
    const named = namedByProxy(access, req.headers);
    if (named && !isSame(session.operator, named)) await session.signIn(named);
    next();
  });
  router.use(createSignInRouter(options, sessionOf));
  router.use(guard(sessionOf));
  router.post('/sign-out', signOut(sessionOf));

  const rail = railOf(pages);
  const views = { deps, assets, rail, sessionOf };
  for (const page of pages) router.get(page.path, showPage(page, views));
  for (const action of actions) router.post(action.path, runAction(action, views));
  router.use((req) => {
    throw new Problem(404, 'Not found', { detail: `there is no page ${req.path} here` });
  });
  router.use(problemPages({ assets, logger, sessionOf: (req) => sessions.get(req) ?? null, rail, deps }));
  return router;
}

interface Views {
  readonly deps: ConsoleDeps;
  readonly assets: Assets;
  readonly rail: readonly RailEntry[];
  readonly sessionOf: (req: Request) => Session;
}

function isSame(operator: Operator | null, named: Operator): boolean {
  return operator !== null && operator.name === named.name && operator.role === named.role;
}

/** Lets in whoever is signed in; whatever changes something must come from a page of ours. */
function guard(sessionOf: Views['sessionOf']): RequestHandler {
  return (req, res, next) => {
    const { operator, csrf } = sessionOf(req);
    const asked = req.originalUrl;
    if (!operator) {
      if (req.get('hx-request') === 'true') throw signedOut(asked);
      return res.redirect(303, signInAddress(req.method === 'GET' ? asked : '/console/'));
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      requireSameOrigin(req);
      requireToken(req, csrf);
    }
    next();
  };
}

function showPage(page: Page, { deps, sessionOf, ...views }: Views): RequestHandler {
  return async (req, res) => {
    const session = sessionOf(req);
    const ctx = contextOf(req, session, deps);
    requireRole(ctx.operator, page.role ?? 'viewer');
    const answer = await page.render(ctx);
    const done = ctx.isHtmx ? null : await session.takeDone();
    const strip = isWhole(answer, ctx) ? await healthStrip(ctx) : null;
    await sendAnswer(res, answer, { ctx, title: page.title, section: page.section, done, strip, ...views });
  };
}

/** True of a page with its layout. */
function isWhole(answer: Answer, { isHtmx }: Context): boolean {
  return !isHtmx && (!('kind' in answer) || answer.kind === 'titled');
}

function runAction(action: Action, { deps, sessionOf, ...views }: Views): RequestHandler {
  const { page } = action;
  return async (req, res) => {
    const session = sessionOf(req);
    const ctx = contextOf(req, session, deps);
    const around = { ctx, title: page.title, section: page.section, done: null, ...views };
    requireRole(ctx.operator, action.role ?? 'operator');
    try {
      const answer = await action.run(ctx, readForm(req, action.form));
      if ('kind' in answer && answer.kind === 'redirect' && answer.done !== null) await session.say(answer.done);
      await sendAnswer(res, answer, around);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      const refused = { ...ctx, refused: refusedBy(error, action, req) };
      const shown = await page.render(refused);
      await sendAnswer(res.status(error.status), shown, { ...around, ctx: refused, strip: await healthStrip(refused) });
    }
  };
}

/** The form without the token, checked. */
function readForm(req: Request, schema: Action['form']): unknown {
  const { [csrfField]: _, ...body } = (req.body ?? {}) as Readonly<Record<string, unknown>>; // of the form parser; nothing of a file
  const odd = Object.keys(body).filter((name) => [body[name]].flat().some(isRefusedByDatabases));
  if (odd.length > 0)
    throw unprocessable(odd.map((name) => ({ path: name.slice(0, 100), message: 'has a character that cannot be stored' })));
  return readBody({ body }, schema);
}

/** U+0000 and halves of surrogate pairs, which no form of a browser sends. Lines are fine. */
function isRefusedByDatabases(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('\0') || /\p{Cs}/u.test(value));
}
