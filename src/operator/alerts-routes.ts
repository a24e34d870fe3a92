/** `GET /api/alerts`: what needed somebody's eye, and what still does. */
import { z } from 'zod';
import { compact } from '../domain/compact';
import { alertKinds } from '../domain/alerts';
import type { Alert, AlertFilter, Store } from '../store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { defineRoute, type Route } from './route';

export interface AlertsRoutesDeps {
  readonly alerts: Pick<Store['alerts'], 'list'>;
}

export function alertsRoutes({ alerts }: AlertsRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/alerts',
      tag: 'Overview',
      summary: 'Alerts, newest first',
      description: 'Each is opened once and closed once, and told to ALERT_WEBHOOK_URL where that is set.',
      query: z.strictObject({
        state: z.enum(['open', 'closed'], 'must be open or closed').exactOptional(),
        cursor: z.string('must be given once').max(2_000, 'is too long').exactOptional(),
      }),
      answers: { 200: { description: 'A page of alerts', schema: alertsAnswer } },
      async handle({ integration, query: { state, cursor } }) {
        const isOpen = state === undefined ? undefined : state === 'open';
        const filter = compact<AlertFilter>({ integration, isOpen, cursor, limit: pageSize });
        const { items, nextCursor } = await withCursor(() => alerts.list(filter));
        return { items: items.map(alertView), nextCursor };
      },
    }),
  ];
}

function alertView({ id, kind, subject, message, openedAtMs, closedAtMs }: Alert) {
  return {
    ...{ id, kind, subject, message },
    state: closedAtMs === null ? 'open' : 'closed',
    openedAt: isoTime(openedAtMs),
    closedAt: closedAtMs === null ? null : isoTime(closedAtMs),
  };
}

const alertsAnswer = z.object({
  items: z.array(
    z.object({
      id: z.int(),
      kind: z.enum(alertKinds),
      subject: z.string().meta({ description: 'An error type or a provider; empty where there is only one' }),
      message: z.string().meta({ examples: ['3 purchases need attention: TikTok refuses the access token or the pixel'] }),
      state: z.enum(['open', 'closed']),
      openedAt: z.iso.datetime(),
      closedAt: z.iso.datetime().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
