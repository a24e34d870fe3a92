import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import {
  createTikTokSandbox,
  startTikTokSandbox,
  type RunningTikTokSandbox,
  type TikTokSandboxOptions,
} from '../../../sandbox/tiktok/receiver';
import { createEventsApi, type EventsApi } from '../../../src/tiktok/events-api';
import { purchaseEvent } from '../../../src/tiktok/purchase-event';

const startMs = Date.UTC(2026, 10, 22, 10);
const minute = 60_000;
const hour = 60 * minute;
const hash = 'a'.repeat(64);

let now = startMs;
let sandbox: RunningTikTokSandbox;
let client: EventsApi;
/** Gives up at once, for what never answers; the other one waits as long as a slow machine may take. */
let impatient: EventsApi;

async function start(options: TikTokSandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  sandbox = await startTikTokSandbox({ nowMs: () => now, ...options });
}

beforeEach(async () => {
  now = startMs;
  sandbox = await startTikTokSandbox({ nowMs: () => now });
  client = createEventsApi({ timeoutMs: 30_000 });
  impatient = createEventsApi({ timeoutMs: 300 });
});

afterEach(async () => {
  await sandbox.close();
  await Promise.all([client.close(), impatient.close()]);
});

function request(change: { eventId?: string; testEventCode?: string; pixelCode?: string; eventName?: string } = {}) {
  return purchaseEvent({
    pixelCode: 'C4ABCDEFGHIJKLMNOPQR',
    testEventCode: null,
    eventName: 'CompletePayment',
    eventId: 'stripe:in_123',
    occurredAtMs: startMs,
    value: { amountMinor: 1999, currency: 'USD' },
    identity: { emailSha256: hash, ip: '203.0.113.7' },
    fallbackPageUrl: 'https://shop.example/',
    limitedDataUse: false,
    withoutIdentity: false,
    ...change,
  }).body;
}

const track = (body = request(), accessToken = 'token', by = client) => by.track({ baseUrl: sandbox.url, accessToken }, body);

/** Past our own client and schema. */
async function post(
  body: unknown,
  headers: Record<string, string> = { 'Access-Token': 'token', 'Content-Type': 'application/json' },
) {
  const response = await fetch(`${sandbox.url}/open_api/v1.3/event/track/`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    ...((await response.json()) as { code: number; message: string; request_id: string; data: object }),
  };
}

const fates = () => sandbox.events().map((event) => event.fate);

