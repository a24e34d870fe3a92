/** What we know of a purchase → the body that tells TikTok. Pure. */
import type { Identity } from '../domain/identity';
import { decimalNumber } from '../domain/money';
import type { EventValue } from '../domain/purchase';
import { compact } from '../domain/compact';
import { isTikTokCurrency } from './currencies';
import type { TrackRequest } from './track-request';

export interface PurchaseEventInput {
  readonly pixelCode: string;
  readonly testEventCode: string | null;
  readonly eventName: string;
  readonly eventId: string;
  /** When the provider says it happened; the same on every retry. */
  readonly occurredAtMs: number;
  readonly value: EventValue | null;
  readonly identity: Identity;
  /** `page.url` when none was captured: TikTok wants one of every web event. */
  readonly fallbackPageUrl: string;
  readonly limitedDataUse: boolean;
  readonly withoutIdentity: boolean;
}

export interface PurchaseEvent {
  readonly body: TrackRequest;
  /** The currency that TikTok does not list, for which the event goes without value; the record says so. */
  readonly droppedCurrency: string | null;
}

/** https://business-api.tiktok.com/portal/docs?id=1771101303285761 */
export function purchaseEvent(input: PurchaseEventInput): PurchaseEvent {
  const { value } = input;
  const isListed = value !== null && isTikTokCurrency(value.currency);
  const identity = isIdentityWithheld(input) ? {} : input.identity;
  const body = compact({
    event_source: 'web',
    event_source_id: input.pixelCode,
    test_event_code: input.testEventCode,
    data: [
      compact({
        event: input.eventName,
        event_time: Math.floor(input.occurredAtMs / 1_000),
        event_id: input.eventId,
        user: userOf(identity),
        page: compact({ url: identity.pageUrl ?? input.fallbackPageUrl, referrer: identity.referrer }),
        properties: compact({ content_type: 'product', ...(isListed ? valueOf(value) : {}) }),
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
 * Without identity nothing of the buyer goes out, the page included: TikTok reads the click id from its URL too.
 * Limited data use needs the buyer's IP (https://business-api.tiktok.com/portal/docs?id=1771101204435970): without one TikTok
 * could not honour it, so we send nothing that it would have to limit.
 */
function isIdentityWithheld({ withoutIdentity, limitedDataUse, identity }: PurchaseEventInput): boolean {
  return withoutIdentity || (limitedDataUse && identity.ip === undefined);
}

function userOf(identity: Identity) {
  return compact({
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

function valueOf({ amountMinor, currency }: EventValue) {
  return { value: decimalNumber(amountMinor, currency), currency };
}
