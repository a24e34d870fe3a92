import type { StandIn } from '../provider';

/** The stand-in of a provider's API, fed with webhooks: with the events of which their bodies were written. */
export function standIn<Event>(
  api: { readonly url: string; close(): Promise<void> },
  add: (events: readonly Event[]) => void,
): StandIn {
  return {
    url: api.url,
    tell: (webhooks) => add(webhooks.map(({ body }) => JSON.parse(body) as Event)), // written from nothing else
    close: () => api.close(),
  };
}
