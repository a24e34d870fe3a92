/** `GET /api/temporal-links`: ready-made filters of the Temporal UI. */
import { z } from 'zod';
import type { Store } from '../store';
import { defineRoute, type Route } from './route';
import { temporalFilters, type TemporalLinksDeps } from './temporal-links';

export interface TemporalRoutesDeps extends TemporalLinksDeps {
  readonly attention: Pick<Store['attention'], 'groups'>;
  readonly report: { readonly psps: (integration: string) => readonly string[] };
  readonly nowMs: () => number;
}

export function temporalRoutes({ attention, report, temporalListUrl, nowMs }: TemporalRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/temporal-links',
      tag: 'Temporal',
      summary: 'Ready-made filters of the Temporal UI',
      description: 'For the CLI, `temporal workflow list --query` takes the same filters.',
      answers: { 200: { description: 'All filters.', schema: links } },
      async handle({ integration }) {
        const filters = temporalFilters(integration, await attention.groups(integration, nowMs()), report.psps(integration));
        return { items: filters.map((filter) => ({ ...filter, url: temporalListUrl(filter.query) })), nextCursor: null };
      },
    }),
  ];
}

const links = z.object({
  items: z.array(
    z.object({
      id: z.string().meta({ examples: ['needs-attention'] }),
      label: z.string(),
      query: z.string(),
      url: z.string().nullable().meta({ description: 'Null when the address of the Temporal UI is unknown.' }),
    }),
  ),
  nextCursor: z.null(),
});