describe('what it takes', () => {
  it('is recorded as it came, without warnings', async () => {
    expect(await track()).toMatchObject({
      kind: 'accepted',
      code: 0,
      requestId: expect.stringMatching(/^sandbox\d+$/) as string,
    });
    expect(sandbox.events()).toEqual([
      {
        source: 'server',
        at: startMs,
        requestId: expect.any(String) as string,
        pixelCode: 'C4ABCDEFGHIJKLMNOPQR',
        testEventCode: null,
        eventName: 'CompletePayment',
        eventId: 'stripe:in_123',
        eventTime: startMs / 1_000,
        value: 19.99,
        currency: 'USD',
        properties: { content_type: 'product', value: 19.99, currency: 'USD' },
        user: { email: hash, ip: '203.0.113.7' },
        pageUrl: 'https://shop.example/',
        limitedDataUse: false,
        fate: 'counted',
        answer: '0: OK',
        warnings: [],
      },
    ]);
  });

  it('what TikTok swallows is a warning', async () => {
    const body = request();
    const [event] = body.data;
    const odd = {
      ...body,
      pixel_code: 'x',
      data: [
        {
          ...event,
          timestamp: 'x',
          user: { ...event.user, ttclidX: 'x', ttp: '' },
          properties: { ...event.properties, contents_ids: [] },
        },
      ],
    };
    expect(await post(odd)).toMatchObject({ status: 200, code: 0, message: 'OK', data: {} });
    expect(sandbox.events()[0]?.warnings).toEqual([
      'pixel_code: not a known field, ignored',
      'data.0.timestamp: not a known field, ignored',
      'data.0.user.ttclidX: not a known field, ignored',
      'data.0.user.ttp: empty',
      'data.0.properties.contents_ids: not a known field, ignored',
    ]);
  });

  it('test events are kept apart and never counted', async () => {
    await track(request({ testEventCode: 'TEST1' }));
    await track();
    expect(fates()).toEqual(['test', 'counted']);
    expect(sandbox.counts()).toEqual({ counted: 1, merged: 0, dropped: 0, test: 1, refused: 0 });
  });

  it('a thousand events in one request, and not one more', async () => {
    const body = request();
    const many = (count: number) => ({
      ...body,
      data: Array.from({ length: count }, (_, n) => ({ ...body.data[0], event_id: `e${n}` })),
    });
    expect(await post(many(1_000))).toMatchObject({ code: 0 });
    expect(sandbox.counts().counted).toBe(1_000);
    expect(await post(many(1_001))).toMatchObject({
      status: 200,
      code: 40002,
      message: 'data: length must be between 1 and 1000',
    });
    expect(sandbox.counts().counted).toBe(1_000);
  });

  it('keeps requests word for word, until it is reset', async () => {
    const body = request();
    await track(body);
    const [event] = sandbox.events();
    const kept = () => fetch(`${sandbox.url}/_sandbox/requests/${event?.requestId ?? ''}`);
    expect(await (await kept()).json()).toEqual(body);
    sandbox.reset();
    expect((await kept()).status).toBe(404);
  });

  it('keeps the latest events only, and counts all', async () => {
    await start({ maxEvents: 2 });
    for (const eventId of ['a', 'b', 'c']) await track(request({ eventId }));
    expect(sandbox.events().map((event) => event.eventId)).toEqual(['b', 'c']);
    expect(sandbox.counts().counted).toBe(3);
  });
});

describe('repeats', () => {
  it.each([
    [0, 'merged'],
    [5 * minute, 'merged'],
    [5 * minute + 1, 'dropped'],
    [48 * hour, 'dropped'],
    [48 * hour + 1, 'counted'],
  ])('%d ms after the first: %s', async (laterMs, fate) => {
    await track();
    now += laterMs;
    expect(await track()).toMatchObject({ kind: 'accepted' });
    expect(fates()).toEqual(['counted', fate]);
  });

  it('the windows are counted from the first, not from the last repeat; what counts again is a first', async () => {
    await track();
    for (const at of [4 * minute, 8 * minute, 47 * hour, 49 * hour, 49 * hour + minute]) {
      now = startMs + at;
      await track();
    }
    expect(fates()).toEqual(['counted', 'merged', 'dropped', 'dropped', 'counted', 'merged']);
  });

  it('another name, pixel or id is another event; a test or refused event takes no place', async () => {
    await track(request({ testEventCode: 'TEST1' }));
    sandbox.failNext(1, { kind: 'code', code: 50000 });
    await track();
    await track();
    await track(request({ eventName: 'Purchase' }));
    await track(request({ pixelCode: 'C4OTHER' }));
    await track(request({ eventId: 'stripe:in_124' }));
    expect(fates()).toEqual(['test', 'refused', 'counted', 'counted', 'counted', 'counted']);
  });

  it('without an id nothing is a repeat', async () => {
    const { event_id: _left, ...event } = request().data[0];
    for (let n = 0; n < 2; n += 1) await post({ ...request(), data: [event] });
    expect(fates()).toEqual(['counted', 'counted']);
    expect(sandbox.events()[0]?.warnings).toEqual(['data.0.event_id: missing, the event cannot be deduplicated']);
  });
});

