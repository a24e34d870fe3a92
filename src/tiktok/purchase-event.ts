/** Builds the body of `event/track/` from a purchase and its buyer's identity. Pure. */
import type { Contents } from '../domain/contents';
import type { CustomerType } from '../domain/customer-type';
import type { Identity } from '../domain/identity';
import { decimalNumber } from '../domain/money';
import type { EventValue } from '../domain/purchase';
import { contentsIn } from './content-properties';
import { isTikTokCurrency } from './currencies';
import type { TrackRequest } from './track-request';
import { withoutBlanks } from './without-blanks';

/** The purchase, its buyer and the settings that shape the event. */
export interface PurchaseEventInput {
  readonly pixelCode: string;
  readonly testEventCode: string | null;
  readonly eventName: string;
  readonly eventId: string;
  /** The provider's time of the payment, Unix milliseconds; the same on every retry. */
  readonly occurredAtMs: number;
  readonly value: EventValue | null;
  /** Absent for an event that is no purchase, which tests a credential. */
  readonly order?: EventOrder;
  readonly identity: Identity;
  /** `page.url` when no page was captured: TikTok requires one for every web event. */
  readonly fallbackPageUrl: string;
  /** Ask TikTok to limit its use of the event's data. */
  readonly limitedDataUse: boolean;
  /** Send no user data and no page. */
  readonly withoutIdentity: boolean;
}

/** What was bought, and by whom. */
export interface EventOrder {
  /** The payment's money id. */
  readonly id: string;
  /** The payment's currency, which is that of the contents' prices. */
  readonly currency: string;
  /** Null when nothing says what was bought. */
  readonly contents: Contents | null;
  readonly customerType: CustomerType;
}

/** A request body that is ready to send. */
export interface PurchaseEvent {
  readonly body: TrackRequest;
  /** The purchase's currency when TikTok does not list it; the event then has no value, and the record says so. */
  readonly droppedCurrency: string | null;
}

/** Makes one event of one purchase. https://business-api.tiktok.com/portal/docs?id=1771101303285761 */
export function purchaseEvent(input: PurchaseEventInput): PurchaseEvent {
  const { value } = input;
  const isListed = value !== null && isTikTokCurrency(value.currency);
  const identity = isIdentityWithheld(input) ? {} : input.identity;
  const body = withoutBlanks({
    event_source: 'web',
    event_source_id: input.pixelCode,
    test_event_code: input.testEventCode,
    data: [
      withoutBlanks({
        event: input.eventName,
        event_time: Math.floor(input.occurredAtMs / 1_000),
        event_id: input.eventId,
        user: userOf(identity),
        page: withoutBlanks({ url: identity.pageUrl ?? input.fallbackPageUrl, referrer: identity.referrer }),
        properties: propertiesOf(input.order, isListed ? value : null),
        limited_data_use: input.limitedDataUse && identity.ip !== undefined ? true : undefined,
      }),
    ],
  });
  return {
    body: body as TrackRequest, // the client checks it against the schema before it leaves
    droppedCurrency: value !== null && !isListed ? value.currency : null,
  };
}

/**
 * An event without identity carries no page either, because TikTok reads the click id from the page's URL.
 * Limited data use requires the buyer's IP (https://business-api.tiktok.com/portal/docs?id=1771101204435970). Without an IP
 * TikTok cannot honour it, so the event is sent without identity.
 */
function isIdentityWithheld({ withoutIdentity, limitedDataUse, identity }: PurchaseEventInput): boolean {
  return withoutIdentity || (limitedDataUse && identity.ip === undefined);
}

function userOf(identity: Identity) {
  return withoutBlanks({
    email: identity.emailSha256,
    phone: identity.phoneSha256,
    external_id: identity.externalIdSha256,
    ttclid: identity.ttclid,
    ttp: identity.ttp,
    ip: identity.ip,
    user_agent: identity.userAgent,
    locale: identity.locale,
  });
}

function propertiesOf(order: EventOrder | undefined, value: EventValue | null) {
  const currency = order?.currency === value?.currency ? (value?.currency ?? null) : null;
  return withoutBlanks({
    content_type: 'product' as const,
    ...(value ? valueOf(value) : {}),
    ...(order?.contents ? contentsIn(order.contents, currency) : {}),
    order_id: order?.id,
    customer_type: order?.customerType,
  });
}

function valueOf({ amountMinor, currency }: EventValue) {
  return { value: decimalNumber(amountMinor, currency), currency };
}
