/** Errors as RFC 9457 problem documents: what a caller may know, and nothing of how it is made inside. */
import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { Unavailable } from '../application/unavailable';
import { isUnreachable, reasonsOf } from './unreachable';

export interface ProblemOptions {
  /** The cause in this case, for a person to read. */
  readonly detail?: string;
  /** Further members of the document. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown by a route, answered by `problems`. All of it is shown to the caller. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly detail: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly title: string,
    { detail, extra = {}, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(detail === undefined ? title : `${title}: ${detail}`, cause === undefined ? undefined : { cause });
    this.detail = detail;
    this.extra = extra;
    this.headers = headers;
  }
}

/** One thing that is wrong with what was sent: where (`policy.lifetime.conversion.send`), and what. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export function badRequest(detail: string, errors: readonly FieldError[] = []): Problem {
  return new Problem(400, 'Bad request', { detail, ...(errors.length === 0 ? {} : { extra: { errors } }) });
}

export function notFound(detail: string): Problem {
  return new Problem(404, 'Not found', { detail });
}

export function conflict(detail: string, extra: Readonly<Record<string, unknown>> = {}): Problem {
  return new Problem(409, 'Conflict', { detail, extra });
}

export function unprocessable(errors: readonly FieldError[]): Problem {
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
  return new Problem(422, 'Not accepted', { detail, extra: { errors } });
}

/** The last handler of an app: what no route has answered. Of the path it names the parts in which a typing error is looked for. */
export const noSuchRoute: RequestHandler = (req) => {
  throw notFound(`there is no ${req.method} ${withoutIds(req.originalUrl)} here`);
};

/** The beginnings of the service's addresses: the segment after one of them names a provider or a resource. */
const areas = new Set(['api', 'codec', 'collect', 'sandbox', 'webhooks']);

/** An address as an answer may repeat it, `/api/user/…`: what may name a buyer is left out. */
function withoutIds(address: string): string {
  const [path = ''] = address.split('?');
  const [area = '', name = '', ...rest] = path.split('/').slice(1);
  if (!areas.has(area)) return path === '/' ? path : '/…';
  const isWord = /^[a-z-]{1,30}$/.test(name);
  return ['', area, ...(name === '' ? [] : [isWord ? name : '…']), ...(rest.length === 0 ? [] : ['…'])].join('/');
}

export interface ProblemLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The error handler of an app. An unexpected error is logged and answered with 500, without its text. */
export function problems(logger: ProblemLogger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    logProblem(logger, req, error);
    // Half an answer can only be broken off.
    if (res.headersSent) next(error);
    else answerProblem(res, problemOf(error));
  };
}

/** Logs an error that is the service's own fault, or of what it needs; not what a caller did wrong. */
export function logProblem(logger: ProblemLogger, req: Request, error: unknown): void {
  const { status } = problemOf(error);
  if (status === 503) logger.warn(logFields(req, error), 'a request could not be answered now');
  else if (status >= 500) logger.error(logFields(req, error), 'a request failed unexpectedly');
}

/** Answers with a problem document, for middleware that has a response and no `next`. */
export function answerProblem(res: Response, { status, title, detail, extra, headers }: Problem): void {
  res
    .status(status)
    .set(headers)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ ...extra, type: 'about:blank', title, status, detail }));
}

/** What a caller may know about an error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable || isUnreachable(error))
    return tryAgainSoon('something that this service needs cannot be reached');
  return (
    refusedByParser(error) ?? new Problem(500, 'Internal error', { detail: 'something unexpected happened; the log says what' })
  );
}

const retryAfterSeconds = 5;

/** 503, and when to come again. */
export function tryAgainSoon(reason: string): Problem {
  return new Problem(503, 'Unavailable for now', {
    detail: `${reason}: try again in a few seconds`,
    headers: { 'Retry-After': String(retryAfterSeconds) },
  });
}

/** An error of express or its body parsers, with a 4xx status. Its message may repeat the request, so it is not sent. */
function refusedByParser(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error)) return null;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  const detail = parserDetails[type];
  return new Problem(status, STATUS_CODES[status] ?? 'Bad request', detail === undefined ? {} : { detail });
}

/** https://github.com/expressjs/body-parser#errors */
const parserDetails: Readonly<Record<string, string>> = {
  'entity.too.large': 'the body is too large',
  'entity.parse.failed': 'the body is not JSON',
  'encoding.unsupported': 'the content encoding is not supported',
  'charset.unsupported': 'the charset is not supported',
  'request.aborted': 'the request ended before its body did',
  'request.size.invalid': 'the body is not as long as the request says',
};

/** Flat, for the log: the route's pattern, since a URL may name a user. */
function logFields(req: Request, error: unknown): object {
  const route = (req.route as { readonly path?: unknown } | undefined)?.path;
  return {
    method: req.method,
    route: typeof route === 'string' ? route : null,
    error: error instanceof Error ? error.name : typeof error,
    reason: reasonsOf(error),
    stack: error instanceof Error ? error.stack : undefined,
  };
}
