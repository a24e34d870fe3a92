/** What a page or an action knows about the request, read from it. */
import type { Request } from 'express';
import { integrationOf } from '../http/integration';
import { Problem } from '../http/problem';
import type { FieldError } from '../http/problem';
import { ofSize } from '../operator/buyers-routes';
import { pathPart, readQuery } from '../operator/request';
import type { Operator, Role } from '../operator/route';
import type { ConsoleDeps } from './deps';
import { csrfField } from './parts/form';
import type { Action, Context, Query, Refused } from './route';
import type { Session } from './session';

/** Of somebody who is signed in. */
export function contextOf(
  req: Request,
  session: Session,
  deps: ConsoleDeps,
  integration = integrationOf(req, deps.integrations),
): Context {
  if (!session.operator) throw new Error('the guard lets nobody in who is not signed in');
  return {
    integration,
    integrations: deps.integrations,
    operator: session.operator,
    nowMs: deps.nowMs(),
    url: new URL(req.originalUrl, deps.publicUrl),
    csrf: session.csrf,
    deps,
    isHtmx: req.get('hx-request') === 'true' && req.get('hx-boosted') !== 'true',
    upload: req.is('text/csv') === false ? null : uploaded(req),
    refused: null,
    part: (name) => pathPart(req, name),
    query: (schema) => readQuery(req, schema),
    href: (path, query) => address(path, { ...query, ...(isFallback(integration, deps) ? {} : { integration }) }),
  };
}

/** A request without a body `is` nothing: null. */
function uploaded(req: Request): Context['upload'] {
  return req.is('text/csv') === null ? null : ofSize(req, Number(req.headers['content-length'] ?? 0));
}

/** An address within the console. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return `/console${path}${text === '' ? '' : `?${text}`}`;
}

/** True where an address means the integration without naming it. */
function isFallback(integration: string, { integrations }: ConsoleDeps): boolean {
  return integration === 'default' || integrations.length === 1;
}

/** @throws a 403 problem for a viewer who would change something. */
export function requireRole({ role }: Operator, needed: Role): void {
  if (needed === 'operator' && role !== 'operator')
    throw new Problem(403, 'Only for operators', {
      detail: 'you are signed in as a viewer: viewers may look, and change nothing',
    });
}

/** What the page shows of a form that was refused. */
export function refusedBy(problem: Problem, action: Action, req: Request): Refused {
  const errors = (problem.extra['errors'] ?? []) as readonly FieldError[]; // as `unprocessable` and `badRequest` put them
  const given = Object.entries((req.body ?? {}) as Readonly<Record<string, unknown>>);
  return {
    action: action.path,
    values: Object.fromEntries(
      given.filter((field): field is [string, string] => field[0] !== csrfField && typeof field[1] === 'string'),
    ),
    errors,
    message: problem.detail ?? problem.title,
  };
}
