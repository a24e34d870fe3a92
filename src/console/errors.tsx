/** Problems as pages: what is wrong, in words, and where to go on. */
import type { ErrorRequestHandler, Request } from 'express';
import { problemOf, type ProblemLogger, logProblem } from '../http/problem';
import { sendAnswer } from './answer';
import type { Assets } from './assets';
import { contextOf } from './context';
import type { ConsoleDeps } from './deps';
import { documentOf } from './layout';
import type { RailEntry } from './sections';
import type { Session } from './session';

interface ProblemPagesDeps {
  readonly assets: Assets;
  readonly logger: ProblemLogger;
  readonly deps: ConsoleDeps;
  readonly rail: readonly RailEntry[];
  /** Null where it could not be opened. */
  readonly sessionOf: (req: Request) => Session | null;
}

/** The console's last handler. */
export function problemPages({ assets, logger, deps, rail, sessionOf }: ProblemPagesDeps): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    logProblem(logger, req, error);
    if (res.headersSent) return next(error);
    const { status, title, detail, headers } = problemOf(error);
    res.status(status).set(headers);
    const content = (
      <div class="empty">
        <p class="empty-title">{titles[status] ?? title}</p>
        <p>
          {detail ?? title} <span class="muted">(HTTP {status})</span>
        </p>
        <p>
          <a class="button" href="/console/">
            To the console’s first page
          </a>
        </p>
      </div>
    );
    const session = sessionOf(req);
    if (session?.operator) {
      const ctx = contextOf(req, session, deps, knownIntegration(req, deps.integrations));
      return void sendAnswer(res, content, { ctx, title: titles[status] ?? title, section: null, rail, assets, done: null });
    }
    res.send(documentOf({ title: `${title} · Purchase relay`, assets, children: <main class="sign-in">{content}</main> }));
  };
}

/** The one that the address names; else the first, so that a wrong address has a page that says so. */
function knownIntegration(req: Request, integrations: readonly string[]): string {
  const asked = integrations.find((name) => name === req.query['integration']);
  return asked ?? integrations.find((name) => name === 'default') ?? integrations[0] ?? 'default';
}

const titles: Readonly<Record<number, string>> = {
  400: 'This address says something that is not understood',
  401: 'You are signed out',
  403: 'This is not allowed',
  404: 'There is nothing here',
  409: 'Somebody else was faster',
  500: 'Something unexpected happened',
  503: 'Not available for the moment',
};
