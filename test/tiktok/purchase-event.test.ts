import { decimalFromMinor } from '../../src/domain/money';
import { judge } from '../../sandbox/tiktok/rules';
import { tiktokCurrencies } from '../../src/tiktok/currencies';
import { purchaseEvent, type PurchaseEventInput } from '../../src/tiktok/purchase-event';
import { checkTrackRequest, InvalidTrackRequest } from '../../src/tiktok/track-request';

const hash = (digit: string) => digit.repeat(64);

const input: PurchaseEventInput = {
  pixelCode: 'C4ABCDEFGHIJKLMNOPQR',
  testEventCode: null,
  eventName: 'CompletePayment',
  eventId: 'stripe:in_123',
  occurredAtMs: Date.UTC(2026, 10, 22, 10, 0, 0, 999),
  value: { amountMinor: 1999, currency: 'USD' },
  identity: {},
  fallbackPageUrl: 'https://shop.example/',
  limitedDataUse: false,
  withoutIdentity: false,
};

const identity = {
  emailSha256: hash('a'),
  phoneSha256: hash('b'),
  externalIdSha256: hash('c'),
  ttclid: 'E.C.P.'.padEnd(1_000, 'x'),
  clickAtMs: 1,
  ttp: '2Fm3Kx',
  ip: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (iPhone)',
  pageUrl: 'https://shop.example/plans?ttclid=E.C.P.x',
  referrer: 'https://www.tiktok.com/',
  locale: 'pt-BR',
  consent: 'granted',
} as const;

const eventOf = (change: Partial<PurchaseEventInput>) => purchaseEvent({ ...input, ...change }).body.data[0];

describe('the body of a purchase', () => {
  it('golden: nothing known of the buyer', () => {
    expect(purchaseEvent(input)).toEqual({
      body: {
        event_source: 'web',
        event_source_id: 'C4ABCDEFGHIJKLMNOPQR',
        data: [
          {
            event: 'CompletePayment',
            event_time: 1795341600,
            event_id: 'stripe:in_123',
            user: {},
            page: { url: 'https://shop.example/' },
            properties: { content_type: 'product', value: 19.99, currency: 'USD' },
          },
        ],
      },
      droppedCurrency: null,
    });
  });

  it('golden: everything known, limited, as a test event', () => {
    const { body } = purchaseEvent({ ...input, identity, limitedDataUse: true, testEventCode: 'TEST123' });
    expect(body).toEqual({
      event_source: 'web',
      event_source_id: 'C4ABCDEFGHIJKLMNOPQR',
      test_event_code: 'TEST123',
      data: [
        {
          event: 'CompletePayment',
          event_time: 1795341600,
          event_id: 'stripe:in_123',
          user: {
            email: hash('a'),
            phone: hash('b'),
            external_id: hash('c'),
            ttclid: identity.ttclid,
            ttp: '2Fm3Kx',
            ip: '203.0.113.7',
            user_agent: 'Mozilla/5.0 (iPhone)',
            locale: 'pt-BR',
          },
          page: { url: 'https://shop.example/plans?ttclid=E.C.P.x', referrer: 'https://www.tiktok.com/' },
          properties: { content_type: 'product', value: 19.99, currency: 'USD' },
          limited_data_use: true,
        },
      ],
    });
    expect(checkTrackRequest(body)).toEqual(body);
  });

  it("is the same whenever it is made: its time is the payment's, in seconds", () => {
    jest.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
    const later = purchaseEvent(input);
    jest.useRealTimers();
    expect(later).toEqual(purchaseEvent(input));
    expect(later.body.data[0].event_time).toBe(Date.UTC(2026, 10, 22, 10) / 1_000);
  });

  it.each([
    [{ amountMinor: 1480, currency: 'JPY' }, '1480'],
    [{ amountMinor: 5120, currency: 'KWD' }, '5.12'],
    [{ amountMinor: 90, currency: 'USD' }, '0.9'],
    [{ amountMinor: 0, currency: 'EUR' }, '0'],
  ])('writes %j as the number %s', (value, json) => {
    expect(JSON.stringify(eventOf({ value }).properties.value)).toBe(json);
    expect(eventOf({ value }).properties.currency).toBe(value.currency);
  });

  it.each(['UYU', 'LKR', 'RSD', 'usd', ''])(
    'sends %j, which TikTok does not list, without value and currency, and says so',
    (currency) => {
      const { body, droppedCurrency } = purchaseEvent({ ...input, value: { amountMinor: 1999, currency } });
      expect(body.data[0].properties).toEqual({ content_type: 'product' });
      expect(droppedCurrency).toBe(currency);
    },
  );

  it('has no value when the cell omits it', () => {
    const { body, droppedCurrency } = purchaseEvent({ ...input, value: null });
    expect(body.data[0].properties).toEqual({ content_type: 'product' });
    expect(droppedCurrency).toBeNull();
  });

  it('omits what is empty', () => {
    const event = eventOf({
      identity: { ttclid: '', ttp: '', userAgent: '', ip: '203.0.113.7', pageUrl: 'https://shop.example/x', referrer: '' },
    });
    expect(event.user).toEqual({ ip: '203.0.113.7' });
    expect(event.page).toEqual({ url: 'https://shop.example/x' });
    expect(purchaseEvent({ ...input, testEventCode: '' }).body).not.toHaveProperty('test_event_code');
  });
});

