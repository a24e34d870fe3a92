import { createContext, runInContext } from 'node:vm';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import helmet from 'helmet';
import { pixelScript } from '../../../sandbox/tiktok/pixel';
import { createTikTokSandbox, startTikTokSandbox, type RunningTikTokSandbox } from '../../../sandbox/tiktok/receiver';

const pixelCode = 'C4ABCDEFGHIJKLMNOPQR';
const startMs = Date.UTC(2026, 10, 22, 10);
const minute = 60_000;
const hour = 60 * minute;
const hash = 'a'.repeat(64);

let now = startMs;
let sandbox: RunningTikTokSandbox;

beforeEach(async () => {
  now = startMs;
  sandbox = await startTikTokSandbox({ nowMs: () => now, pixelCodes: [pixelCode] });
});
afterEach(() => sandbox.close());

function act(change: Record<string, unknown> = {}) {
  return {
    pixelCode,
    event: 'CompletePayment',
    event_id: 'checkout-1',
    properties: { value: 19.99, currency: 'USD' },
    user: { email: hash },
    ttclid: 'E.C.P.1',
    ttp: 'ttp-of-the-visitor',
    url: 'https://funnel.example.com/thanks?ttclid=E.C.P.1',
    referrer: '',
    consent: 'granted',
    limited_data_use: false,
    at: startMs,
    ...change,
  };
}

