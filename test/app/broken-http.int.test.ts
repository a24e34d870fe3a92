/**
 * What is no HTTP, or is HTTP in two readings, over a bare connection to the whole app. Each webhook here is signed, so that nothing but
 * its form can keep it from being taken; a request that hides in another's body must never run.
 */
import { signGeneric } from '../../sandbox/generic/webhooks';
import type { Store } from '../../src/store';
import { emptyStore } from '../support/test-database';
import { chunked, head, listenAsService, type RawAnswers, sendBytes } from '../support/raw-http';
import { genericPayment, genericSecret, nowSeconds, serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let server: WebhookServer;
let count = 0;
beforeAll(async () => {
  store = await emptyStore();
  server = await serveWebhooks({ store, hasConsole: true, listen: listenAsService });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

const path = '/webhooks/generic';
const host = 'Host: relay.example.com';
const closes = 'Connection: close';

/** A payment of an order of its own, and the lines that sign it. */
function signedPayment() {
  count += 1;
  const body = JSON.stringify(genericPayment(`raw_${count}`));
  const signed = Object.entries(signGeneric(body, genericSecret, `msg_${count}`, nowSeconds));
  return { body, length: Buffer.byteLength(body), signs: signed.map(([name, value]) => `${name}: ${value}`) };
}

type Payment = ReturnType<typeof signedPayment>;

/** With a body of a stated length, which is how providers send. */
function plain({ body, length, signs }: Payment, ...more: string[]): string {
  return head(`POST ${path} HTTP/1.1`, [host, ...signs, `Content-Length: ${length}`, ...more]) + body;
}

/** With the lines that say how long its body is. */
function framed({ signs }: Payment, lines: readonly string[], sent: string, requestLine = `POST ${path} HTTP/1.1`): string {
  return head(requestLine, [host, ...signs, ...lines, closes]) + sent;
}

/** Sends one payment as `written`, and tells whether it was taken. */
async function sends(written: (payment: Payment) => string, ends = false): Promise<RawAnswers & { readonly taken: number }> {
  const before = server.signals.length;
  const answers = await sendBytes(server.url, written(signedPayment()), { ends });
  return { ...answers, taken: server.signals.length - before };
}

afterEach(async () => {
  expect(await server.generic(genericPayment(`after_${(count += 1)}`))).toMatchObject({ status: 200 });
});

describe('a webhook is taken', () => {
  it.each<[string, (payment: Payment) => string]>([
    ['with a stated length', (payment) => plain(payment, closes)],
    ['in chunks', (payment) => framed(payment, ['Transfer-Encoding: chunked'], chunked(payment.body))],
    [
      'in chunks, with spaces before the word',
      (payment) => framed(payment, ['Transfer-Encoding:  \t chunked'], chunked(payment.body)),
    ],
    ['in chunks, the word in capitals', (payment) => framed(payment, ['TRANSFER-ENCODING: Chunked'], chunked(payment.body))],
    [
      'in chunks whose length begins with zeros',
      (payment) => framed(payment, ['Transfer-Encoding: chunked'], `000${chunked(payment.body)}`),
    ],
    ['in HTTP/1.0', (payment) => framed(payment, [`Content-Length: ${payment.length}`], payment.body, `POST ${path} HTTP/1.0`)],
    [
      'in HTTP/1.0 without a host',
      ({ body, length, signs }) => head(`POST ${path} HTTP/1.0`, [...signs, `Content-Length: ${length}`]) + body,
    ],
    [
      'at an address that names a host, as to a proxy',
      (payment) =>
        framed(payment, [`Content-Length: ${payment.length}`], payment.body, `POST http://relay.example.com${path} HTTP/1.1`),
    ],
  ])('%s', async (_how, written) => {
    expect(await sends(written)).toMatchObject({ statuses: [200], taken: 1 });
  });

  it('behind another on the same connection', async () => {
    expect(await sends((payment) => plain(signedPayment()) + plain(payment, closes))).toMatchObject({
      statuses: [200, 200],
      taken: 2,
    });
  });
});

describe('a webhook whose length can be read in two ways is refused', () => {
  const both = (line: string) => (payment: Payment) =>
    framed(payment, [`Content-Length: ${payment.length}`, line], chunked(payment.body));
  const encoded = (line: string) => (payment: Payment) => framed(payment, [line], chunked(payment.body));

  it.each<[string, (payment: Payment) => string]>([
    ['stated and in chunks', both('Transfer-Encoding: chunked')],
    [
      'in chunks and stated',
      (payment) => framed(payment, ['Transfer-Encoding: chunked', `Content-Length: ${payment.length}`], chunked(payment.body)),
    ],
    ['stated twice', (payment) => framed(payment, [`Content-Length: ${payment.length}`, 'Content-Length: 0'], payment.body)],
    ['stated in a list', (payment) => framed(payment, [`Content-Length: ${payment.length}, 0`], payment.body)],
    ['stated with a sign', (payment) => framed(payment, [`Content-Length: +${payment.length}`], payment.body)],
    ['stated in hexadecimal', (payment) => framed(payment, [`Content-Length: 0x${payment.length.toString(16)}`], payment.body)],
    ['stated beyond any number', (payment) => framed(payment, ['Content-Length: 99999999999999999999'], payment.body)],
    ['chunked, identity', encoded('Transfer-Encoding: chunked, identity')],
    ['identity', encoded('Transfer-Encoding: identity')],
    ['chunked twice', encoded('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity')],
    ['chunked behind a vertical tab', encoded('Transfer-Encoding: \vchunked')],
    ['chunked behind a form feed', encoded('Transfer-Encoding: \fchunked')],
    ['chunked in a word', encoded('Transfer-Encoding: xchunked')],
    ['chunked, on the next line', encoded('Transfer-Encoding:\r\n chunked')],
    ['chunked, and more on the next line', encoded('Transfer-Encoding: chunked\r\n , identity')],
    ['a space before the colon', encoded('Transfer-Encoding : chunked')],
    ['a null byte in it', encoded('Transfer-Encoding: chunked\0')],
    ['lines that end in LF alone', (payment) => plain(payment, closes).replaceAll('\r\n', '\n')],
    ['a line that ends in CR alone', (payment) => plain(payment, closes).replace('\r\n', '\r')],
    [
      'chunks beyond any number',
      ({ signs, body }) =>
        head(`POST ${path} HTTP/1.1`, [host, ...signs, 'Transfer-Encoding: chunked']) + `fffffffffffffffff\r\n${body}`,
    ],
    ['chunks with a sign', (payment) => framed(payment, ['Transfer-Encoding: chunked'], `+${chunked(payment.body)}`)],
    [
      'chunks longer than they say',
      (payment) => framed(payment, ['Transfer-Encoding: chunked'], `5\r\n${payment.body}\r\n0\r\n\r\n`),
    ],
    [
      'no host',
      ({ body, length, signs }) => head(`POST ${path} HTTP/1.1`, [...signs, `Content-Length: ${length}`, closes]) + body,
    ],
    ['a header without a name', (payment) => plain(payment, ': nameless', closes)],
    [
      'HTTP/1.2 by word',
      (payment) => framed(payment, [`Content-Length: ${payment.length}`], payment.body, `POST ${path} HTTP/1.2`),
    ],
  ])('%s', async (_how, written) => {
    const { statuses, taken } = await sends(written);
    expect(taken).toBe(0);
    expect(statuses).toEqual([400]);
  });

  it.each<[string, (payment: Payment) => string]>([
    [
      'shorter than stated',
      ({ signs, body, length }) => head(`POST ${path} HTTP/1.1`, [host, ...signs, `Content-Length: ${length + 1}`]) + body,
    ],
    [
      'without its last chunk',
      ({ signs, body }) =>
        head(`POST ${path} HTTP/1.1`, [host, ...signs, 'Transfer-Encoding: chunked']) + chunked(body).replace(/0\r\n\r\n$/, ''),
    ],
    ['of HTTP/0.9', () => `GET ${path}\r\n`],
  ])('cut off: %s', async (_how, written) => {
    const { statuses, taken } = await sends(written, true);
    expect(taken).toBe(0);
    expect(statuses.filter((status) => status !== 400)).toEqual([]);
  });
});

describe('what is too long', () => {
  const long = 'a'.repeat(100_000);

  it.each([
    ['a request line', head(`GET /${long} HTTP/1.1`, [host])],
    ['a query', head(`GET /healthz?${long} HTTP/1.1`, [host])],
    ['a header', head('GET /healthz HTTP/1.1', [host, `X-Long: ${long}`])],
    ['a header’s name', head('GET /healthz HTTP/1.1', [host, `${long}: x`])],
    [
      'all headers together',
      head('GET /healthz HTTP/1.1', [host, ...Array.from({ length: 100 }, (_, n) => `X-${n}: ${long.slice(0, 1_000)}`)]),
    ],
  ])('is refused as it comes: %s', async (_what, bytes) => {
    const { statuses } = await sendBytes(server.url, bytes);
    expect(statuses.filter((status) => status !== 431)).toEqual([]);
  });

  it('and no more: 10 kB of header is read', async () => {
    const bytes = head('GET /healthz HTTP/1.1', [host, `X-Long: ${long.slice(0, 10_000)}`, closes]);
    expect((await sendBytes(server.url, bytes)).statuses).toEqual([200]);
  });
});

describe('methods and targets that are none of ours', () => {
  const secret = 'Cookie: relay_session=of-somebody';
  it.each([
    ['TRACE', 'TRACE / HTTP/1.1', [404]],
    ['TRACE of a webhook', `TRACE ${path} HTTP/1.1`, [404]],
    ['OPTIONS of everything', 'OPTIONS * HTTP/1.1', [404]],
    ['a method of nobody', 'EVIL / HTTP/1.1', [400]],
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1', []],
    ['a target without a slash', 'GET healthz HTTP/1.1', [400]],
    ['a space in the target', 'GET /healthz /readyz HTTP/1.1', [400]],
  ])('%s', async (_what, requestLine, statuses) => {
    const answer = await sendBytes(server.url, head(requestLine, [host, secret, closes]));
    expect(answer.statuses).toEqual(statuses);
    expect(answer.text).not.toMatch(/of-somebody|Error:|node_modules/);
  });

  it('an upgrade is answered as the request that it is', async () => {
    const bytes = head('GET /healthz HTTP/1.1', [
      host,
      'Connection: Upgrade, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    ]);
    expect((await sendBytes(server.url, bytes)).statuses).toEqual([200]);
  });
});

describe('a request in the body of another that was refused before its body was read', () => {
  const token = 'Authorization: Bearer operator-token';
  const outer: readonly (readonly [why: string, status: number, target: string, lines: readonly string[]])[] = [
    ['for its size', 413, `POST ${path}`, []],
    ['for its encoding', 415, `POST ${path}`, ['Content-Encoding: br']],
    ['for its provider', 404, 'POST /webhooks/nobody', []],
    ['for a missing token', 401, 'POST /api/settings', []],
    ['for its origin', 403, 'POST /collect', ['Origin: https://evil.example']],
    ['for its integration', 404, 'POST /collect?integration=nobody', []],
    ['for a wrong codec secret', 404, 'POST /codec/guessed/decode', []],
    ['for its media type', 415, 'PATCH /api/settings', [token, 'Content-Type: text/plain']],
    ['for who sends it', 303, 'POST /console/purchases', ['Sec-Fetch-Site: cross-site']],
  ];

  /** Where it is refused for its size, the body is longer than any that is read. */
  const bodyAround = (inner: string, status: number): string => inner + 'x'.repeat(status === 413 ? 1_200_000 : 0);

  it.each(outer)('%s never runs: %d', async (_why, status, target, lines) => {
    const { statuses, taken, text } = await sends((payment) => {
      const body = bodyAround(plain(payment), status);
      const first = head(`${target} HTTP/1.1`, [host, ...lines, `Content-Length: ${Buffer.byteLength(body)}`]) + body;
      return first + head('GET /healthz HTTP/1.1', [host, closes]);
    });
    expect(taken).toBe(0);
    // The connection may end with the refusal; if it goes on, what follows is what stands behind the body.
    expect([[status], [status, 200]]).toContainEqual(statuses);
    expect(text).not.toContain('"accepted"');
  });

  it.each(outer)('in chunks %s never runs: %d', async (_why, status, target, lines) => {
    const { statuses, taken } = await sends((payment) => {
      const body = chunked(bodyAround(plain(payment), status));
      const first = head(`${target} HTTP/1.1`, [host, ...lines, 'Transfer-Encoding: chunked']) + body;
      return first + head('GET /healthz HTTP/1.1', [host, closes]);
    });
    expect(taken).toBe(0);
    expect([[status], [status, 200]]).toContainEqual(statuses);
  });

  it.each(outer)('but one behind that body does: %s', async (_why, status, target, lines) => {
    const { statuses, taken } = await sends((payment) => {
      const body = bodyAround('{}', status);
      const first = head(`${target} HTTP/1.1`, [host, ...lines, `Content-Length: ${Buffer.byteLength(body)}`]) + body;
      return first + plain(payment, closes);
    });
    expect(statuses[0]).toBe(status);
    expect([...statuses.slice(1), taken]).toEqual([200, 1]);
  });
});
