import { matchedIdentifiers } from '../../src/tiktok/matched-by';
import { purchaseEvent } from '../../src/tiktok';

const sha = 'a'.repeat(64);
const base = {
  ...{
    pixelCode: 'PIXEL',
    testEventCode: null,
    eventName: 'CompletePayment',
    eventId: 'stripe:in_1',
    occurredAtMs: 1_790_000_000_000,
  },
  ...{ value: null, fallbackPageUrl: 'https://shop.example', limitedDataUse: false, withoutIdentity: false },
};

describe('what identified the buyer', () => {
  it('names the identifiers that the request carries, and nothing else of the buyer', () => {
    const { body } = purchaseEvent({ ...base, identity: { emailSha256: sha, ttclid: 'click', ip: '203.0.113.7', locale: 'en' } });
    expect(matchedIdentifiers(body)).toEqual(['ttclid', 'email', 'ip']);
  });

  it('names all of them', () => {
    const identity = {
      ...{ emailSha256: sha, phoneSha256: sha, externalIdSha256: sha },
      ...{ ttclid: 'click', ttp: 'cookie', ip: '203.0.113.7', userAgent: 'browser' },
    };
    expect(matchedIdentifiers(purchaseEvent({ ...base, identity }).body)).toEqual([
      ...['ttclid', 'ttp', 'email', 'phone', 'external_id', 'ip', 'user_agent'],
    ]);
  });

  it('names none where the identity is withheld', () => {
    const { body } = purchaseEvent({ ...base, identity: { emailSha256: sha }, withoutIdentity: true });
    expect(matchedIdentifiers(body)).toEqual([]);
  });
});