const post = (body: unknown, url = sandbox.url) =>
  fetch(`${url}/api/v2/pixel/act`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', 'User-Agent': 'Mozilla/5.0', Origin: 'https://funnel.example.com' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

function postFromServer(event: string, eventId: string) {
  return fetch(`${sandbox.url}/open_api/v1.3/event/track/`, {
    method: 'POST',
    headers: { 'Access-Token': 'token', 'Content-Type': 'application/json' },
    body: JSON.stringify({
      event_source: 'web',
      event_source_id: pixelCode,
      data: [
        { event, event_id: eventId, event_time: Math.floor(now / 1_000), user: {}, page: { url: 'https://funnel.example.com/' } },
      ],
    }),
  });
}

const seen = () => sandbox.events().map(({ source, fate }) => `${String(source)} ${fate}`);

describe('what a page tells', () => {
  it('is in the ledger beside what servers tell, under the same names', async () => {
    const response = await post(act());
    expect(response.status).toBe(200);
    expect(sandbox.events()).toEqual([
      {
        source: 'browser',
        at: startMs,
        requestId: expect.stringMatching(/^sandbox\d+$/) as string,
        pixelCode,
        testEventCode: null,
        eventName: 'CompletePayment',
        eventId: 'checkout-1',
        eventTime: startMs / 1_000,
        value: 19.99,
        currency: 'USD',
        properties: expect.objectContaining({ value: 19.99, currency: 'USD' }) as object,
        user: { email: hash, ttclid: 'E.C.P.1', ttp: 'ttp-of-the-visitor', ip: '127.0.0.1', user_agent: 'Mozilla/5.0' },
        pageUrl: 'https://funnel.example.com/thanks?ttclid=E.C.P.1',
        limitedDataUse: false,
        fate: 'counted',
        answer: '0: OK',
        warnings: [],
      },
    ]);
  });

  it('is merged with the server’s event of the same name and id, dropped after five minutes, counted again after 48 hours', async () => {
    await post(act());
    await postFromServer('CompletePayment', 'checkout-1');
    now += 5 * minute + 1;
    await postFromServer('CompletePayment', 'checkout-1');
    now += 48 * hour;
    await post(act());
    expect(seen()).toEqual(['browser counted', 'server merged', 'server dropped', 'browser counted']);
  });

  it('comes second as well as first', async () => {
    await postFromServer('CompletePayment', 'checkout-1');
    await post(act());
    expect(seen()).toEqual(['server counted', 'browser merged']);
  });

  it.each([
    ['under another name', 'Purchase', 'checkout-1'],
    ['with another id', 'CompletePayment', 'stripe:in_1'],
  ])('is counted twice when the server tells it %s', async (_, event, eventId) => {
    await post(act());
    await postFromServer(event, eventId);
    expect(seen()).toEqual(['browser counted', 'server counted']);
  });

  it('is counted each time without an event_id', async () => {
    const pageview = act({ event: 'Pageview', event_id: null, properties: {} });
    await post(pageview);
    await post(pageview);
    expect(sandbox.events().map(({ eventName, eventId, fate, warnings }) => ({ eventName, eventId, fate, warnings }))).toEqual([
      { eventName: 'Pageview', eventId: null, fate: 'counted', warnings: [] },
      { eventName: 'Pageview', eventId: null, fate: 'counted', warnings: [] },
    ]);
  });

  it.each([
    ['an unknown pixel', act({ pixelCode: 'C4ANOTHERPIXEL000000' }), '40002: pixelCode: does not exist'],
    ['no pixel', act({ pixelCode: null }), '40002: pixelCode: missing'],
    ['no event', act({ event: '' }), '40002: event: missing'],
    ['no JSON', 'event=CompletePayment', '40002: pixelCode: missing'],
    ['null', 'null', '40002: pixelCode: missing'],
  ])('is refused with %s', async (_, body, answer) => {
    expect((await post(body)).status).toBe(400);
    expect(sandbox.events()).toMatchObject([{ source: 'browser', fate: 'refused', answer }]);
  });
});

describe('what TikTok would frown on is a warning', () => {
  it.each([
    ['an e-mail in clear', { user: { email: 'alice@example.com' } }, 'identify: email is not a SHA-256 hash in lower-case hex'],
    [
      'a phone in clear',
      { user: { phone_number: '+12133734253' } },
      'identify: phone_number is not a SHA-256 hash in lower-case hex',
    ],
    ['a hash in upper case', { user: { email: 'A'.repeat(64) } }, 'identify: email is not a SHA-256 hash in lower-case hex'],
    ['the server’s phone', { user: { phone: hash } }, 'identify: phone is not known in the browser, there it is phone_number'],
    ['an unknown field', { user: { name: 'Alice' } }, 'identify: name is not a known field, ignored'],
    ['an empty field', { user: { email: '' } }, 'identify: email is empty'],
    [
      'an event_id among the properties',
      { properties: { value: 1, currency: 'USD', event_id: 'checkout-1' } },
      'properties.event_id: a mere property; the event_id is the third argument of track',
    ],
    ['a purchase without event_id', { event_id: null }, 'event_id: missing, the purchase cannot be deduplicated'],
    ['a value without currency', { properties: { value: 1 } }, 'properties: value and currency come together'],
    ['a currency without value', { properties: { currency: 'USD' } }, 'properties: value and currency come together'],
    ['a value that is a text', { properties: { value: '1', currency: 'USD' } }, 'properties.value: not an amount'],
    ['an unknown currency', { properties: { value: 1, currency: 'XAU' } }, 'properties.currency: not a supported currency'],
    ['a long click id', { ttclid: 'x'.repeat(1_001) }, 'ttclid: longer than 1000 characters'],
  ])('%s', async (_, change, warning) => {
    await post(act(change));
    expect(sandbox.events()).toMatchObject([{ fate: 'counted', warnings: [warning] }]);
  });

  it.each([
    ['hashes under their own names', { user: { sha256_email: hash, sha256_phone_number: hash } }, { email: hash, phone: hash }],
    ['a phone and an id', { user: { phone_number: hash, external_id: hash } }, { phone: hash, external_id: hash }],
    ['nobody identified', { user: {} }, {}],
    ['a click id of 1,000 characters', { ttclid: 'x'.repeat(1_000) }, { ttclid: 'x'.repeat(1_000) }],
    ['no value at all', { properties: {} }, {}],
  ])('but not %s', async (_, change, user) => {
    await post(act(change));
    expect(sandbox.events()).toMatchObject([{ warnings: [], user }]);
  });
});

describe('the routes', () => {
  it('serve the script to every origin', async () => {
    const response = await fetch(`${sandbox.url}/i18n/pixel/events.js?sdkid=${pixelCode}&lib=ttq`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(await response.text()).toBe(pixelScript);
  });

  it.each(['', `?sdkid=${pixelCode}`, '?lib=ttq', '?sdkid=&lib=ttq', `?sdkid=${pixelCode}&lib=fbq`, '?sdkid=a&sdkid=b&lib=ttq'])(
    'serve a comment to %p',
    async (query) => {
      const response = await fetch(`${sandbox.url}/i18n/pixel/events.js${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toMatch(/^\/\/ .*\n$/);
    },
  );

  it('let pages of other origins in, also behind helmet', async () => {
    const server = createServer(express().use(helmet()).use('/sandbox/tiktok', createTikTokSandbox().router));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/tiktok`;
    const answers = [await fetch(`${url}/i18n/pixel/events.js?sdkid=${pixelCode}&lib=ttq`), await post(act(), url)];
    for (const { status, headers } of answers) {
      expect(status).toBe(200);
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    }
    expect(answers[1]?.headers.get('access-control-allow-origin')).toBe('https://funnel.example.com');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the live view', () => {
  it('is a page with its style and script beside it, under a policy that allows just that', async () => {
    const page = await fetch(`${sandbox.url}/_sandbox`);
    expect({ status: page.status, url: page.url }).toEqual({ status: 200, url: `${sandbox.url}/_sandbox/` });
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/<script[^>]*>[^<]|<style|style=|onclick/);
    const linked = [...html.matchAll(/(?:src|href)="(live\.\w+)"/g)].map(([, name = '']) => name);
    expect(linked).toEqual(['live.css', 'live.js']);
    const types = await Promise.all(linked.map(async (name) => (await fetch(`${page.url}${name}`)).headers.get('content-type')));
    expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
  });

  it('reads the latest events, and the counts of all', async () => {
    for (const eventId of ['a', 'b', 'c']) await post(act({ event_id: eventId }));
    const latest = (await (await fetch(`${sandbox.url}/_sandbox/events?latest=2`)).json()) as {
      items: { eventId: string }[];
      counts: object;
    };
    expect(latest.items.map(({ eventId }) => eventId)).toEqual(['b', 'c']);
    expect(latest.counts).toMatchObject({ counted: 3 });
  });
});

// --- the script in a small imitation of a window --------------------------------------------------------------------------------------

interface Page {
  readonly window: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a page has on it is not typed
  readonly posts: any[]; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly addresses: string[];
  /** Every cookie as it was written. */
  readonly written: string[];
  /** TikTok's script arrives. */
  arrive(code?: string): void;
}

/** TikTok's own stub, as pasted into pages; `load` does all but insert the script. */
const stub = `
  window.TiktokAnalyticsObject = 'ttq';
  var ttq = window.ttq = window.ttq || [];
  ttq.methods = ['page','track','identify','instances','debug','on','off','once','ready','alias','group','enableCookie','disableCookie','holdConsent','revokeConsent','grantConsent'];
  ttq.setAndDefer = function (t, e) { t[e] = function () { t.push([e].concat(Array.prototype.slice.call(arguments, 0))); }; };
  ttq.methods.forEach(function (method) { ttq.setAndDefer(ttq, method); });
  ttq.instance = function (id) { var e = ttq._i[id] || []; ttq.methods.forEach(function (method) { ttq.setAndDefer(e, method); }); return e; };
  ttq.load = function (id, options) {
    ttq._i = ttq._i || {}; ttq._i[id] = []; ttq._t = ttq._t || {}; ttq._t[id] = 1; ttq._o = ttq._o || {}; ttq._o[id] = options || {};
  };
`;

function openPage(code = stub, { cookies = {}, url = 'https://funnel.example.com/paywall' } = {}): Page {
  const posts: unknown[] = [];
  const addresses: string[] = [];
  const written: string[] = [];
  const jar = new Map(Object.entries<string>(cookies));
  const window: Record<string, unknown> = {
    URL,
    location: { href: url },
    crypto: { getRandomValues: (bytes: Uint8Array) => bytes.map((_, index) => index) },
    navigator: {
      sendBeacon: (address: string, body: string) => {
        addresses.push(address);
        posts.push(JSON.parse(body));
        return true;
      },
    },
    document: {
      currentScript: null as { src: string } | null,
      referrer: 'https://www.tiktok.com/',
      get cookie() {
        return [...jar].map((pair) => pair.join('=')).join('; ');
      },
      set cookie(text: string) {
        written.push(text);
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
        jar.set(name, value);
      },
    },
  };
  window.window = window;
  createContext(window);
  runInContext(code, window);
  return {
    ...{ window, posts, addresses, written },
    arrive(sdkid = pixelCode) {
      (window.document as { currentScript: { src: string } }).currentScript = {
        src: `https://relay.example.com/sandbox/tiktok/i18n/pixel/events.js?sdkid=${sdkid}&lib=ttq`,
      };
      runInContext(pixelScript, window);
    },
  };
}

function loadedPage(setting?: Parameters<typeof openPage>[1], options?: object): Page {
  const page = openPage(stub, setting);
  page.window.ttq.load(pixelCode, options);
  return page;
}

const told = ({ posts }: Page) => posts.map(({ pixelCode: of, event, event_id: id }) => [of, event, id]);

describe('the script', () => {
  it('replays what was queued, in order, and is live from then on', () => {
    const page = loadedPage();
    const { ttq } = page.window;
    ttq.page();
    ttq.track('CompletePayment', { value: 1 }, { event_id: 'before' });
    expect(page.posts).toEqual([]);
    page.arrive();
    ttq.track('CompletePayment', {}, { event_id: 'after' });
    ttq.push(['track', 'Pushed']);
    expect(told(page)).toEqual([
      [pixelCode, 'Pageview', null],
      [pixelCode, 'CompletePayment', 'before'],
      [pixelCode, 'CompletePayment', 'after'],
      [pixelCode, 'Pushed', null],
    ]);
    expect(new Set(page.addresses)).toEqual(new Set(['https://relay.example.com/sandbox/tiktok/api/v2/pixel/act']));
  });

  it('tells where the page is, who the visitor is said to be, and which click brought him', () => {
    const url = 'https://funnel.example.com/paywall?ttclid=E.C.P.1';
    const page = loadedPage({ url });
    const { ttq } = page.window;
    page.arrive();
    ttq.track('First');
    ttq.identify({ email: hash });
    ttq.identify({ external_id: hash });
    ttq.track('Second', { value: 1, currency: 'USD' });
    const ttp = '0123456789abcdefghijklmnopq';
    const common = {
      pixelCode,
      event_id: null,
      ttclid: 'E.C.P.1',
      ttp,
      url,
      referrer: 'https://www.tiktok.com/',
      consent: 'unset',
    };
    expect(page.posts).toMatchObject([
      { ...common, event: 'First', properties: {}, user: {} },
      { ...common, event: 'Second', properties: { value: 1, currency: 'USD' }, user: { email: hash, external_id: hash } },
    ]);
    expect(page.written).toEqual([
      `_ttp=${ttp}; Max-Age=33696000; Path=/; SameSite=Lax`,
      'ttclid=E.C.P.1; Max-Age=33696000; Path=/; SameSite=Lax',
    ]);
  });

  it('knows a visitor who comes back by his cookies, and writes none', () => {
    const page = loadedPage({ cookies: { _ttp: 'known', ttclid: 'E.C.P.0' } });
    page.arrive();
    page.window.ttq.page();
    expect(page.posts).toMatchObject([{ ttp: 'known', ttclid: 'E.C.P.0' }]);
    expect(page.written).toEqual([]);
  });

  it('disableCookie: neither writes nor reads any until enableCookie', () => {
    const page = loadedPage({ cookies: { ttclid: 'E.C.P.0' } });
    const { ttq } = page.window;
    ttq.disableCookie();
    page.arrive();
    ttq.page();
    expect(page.posts).toMatchObject([{ ttp: null, ttclid: null }]);
    expect(page.written).toEqual([]);
    ttq.enableCookie();
    ttq.page();
    expect(page.posts[1]).toMatchObject({ ttclid: 'E.C.P.0', ttp: expect.stringMatching(/^.{27}$/) });
  });

  it('holdConsent: keeps events to itself, without a cookie, until grantConsent', () => {
    const page = openPage();
    const { ttq } = page.window;
    ttq.holdConsent();
    ttq.load(pixelCode);
    ttq.page();
    page.arrive();
    ttq.track('Held');
    expect({ posts: page.posts, written: page.written }).toEqual({ posts: [], written: [] });
    ttq.grantConsent();
    ttq.track('After');
    expect(page.posts).toMatchObject([
      { event: 'Pageview', consent: 'granted', ttp: expect.any(String) },
      { event: 'Held', consent: 'granted' },
      { event: 'After', consent: 'granted' },
    ]);
  });

  it('revokeConsent: what was held is gone, and nothing is sent until grantConsent', () => {
    const page = loadedPage();
    const { ttq } = page.window;
    page.arrive();
    ttq.track('Sent');
    ttq.holdConsent();
    ttq.track('Held');
    ttq.revokeConsent();
    ttq.track('Revoked');
    ttq.grantConsent();
    ttq.track('Granted');
    expect(page.posts.map(({ event }) => event)).toEqual(['Sent', 'Granted']);
  });

  it('ready: calls at once when it is live, else when it gets there, and survives a callback that throws', () => {
    const page = loadedPage();
    const { ttq } = page.window;
    const calls: string[] = [];
    const thrown: unknown[] = [];
    page.window.setTimeout = (callback: () => void) => {
      try {
        callback();
      } catch (error) {
        thrown.push(error);
      }
    };
    ttq.ready(() => calls.push('queued'));
    ttq.ready(() => {
      throw new Error('of the page');
    });
    expect(calls).toEqual([]);
    page.arrive();
    ttq.ready(() => calls.push('live'));
    expect(calls).toEqual(['queued', 'live']);
    expect(thrown).toHaveLength(1);
  });

  it('two pixels: a call goes to both, whenever their scripts arrive; one to an instance, or with a pixel_code, to that one', () => {
    const page = loadedPage();
    const { ttq } = page.window;
    ttq.load('SECOND');
    const first = ttq.instance(pixelCode);
    ttq.track('Both');
    first.track('OnlyFirst');
    page.arrive();
    ttq.track('BothLater');
    page.arrive('SECOND');
    first.track('OnlyFirstLive');
    ttq.instance('SECOND').track('OnlySecond');
    ttq.instance('THIRD').track('Nowhere');
    ttq.track('ByCode', {}, { pixel_code: 'SECOND' });
    const of = (code: string) => page.posts.filter((one) => one.pixelCode === code).map(({ event }) => event);
    expect(of(pixelCode)).toEqual(['Both', 'OnlyFirst', 'BothLater', 'OnlyFirstLive']);
    expect(of('SECOND')).toEqual(['Both', 'BothLater', 'OnlySecond', 'ByCode']);
    expect(page.posts).toHaveLength(8);
    expect([...ttq.instances()]).toEqual([pixelCode, 'SECOND']);
  });

  it('load options: limited_data_use travels with each event', () => {
    const page = loadedPage({}, { limited_data_use: true });
    page.arrive();
    page.window.ttq.page();
    expect(page.posts).toMatchObject([{ limited_data_use: true }]);
  });

  it('arriving twice changes nothing', () => {
    const page = loadedPage();
    page.window.ttq.page();
    page.arrive();
    page.arrive();
    page.window.ttq.load(pixelCode);
    page.arrive();
    page.window.ttq.track('Once');
    expect(told(page)).toEqual([
      [pixelCode, 'Pageview', null],
      [pixelCode, 'Once', null],
    ]);
  });

  it.each([
    ['no stub', ''],
    [
      'a stub in Facebook’s shape',
      `window.TiktokAnalyticsObject = 'ttq'; window.ttq = function () { ttq.queue.push(arguments) }; ttq.queue = [];`,
    ],
    ['a stub under another name', stub.replace(`= 'ttq'`, `= 'other'`) + `ttq.load('${pixelCode}'); ttq.page();`],
    ['another pixel loaded', `${stub} ttq.load('ANOTHER'); ttq.page();`],
    ['no pixel loaded', `${stub} ttq.page();`],
  ])('does nothing, in silence, on a page with %s', (_, code) => {
    const page = openPage(code);
    page.arrive();
    expect({ posts: page.posts, written: page.written }).toEqual({ posts: [], written: [] });
  });
});

it.each([
  ['https://shop.example.com/paywall?email=Me%40Example.com', 'url: holds something like an e-mail address'],
  ['https://shop.example.com/of/me@example.com', 'url: holds something like an e-mail address'],
  ['https://shop.example.com/#mail=me@example.co.uk', 'url: holds something like an e-mail address'],
  ['https://shop.example.com/?phone=555-123-4567', 'url: holds something like a phone number'],
  ['https://shop.example.com/?n=%2B49%20151%201234567', 'url: holds something like a phone number'],
])('an address with a person in it is warned of: %s', async (url, warning) => {
  await post(act({ url }));
  expect(sandbox.events()[0]?.warnings).toEqual([expect.stringContaining(warning)]);
});

it('the referrer is looked at too', async () => {
  await post(act({ referrer: 'https://shop.example.com/?email=me@example.com' }));
  expect(sandbox.events()[0]?.warnings).toEqual([expect.stringContaining('referrer: holds something like an e-mail address')]);
});

it.each([
  'https://shop.example.com/@brand/thanks?ttclid=E.C.P.1234567890',
  'https://shop.example.com/?handle=@brand&gclid=1234567890123',
  'https://shop.example.com/?order=555-123-4567&at=100%',
])('an address without a person in it is fine: %s', async (url) => {
  await post(act({ url }));
  expect(sandbox.events()[0]?.warnings).toEqual([]);
});
