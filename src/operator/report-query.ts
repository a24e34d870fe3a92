/** What may be asked of the account: for the API and for the page. */
import { z } from 'zod';
import { dayMs } from '../domain/duration';
import { badRequest } from '../http/problem';
import type { TimeWindow } from '../psp/adapter';
import { isoInstant } from './request';

const once = 'must be given once';

/** A period and a provider. */
export const accountQuery = z.strictObject({
  from: isoInstant.exactOptional().meta({ description: 'When it happened; included. Default: 30 days before `to`.' }),
  to: isoInstant.exactOptional().meta({ description: 'Not included. Default: now.' }),
  psp: z.string(once).max(40, 'is too long').exactOptional().meta({ description: 'One provider; default: all that are on.' }),
});

export type AccountQuery = z.infer<typeof accountQuery>;

/** Without dates: the last 30 days. @throws a 400 problem when it is empty. */
export function periodOf({ from, to }: AccountQuery, nowMs: number): TimeWindow {
  const toMs = to ?? nowMs;
  const fromMs = from ?? toMs - 30 * dayMs;
  if (fromMs >= toMs) throw badRequest('from must be before to');
  return { fromMs, toMs };
}
