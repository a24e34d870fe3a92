import type { Expectation } from '../../demo/expectation';
import type { ReceivedEvent } from '../../sandbox/tiktok/receiver';

/** The event that an expectation wants, as TikTok's end writes it down. */
export function receivedEventOf(
  { event }: Expectation,
  { at, ...more }: Partial<ReceivedEvent> & Pick<ReceivedEvent, 'at'>,
): ReceivedEvent {
  return {
    at,
    requestId: 'req_1',
    pixelCode: 'C4DEMOPIXEL000000001',
    testEventCode: null,
    eventName: event.name,
    eventId: event.id,
    eventTime: Math.floor(event.atMs / 1000),
    value: event.value,
    currency: event.currency,
    properties: {
      customer_type: event.customerType,
      contents: event.contents.map(({ id, price }) => ({ content_id: id, quantity: 1, ...(price === null ? {} : { price }) })),
      content_ids: event.contents.map(({ id }) => id),
      num_items: event.contents.length,
    },
    user: { external_id: event.externalId },
    pageUrl: 'https://funnel.example.com/checkout',
    limitedDataUse: false,
    source: 'server',
    fate: 'counted',
    answer: '0: OK',
    warnings: [],
    ...more,
  };
}