describe('what it refuses', () => {
  const body = request();
  const [event] = body.data;
  const withEvent = (change: object) => ({ ...body, data: [{ ...event, ...change }] });
  const withUser = (change: object) => withEvent({ user: { ...event.user, ...change } });
  const withProperties = (change: object) => withEvent({ properties: { ...event.properties, ...change } });

  it.each<[string, unknown, number, string]>([
    ['no JSON', '{"event_source":', 40002, 'body: must be an object'],
    ['nothing', '', 40002, 'body: must be an object'],
    ['a list', [], 40002, 'body: must be an object'],
    ['no source', {}, 40002, 'event_source: must be web'],
    ['no pixel', { ...body, event_source_id: undefined }, 40002, 'event_source_id: missing data for required field'],
    ['a pixel that is a number', { ...body, event_source_id: 1 }, 40002, 'event_source_id: must be a string'],
    ['no data', { ...body, data: undefined }, 40002, 'data: missing data for required field'],
    ['an empty list', { ...body, data: [] }, 40002, 'data: missing data for required field'],
    ['an event that is none', { ...body, data: [null] }, 40002, 'data.0: must be an object'],
    [
      'the first bad event of many',
      { ...body, data: [event, { ...event, event: '' }, {}] },
      40002,
      'data.1.event: missing data for required field',
    ],
    ['no name', withEvent({ event: undefined }), 40002, 'data.0.event: missing data for required field'],
    ['no time', withEvent({ event_time: undefined }), 40002, 'data.0.event_time: missing data for required field'],
    ['a time in milliseconds', withEvent({ event_time: startMs }), 40002, 'data.0.event_time: must be a Unix time in seconds'],
    [
      'half a second',
      withEvent({ event_time: startMs / 1_000 + 0.5 }),
      40002,
      'data.0.event_time: must be an integer, Unix time in seconds',
    ],
    [
      'a time as text',
      withEvent({ event_time: '1795341600' }),
      40002,
      'data.0.event_time: must be an integer, Unix time in seconds',
    ],
    ['an id that is a number', withEvent({ event_id: 7 }), 40002, 'data.0.event_id: must be a string'],
    ['no user', withEvent({ user: undefined }), 40002, 'data.0.user: missing data for required field'],
    ['no page', withEvent({ page: undefined }), 40002, 'data.0.page: missing data for required field'],
    ['no page.url', withEvent({ page: {} }), 40002, 'data.0.page.url: missing data for required field'],
    ['a page without scheme', withEvent({ page: { url: 'shop.example/x' } }), 40002, 'data.0.page.url: not a valid URL'],
    ['an e-mail in clear', withUser({ email: 'alice@example.com' }), 40062, 'data.0.user.email: must be hashed'],
    [
      'one of several e-mails in clear',
      withUser({ email: [hash, 'alice@example.com'] }),
      40062,
      'data.0.user.email: must be hashed',
    ],
    ['a phone in clear', withUser({ phone: '+12133734253' }), 40062, 'data.0.user.phone: must be hashed'],
    ['an external id in clear', withUser({ external_id: 'user_123' }), 40062, 'data.0.user.external_id: must be hashed'],
    ['a hash in upper case', withUser({ email: hash.toUpperCase() }), 40062, 'data.0.user.email: must be hashed'],
    ['an MD5', withUser({ email: 'd41d8cd98f00b204e9800998ecf8427e' }), 40062, 'data.0.user.email: must be hashed'],
    [
      'a ttclid beyond 1,000',
      withUser({ ttclid: 'x'.repeat(1_001) }),
      40002,
      'data.0.user.ttclid: longer than maximum length 1000',
    ],
    ['a ttclid that is a list', withUser({ ttclid: ['x'] }), 40002, 'data.0.user.ttclid: must be a string'],
    ['an ip that is none', withUser({ ip: '1.2.3' }), 40002, 'data.0.user.ip: not a valid IP address'],
    ['a value as text', withProperties({ value: '19.99' }), 40002, 'data.0.properties.value: must be a number'],
    ['a null value', withProperties({ value: null }), 40002, 'data.0.properties.value: must be a number'],
    ['a negative value', withProperties({ value: -0.01 }), 40002, 'data.0.properties.value: must not be negative'],
    [
      'a currency that is not listed',
      withProperties({ currency: 'UYU' }),
      40002,
      'data.0.properties.currency: not a supported currency',
    ],
    [
      'a currency in lower case',
      withProperties({ currency: 'usd' }),
      40002,
      'data.0.properties.currency: not a supported currency',
    ],
    [
      'another content type',
      withProperties({ content_type: 'subscription' }),
      40002,
      'data.0.properties.content_type: must be one of product, product_group',
    ],
    [
      'a content id that is a number',
      withProperties({ contents: [{ content_id: 1 }] }),
      40002,
      'data.0.properties.contents.0.content_id: must be a string',
    ],
    [
      'limited data use without ip',
      withEvent({ limited_data_use: true, user: {} }),
      40002,
      'data.0.user.ip: required with limited_data_use',
    ],
  ])('%s', async (_what, bad, code, message) => {
    expect(await post(bad)).toMatchObject({ status: 200, code, message, data: {} });
    expect(new Set(fates())).toEqual(new Set(['refused']));
    expect(sandbox.counts().counted).toBe(0);
  });

  it('a ttclid of exactly 1,000 characters is taken', async () => {
    expect(await post(withUser({ ttclid: 'x'.repeat(1_000) }))).toMatchObject({ code: 0 });
  });

  it('an empty token, with HTTP 401 as documented', async () => {
    expect(await post(body, { 'Content-Type': 'application/json' })).toMatchObject({ status: 401, code: 40104 });
    expect(await post(body, { 'Access-Token': '', 'Content-Type': 'application/json' })).toMatchObject({ code: 40104 });
    expect(await post(body, { Authorization: 'Bearer token', 'Content-Type': 'application/json' })).toMatchObject({
      code: 40104,
    });
  });

  it('a token that is not known, with HTTP 200', async () => {
    await start({ accessTokens: ['good'] });
    expect(await post(body)).toMatchObject({ status: 200, code: 40105 });
    expect(await track(body, 'bad')).toMatchObject({ kind: 'unauthorized', code: 40105 });
    expect(await track(body, 'good')).toMatchObject({ kind: 'accepted' });
  });

  it.each([40001, 40007] as const)('a pixel that is not known: %d', async (code) => {
    await start({ pixelCodes: ['C4KNOWN'], unknownPixelCode: code });
    expect(await track()).toMatchObject({ kind: 'unauthorized', code });
    expect(await track(request({ pixelCode: 'C4KNOWN' }))).toMatchObject({ kind: 'accepted' });
  });

  it('another content type than JSON', async () => {
    expect(await post(body, { 'Access-Token': 'token', 'Content-Type': 'text/plain' })).toMatchObject({ code: 40002 });
  });

  it.each([
    ['GET', '/open_api/v1.3/event/track/'],
    ['POST', '/open_api/v1.3/event/track'],
    ['POST', '/open_api/v2.0/event/track/'],
    ['POST', '/open_api/v1.2/event/track/'],
    ['POST', '/open_api/v1.3/pixel/track/'],
  ])('%s %s', async (method, path) => {
    const response = await fetch(sandbox.url + path, { method, headers: { 'Access-Token': 'token' } });
    expect(response.status).toBe(404);
    expect(sandbox.events()).toEqual([]);
  });
});

