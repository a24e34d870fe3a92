import type { Request } from 'express';
import { badRequest, notFound } from './problem';

/** The integration that a request is about: `?integration=`, else `default`, else the only one there is. */
export function integrationOf(req: Request, integrations: readonly string[]): string {
  const asked: unknown = req.query['integration'];
  if (asked === undefined || asked === '') {
    const fallback = integrations.includes('default') ? 'default' : integrations.length === 1 ? integrations[0] : undefined;
    if (fallback === undefined) throw badRequest(`integration must be one of ${integrations.join(', ')}`);
    return fallback;
  }
  if (typeof asked !== 'string' || !integrations.includes(asked)) throw notFound('there is no such integration');
  return asked;
}