describe('the order', () => {
  const order: NonNullable<PurchaseEventInput['order']> = {
    id: 'in_123',
    currency: 'USD',
    contents: {
      items: [
        { id: 'price_1', name: 'Premium', category: 'Apps', quantity: 2, unitMinor: 999 },
        { id: 'price_2', quantity: 1 },
        { id: 'price_1', name: 'Premium', category: 'Apps', quantity: 1, unitMinor: 1 },
      ],
      predictedLtv: 89,
    },
    customerType: 'new',
  };
  const propertiesWith = (more: Partial<PurchaseEventInput>) => eventOf({ order, ...more }).properties;

  it('golden: says what was bought, and that the buyer is new', () => {
    const { body } = purchaseEvent({ ...input, order });
    expect(body.data[0].properties).toEqual({
      content_type: 'product',
      value: 19.99,
      currency: 'USD',
      contents: [
        { content_id: 'price_1', content_name: 'Premium', content_category: 'Apps', quantity: 2, price: 9.99 },
        { content_id: 'price_2', quantity: 1 },
        { content_id: 'price_1', content_name: 'Premium', content_category: 'Apps', quantity: 1, price: 0.01 },
      ],
      content_ids: ['price_1', 'price_2'],
      num_items: 4,
      predicted_ltv: 89,
      order_id: 'in_123',
      customer_type: 'new',
    });
    expect(checkTrackRequest(body)).toEqual(body);
    expect(judge(body)).toEqual({ refusal: null, warnings: [] });
  });

  it('of which nothing is known has no contents, and no empty list of them', () => {
    expect(propertiesWith({ order: { ...order, contents: null } })).toEqual({
      ...{ content_type: 'product', value: 19.99, currency: 'USD', order_id: 'in_123', customer_type: 'new' },
    });
  });

  it.each<[string, Partial<PurchaseEventInput>]>([
    ['has no value', { value: null }],
    ['has a value in another currency', { value: { amountMinor: 999, currency: 'EUR' } }],
    [
      'is in a currency that TikTok does not list',
      { value: { amountMinor: 999, currency: 'UYU' }, order: { ...order, currency: 'UYU' } },
    ],
  ])('names no amounts where the event %s', (_which, more) => {
    const { body } = purchaseEvent({ ...input, order, ...more });
    const { contents, num_items: count, predicted_ltv: ltv } = body.data[0].properties;
    expect(contents?.map((content) => 'price' in content)).toEqual([false, false, false]);
    expect([count, ltv]).toEqual([4, undefined]);
    expect(checkTrackRequest(body)).toEqual(body);
    expect(judge(body)).toEqual({ refusal: null, warnings: [] });
  });

  it('writes prices in the exponent of their currency', () => {
    const yen = { ...order, currency: 'JPY' };
    expect(propertiesWith({ order: yen, value: { amountMinor: 1480, currency: 'JPY' } }).contents?.[0]?.price).toBe(999);
  });

  it('stays when identity is withheld: it says nothing of the person', () => {
    expect(propertiesWith({ identity, withoutIdentity: true }).contents).toHaveLength(3);
  });
});

