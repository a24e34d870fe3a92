/** Reading what a request says: parameters and bodies, checked, with errors that name what is wrong. */
import type { Request, RequestHandler } from 'express';
import express from 'express';
import { z } from 'zod';
import { isUnstorable } from '../domain/text';
import { badRequest, type FieldError, notFound, Problem, unprocessable } from '../http/problem';

export { integrationOf } from '../http/integration';

const parseJson = express.json({ type: ['application/json', 'application/merge-patch+json'], limit: '1mb' });

/** JSON and merge patches up to 1 MB; a body of another type is refused rather than overlooked. */
export const jsonBody: RequestHandler = (req, res, next) => {
  parseJson(req, res, (error?: unknown) => next(error ?? (isOverlooked(req) ? unsupported() : undefined)));
};

function isOverlooked(req: Request): boolean {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  return hasBody && req.body === undefined;
}

function unsupported(): Problem {
  return new Problem(415, 'Unsupported media type', { detail: 'send Content-Type: application/json' });
}

/** No id that is taken in is longer (src/psp/storable.ts). */
export const longestId = 1_000;

/** A part of the path. What can't be anybody's id is not found, like any other that is unknown. */
export function pathPart(req: Request, name: string): string {
  const part: unknown = req.params[name];
  if (typeof part !== 'string' || !isPlainText(part, longestId)) throw notFound(`there is no such ${name}`);
  return part;
}

/** The query's parameters, all of which `schema` knows; an empty one counts as absent, as a form sends it. */
export function readQuery<T>(req: Pick<Request, 'query'>, schema: z.ZodType<T>): T {
  const given = Object.entries(req.query).filter(([name, value]) => name !== 'integration' && value !== '');
  const checked = schema.safeParse(Object.fromEntries(given));
  if (checked.success) return checked.data;
  const errors = fieldErrors(checked.error, 'is not a parameter here');
  throw badRequest(errors.map(({ path, message }) => `${path} ${message}`).join('; '), errors);
}

/** The body, which may be left out where all of it is optional. */
export function readBody<T>(req: Pick<Request, 'body'>, schema: z.ZodType<T>): T {
  const body: unknown = req.body ?? {};
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  throw unprocessable(fieldErrors(checked.error, 'is not known here'));
}

/** A day or a time with its zone, as Unix milliseconds. */
export const isoInstant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: ({ input }) =>
      input === undefined
        ? 'is missing'
        : 'must be an ISO 8601 date or a time with its zone: 2026-11-22 or 2026-11-22T10:00:00Z (a + is written %2B)',
  })
  .transform((iso) => Date.parse(iso));

/** Short enough, and without what no database takes (U+0000, half a surrogate pair) and no id has. */
export function isPlainText(text: string, maxLength: number): boolean {
  return text.length <= maxLength && !isUnstorable(text);
}

function fieldErrors(error: z.ZodError, unknownName: string): readonly FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key.slice(0, 100), message: unknownName }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
}