describe('told to fail', () => {
  it.each([
    [{ kind: 'code', code: 50000 } as const, { kind: 'unreachable', code: 50000 }],
    [{ kind: 'code', code: 40100, status: 401, retryAfter: 7 } as const, { kind: 'throttled', code: 40100, retryAfterMs: 7_000 }],
    [{ kind: 'http', status: 503, retryAfter: '3' } as const, { kind: 'unreachable', code: null, retryAfterMs: 3_000 }],
    [{ kind: 'http', status: 200 } as const, { kind: 'unreachable', code: null }],
    [{ kind: 'http', status: 403, body: 'blocked' } as const, { kind: 'unauthorized', code: null }],
    [{ kind: 'hang' } as const, { kind: 'unreachable', code: null, message: 'no answer within 0.3 s' }],
    [{ kind: 'reset' } as const, { kind: 'unreachable', code: null }],
  ])('%j, twice, then no more; nothing was taken', async (failure, outcome) => {
    sandbox.failNext(2, failure);
    const by = failure.kind === 'hang' ? impatient : client;
    expect(await track(request(), 'token', by)).toMatchObject(outcome);
    expect(await track(request(), 'token', by)).toMatchObject(outcome);
    expect(await track()).toMatchObject({ kind: 'accepted' });
    expect(fates()).toEqual(['refused', 'refused', 'counted']);
  });

  it('slow within the limit is only late; beyond it the caller does not know that it was taken', async () => {
    sandbox.failNext(1, { kind: 'slow', delayMs: 20 });
    expect(await track()).toMatchObject({ kind: 'accepted' });
    sandbox.failNext(1, { kind: 'slow', delayMs: 600 });
    expect(await track(request({ eventId: 'late' }), 'token', impatient)).toMatchObject({ kind: 'unreachable' });
    while (fates().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fates()).toEqual(['counted', 'counted']);
  });

  it('takes the event and drops the connection: the repeat is merged', async () => {
    sandbox.failNext(1, { kind: 'accept_then_drop' });
    expect(await track()).toMatchObject({ kind: 'unreachable' });
    expect(await track()).toMatchObject({ kind: 'accepted' });
    expect(fates()).toEqual(['counted', 'merged']);
  });

  it('while a rule says so', async () => {
    const stop = sandbox.failWhile(({ body, accessToken }) =>
      accessToken === 'token' && JSON.stringify(body).includes('stripe:in_123') ? { kind: 'code', code: 50002 } : null,
    );
    expect(await track()).toMatchObject({ code: 50002 });
    expect(await track(request({ eventId: 'other' }))).toMatchObject({ code: 0 });
    expect(await track()).toMatchObject({ code: 50002 });
    stop();
    expect(await track()).toMatchObject({ code: 0 });
  });

  it('until it is reset, which lets go of what hangs', async () => {
    sandbox.failWhile({ kind: 'hang' });
    const hanging = track();
    while (sandbox.events().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sandbox.reset();
    expect(await hanging).toMatchObject({ kind: 'unreachable' });
    expect(await track()).toMatchObject({ kind: 'accepted' });
    expect(fates()).toEqual(['counted']);
  });
});

describe('control over HTTP, for other processes', () => {
  const control = (path: string, order?: unknown) =>
    fetch(`${sandbox.url}/_sandbox/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(order ?? {}),
    });

  it('fails, shows and forgets', async () => {
    expect((await control('fail', { failure: { kind: 'code', code: 40105 }, times: 1 })).status).toBe(204);
    await track();
    await track();
    const shown = (await (await fetch(`${sandbox.url}/_sandbox/events`)).json()) as { items: unknown[]; counts: object };
    expect(shown).toEqual({ items: sandbox.events(), counts: { counted: 1, merged: 0, dropped: 0, test: 0, refused: 1 } });
    expect((await control('reset')).status).toBe(204);
    expect(sandbox.events()).toEqual([]);
  });

  it('fails until told to stop', async () => {
    await control('fail', { failure: { kind: 'http', status: 500 } });
    expect(await track()).toMatchObject({ kind: 'unreachable' });
    expect(await track()).toMatchObject({ kind: 'unreachable' });
    await control('fail', { failure: null });
    expect(await track()).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    null,
    {},
    { failure: 'hang' },
    { failure: { kind: 'explode' } },
    { failure: { kind: 'code' } },
    { failure: { kind: 'hang' }, times: 0 },
  ])('does not take %j', async (order) => {
    expect((await control('fail', order)).status).toBe(400);
    expect(await track()).toMatchObject({ kind: 'accepted' });
  });
});

it('is mounted under a path of another app', async () => {
  const mounted = createTikTokSandbox({ nowMs: () => now });
  const server = createServer(express().use('/sandbox/tiktok', mounted.router));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/tiktok`;
  expect(await client.track({ baseUrl, accessToken: 'token' }, request())).toMatchObject({ kind: 'accepted' });
  expect(mounted.events()).toHaveLength(1);
  expect((await fetch(`${baseUrl}/_sandbox/events`)).status).toBe(200);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