describe('consent', () => {
  it('without identity nothing of the buyer leaves, the page with its click id included', () => {
    const event = eventOf({ identity, withoutIdentity: true, limitedDataUse: true });
    expect(event.user).toEqual({});
    expect(event.page).toEqual({ url: 'https://shop.example/' });
    expect(event).not.toHaveProperty('limited_data_use');
    expect(JSON.stringify(event)).not.toMatch(/E\.C\.P|aaaa|203\.0/);
  });

  it("limited data use, which needs the buyer's IP, without one withholds the identity", () => {
    const event = eventOf({ identity: { emailSha256: hash('a'), ttclid: 'x' }, limitedDataUse: true });
    expect(event.user).toEqual({});
    expect(event).not.toHaveProperty('limited_data_use');
  });
});

describe('the schema of what leaves', () => {
  const good = purchaseEvent({ ...input, identity }).body;
  const [event] = good.data;
  const withEvent = (change: object) => ({ ...good, data: [{ ...event, ...change }] });
  const withUser = (change: object) => withEvent({ user: { ...event.user, ...change } });
  const withProperties = (change: object) => withEvent({ properties: { ...event.properties, ...change } });

  it('passes what we make, and so do the rules of the sandbox', () => {
    expect(checkTrackRequest(good)).toEqual(good);
    expect(judge(good)).toEqual({ refusal: null, warnings: [] });
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /body/],
    ['an empty object', {}, /event_source/],
    ['another source', { ...good, event_source: 'app' }, /event_source/],
    ['no pixel', { ...good, event_source_id: '' }, /event_source_id/],
    ['an unknown root field', { ...good, pixel_code: 'x' }, /pixel_code/],
    ['an empty test code', { ...good, test_event_code: '' }, /test_event_code/],
    ['no event', { ...good, data: [] }, /data/],
    ['two events', { ...good, data: [event, event] }, /data/],
    ['Events API 1.0', withEvent({ timestamp: '2026-11-22T10:00:00Z' }), /timestamp/],
    ['a time in milliseconds', withEvent({ event_time: 1795341600000 }), /data\.0\.event_time/],
    ['half a second', withEvent({ event_time: 1795341600.5 }), /data\.0\.event_time/],
    ['a time as text', withEvent({ event_time: '1795341600' }), /data\.0\.event_time/],
    ['no time at all', withEvent({ event_time: NaN }), /data\.0\.event_time/],
    ['no name', withEvent({ event: '' }), /data\.0\.event/],
    ['no id', withEvent({ event_id: '' }), /data\.0\.event_id/],
    ['no user', withEvent({ user: undefined }), /data\.0\.user/],
    ['no page', withEvent({ page: undefined }), /data\.0\.page/],
    ['a page without scheme', withEvent({ page: { url: 'shop.example' } }), /data\.0\.page\.url/],
    ['an empty list of contents', withProperties({ contents: [], content_ids: ['a'], num_items: 1 }), /contents/],
    [
      'contents without their ids',
      withProperties({ contents: [{ content_id: 'a', quantity: 1 }], num_items: 1 }),
      /come together/,
    ],
    ['ids without contents', withProperties({ content_ids: ['a'] }), /come together/],
    [
      'a price as text',
      withProperties({ contents: [{ content_id: 'a', quantity: 1, price: '9.99' }], content_ids: ['a'], num_items: 1 }),
      /price/,
    ],
    [
      'a price without currency',
      withProperties({
        value: undefined,
        currency: undefined,
        contents: [{ content_id: 'a', quantity: 1, price: 1 }],
        content_ids: ['a'],
        num_items: 1,
      }),
      /need a currency/,
    ],
    [
      'half an item',
      withProperties({ contents: [{ content_id: 'a', quantity: 0.5 }], content_ids: ['a'], num_items: 1 }),
      /quantity/,
    ],
    [
      'content_type within contents',
      withProperties({ contents: [{ content_id: 'a', quantity: 1, content_type: 'product' }], content_ids: ['a'], num_items: 1 }),
      /content_type/,
    ],
    ['a customer of another kind', withProperties({ customer_type: 'loyal' }), /customer_type/],
    ['a lifetime value as text', withProperties({ predicted_ltv: '89.00' }), /predicted_ltv/],
    ['an e-mail in clear', withUser({ email: 'alice@example.com' }), /data\.0\.user\.email/],
    ['a hash in upper case', withUser({ email: hash('A') }), /data\.0\.user\.email/],
    ['an MD5', withUser({ phone: 'd41d8cd98f00b204e9800998ecf8427e' }), /data\.0\.user\.phone/],
    ['an external id in clear', withUser({ external_id: 'user_123' }), /data\.0\.user\.external_id/],
    ['a misspelt field', withUser({ ttclidX: 'x' }), /ttclidX/],
    ["the browser's name of the phone", withUser({ phone_number: hash('b') }), /phone_number/],
    ['a ttclid beyond 1,000', withUser({ ttclid: 'x'.repeat(1_001) }), /data\.0\.user\.ttclid/],
    ['an empty ttp', withUser({ ttp: '' }), /data\.0\.user\.ttp/],
    ['an ip that is none', withUser({ ip: '1.2.3' }), /data\.0\.user\.ip/],
    ['a value as text', withProperties({ value: '19.99' }), /data\.0\.properties\.value/],
    ['a negative value', withProperties({ value: -1 }), /data\.0\.properties\.value/],
    ['an infinite value', withProperties({ value: Infinity }), /data\.0\.properties\.value/],
    ['a currency in lower case', withProperties({ currency: 'usd' }), /data\.0\.properties\.currency/],
    ['a currency that is not listed', withProperties({ currency: 'UYU' }), /data\.0\.properties\.currency/],
    ['a value without currency', withProperties({ currency: undefined }), /data\.0\.properties/],
    ['contents_ids', withProperties({ contents_ids: [] }), /contents_ids/],
    ['limited data use without ip', withEvent({ limited_data_use: true, user: {} }), /limited_data_use/],
  ])('refuses %s, and says where', (_what, body, where) => {
    expect(() => checkTrackRequest(body)).toThrow(InvalidTrackRequest);
    expect(() => checkTrackRequest(body)).toThrow(where);
  });

  it('never says what was there', () => {
    try {
      checkTrackRequest(withUser({ email: 'alice@example.com', ip: 'ip-of-alice', ttclid: 'clickclick'.repeat(101) }));
      throw new Error('was let through');
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidTrackRequest);
      expect(String(error)).not.toMatch(/alice|click/);
    }
  });
});

describe('the currencies that TikTok lists', () => {
  const documented =
    'AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK JPY KES KHR ' +
    'KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VES VND ZAR';

  it('are the 62 of the reference', () => {
    expect(tiktokCurrencies).toEqual(documented.split(' '));
    expect(tiktokCurrencies).toHaveLength(62);
  });

  it.each(tiktokCurrencies)('%s: what we write is the exact amount', (currency) => {
    const value = eventOf({ value: { amountMinor: 1_234_567, currency } }).properties.value;
    expect(value).toBe(Number(decimalFromMinor(1_234_567, currency)));
  });
});
