import { rootCertificates } from 'node:tls';
import { createPaypal } from '../../../src/psp/paypal';
import { crc32 } from '../../../src/psp/paypal/signature';
import { makeCertificate } from '../../../sandbox/paypal/certificates';
import type { MadeCertificate } from '../../../sandbox/paypal/certificates';
import { createPaypalSigner, signPaypal } from '../../../sandbox/paypal/webhooks';

const nowMs = Date.UTC(2026, 10, 22, 10);
const day = 86_400_000;
const signer = createPaypalSigner(nowMs);
const webhookId = '1JE4291016473214C';
const raw = Buffer.from('{"id":"WH-1","note":"ü"}');
const transmission = '89556ce0-4d55-11ee-9f56-dd5f48f22b28';
const good = signer.sign(raw, webhookId, transmission, nowMs);

type Given = {
  readonly body?: Buffer;
  readonly ids?: readonly string[];
  readonly now?: number;
  readonly fetch?: typeof globalThis.fetch;
  readonly roots?: readonly string[];
};

function verify(
  headers: Record<string, string | readonly string[] | undefined>,
  { body = raw, ids = [webhookId], now = nowMs, fetch = signer.fetch, roots = [signer.rootPem] }: Given = {},
) {
  return createPaypal({ trustedRoots: roots }).verify(body, headers, ids, { nowMs: now, fetch });
}

const refusedFor = (reason: RegExp) => ({ ok: false, reason: expect.stringMatching(reason) as string });

describe('the checksum', () => {
  it.each([
    ['123456789', 0xcbf43926],
    ['', 0],
    ['a', 0xe8b7be43],
  ])('of %p is that of zip', (text, sum) => {
    expect(crc32(Buffer.from(text))).toBe(sum);
  });

  // Checked with PayPal's own certificate: the simulator's sample of 2024-07-30, as published by others, verifies with this sum.
  it('has the sum that PayPal signed for a body of its simulator', () => {
    const body =
      '{"id":"WH-3EC545679X386831C-3D038940937933201","event_version":"1.0","create_time":"2014-10-23T00:19:27Z","resource_type":"sale","event_type":"PAYMENT.SALE.REVERSED","summary":"A $ 0.49 USD sale payment was reversed","resource":{"id":"77689802DL785834G","create_time":"2014-10-23T00:19:12Z","state":"completed","amount":{"total":"-0.49","currency":"USD","details":{"subtotal":"-0.64","tax":"0.08","shipping":"0.07"}},"links":[{"href":"https://api.paypal.com/v1/payments/refund/77689802DL785834G","rel":"self","method":"GET"}]},"links":[{"href":"https://api.paypal.com/v1/notifications/webhooks-events/WH-3EC545679X386831C-3D038940937933201","rel":"self","method":"GET"},{"href":"https://api.paypal.com/v1/notifications/webhooks-events/WH-3EC545679X386831C-3D038940937933201/resend","rel":"resend","method":"POST"}]}';
    expect(crc32(Buffer.from(body))).toBe(2644387603);
  });
});

describe('a PayPal signature', () => {
  it.each<[string, Record<string, string>, Given]>([
    ['all five headers', good, {}],
    ['several webhook ids, the right one last', good, { ids: ['OTHER', webhookId] }],
    ['an empty id beside a good one', good, { ids: ['', ' ', webhookId] }],
    ['a checksum with its highest bit set', signer.sign('{"n":5}', webhookId, 'id-5', nowMs), { body: Buffer.from('{"n":5}') }],
    ['54 minutes of age, as PayPal sent again what failed', good, { now: nowMs + 54 * 60_000 }],
    ['exactly four days of age', good, { now: nowMs + 4 * day }],
    ['five minutes ahead', good, { now: nowMs - 5 * 60_000 }],
    ['the algorithm in other letters', { ...good, 'paypal-auth-algo': 'sha256WithRSA' }, {}],
  ])('is accepted with %s', async (_, headers, given) => {
    expect(await verify(headers, given)).toEqual({ ok: true });
  });

  it.each<[string, Record<string, string | readonly string[] | undefined>, Given, RegExp]>([
    ['another webhook id', good, { ids: ['OTHER'] }, /no signature matches/],
    ['a re-spaced body', good, { body: Buffer.from('{"id": "WH-1","note":"ü"}') }, /no signature matches/],
    ['a body in another encoding', good, { body: Buffer.from(raw.toString(), 'latin1') }, /no signature matches/],
    ['another transmission id', { ...good, 'paypal-transmission-id': 'other' }, {}, /no signature matches/],
    ['another time', { ...good, 'paypal-transmission-time': '2026-11-22T10:00:01Z' }, {}, /no signature matches/],
    ['more than four days of age', good, { now: nowMs + 4 * day + 1000 }, /too old/],
    ['more than five minutes ahead', good, { now: nowMs - 5 * 60_000 - 1000 }, /future/],
    ['no webhook id', good, { ids: [] }, /no webhook id/],
    ['an empty webhook id', signer.sign(raw, '', transmission, nowMs), { ids: ['', '  '] }, /no webhook id/],
    [
      'the id with which the simulator signs for everybody',
      signer.sign(raw, 'WEBHOOK_ID', transmission, nowMs),
      { ids: ['WEBHOOK_ID'] },
      /no webhook id/,
    ],
    ['no transmission id', { ...good, 'paypal-transmission-id': undefined }, {}, /transmission-id header is missing/],
    ['an empty time', { ...good, 'paypal-transmission-time': '' }, {}, /transmission-time header is missing/],
    ['no signature', { ...good, 'paypal-transmission-sig': undefined }, {}, /transmission-sig header is missing/],
    ['no certificate address', { ...good, 'paypal-cert-url': undefined }, {}, /cert-url header is missing/],
    ['no algorithm', { ...good, 'paypal-auth-algo': undefined }, {}, /auth-algo header is missing/],
    ['a header twice', { ...good, 'paypal-transmission-id': ['a', 'b'] }, {}, /more than once/],
    ['a separator in an id', { ...good, 'paypal-transmission-id': `a|b` }, {}, /malformed/],
    ['another algorithm', { ...good, 'paypal-auth-algo': 'MD5withRSA' }, {}, /malformed/],
    ['a signature that is no base64', { ...good, 'paypal-transmission-sig': '!'.repeat(344) }, {}, /malformed/],
    ['a time that is none', { ...good, 'paypal-transmission-time': '2026-99-99T10:00:00Z' }, {}, /not a time/],
    ['roots that do not know the issuer', good, { roots: [] }, /no trusted root/],
    ["Node's own roots, which do not know ours", good, { roots: rootCertificates }, /no trusted root/],
  ])('is refused with %s', async (_, headers, given, reason) => {
    expect(await verify(headers, given)).toEqual(refusedFor(reason));
  });
});

describe("the certificate's address", () => {
  it.each([
    'http://api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
    'https://evil.example/api.paypal.com/v1/notifications/certs/CERT-1',
    'https://evilpaypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
    'https://user:password@api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
    'https://api.paypal.com./v1/notifications/certs/CERT-1',
    'https://www.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:443/v1/notifications/certs/CERT-1',
    'https://API.PAYPAL.COM/v1/notifications/certs/CERT-1',
    'HTTPS://api.paypal.com/v1/notifications/certs/CERT-1',
    // A Cyrillic а, full-width letters, a full stop of another script, an invisible hyphen: some of them a URL parser makes the same.
    'https://\u0430pi.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.p\u0430ypal.com/v1/notifications/certs/CERT-1',
    'https://xn--pi-6kc.paypal.com/v1/notifications/certs/CERT-1',
    'https://\uff41pi.paypal.com/v1/notifications/certs/CERT-1',
    'https://api\u3002paypal\u3002com/v1/notifications/certs/CERT-1',
    'https://api.pay\u00adpal.com/v1/notifications/certs/CERT-1',
    'https://%61pi.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:80\\@evil.example/v1/notifications/certs/CERT-1',
    'https://api.paypal.com\t.evil.example/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/CERT-1\n',
    ' https://api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/%2e%2e%2f%2e%2e%2fevil',
    'https://api.paypal.com//evil.example/v1/notifications/certs/CERT-1',
    '//api.paypal.com/v1/notifications/certs/CERT-1',
    'https:/api.paypal.com/v1/notifications/certs/CERT-1',
    'https://[::1]/v1/notifications/certs/CERT-1',
    'https://2130706433/v1/notifications/certs/CERT-1',
    'https://169.254.169.254/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/../../../evil',
    'https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.example',
    'https://api.paypal.com/v1/notifications/certs/CERT-1#x',
    'https://api.paypal.com\\@evil.example/v1/notifications/certs/CERT-1',
    'https://127.0.0.1/v1/notifications/certs/CERT-1',
    'file:///etc/passwd',
    'api.paypal.com',
  ])('is not asked: %s', async (url) => {
    const fetch = jest.fn<ReturnType<typeof globalThis.fetch>, []>();
    const headers = { ...good, 'paypal-cert-url': url };
    expect(await verify(headers, { fetch })).toEqual(refusedFor(/not the address|cert-url header is malformed/));
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each(['api.paypal.com', 'api.sandbox.paypal.com', 'api-m.paypal.com', 'api-m.sandbox.paypal.com'])(
    'may be at %s',
    async (host) => {
      const url = `https://${host}/v1/notifications/certs/CERT-360caa42-fca2a594-2d7ab011`;
      const headers = signPaypal(raw, webhookId, {
        id: transmission,
        atMs: nowMs,
        certificateUrl: url,
        privateKey: signer.privateKey,
      });
      const fetch: typeof globalThis.fetch = (input) => signer.fetch(input === url ? signer.certificateUrl : input);
      expect(await verify(headers, { fetch })).toEqual({ ok: true });
    },
  );
});

describe('what is at that address', () => {
  const served = (
    response: () => Response,
    issuer: () => Response = () => new Response('', { status: 404 }),
  ): typeof globalThis.fetch => jest.fn(async (input) => ((input as string).includes('digicert') ? issuer() : response()));

  it.each<[string, () => Response, RegExp]>([
    ['nothing', () => new Response('', { status: 404 }), /no such certificate/],
    ...[301, 302, 303, 307, 308].map((status): [string, () => Response, RegExp] => [
      `a redirect (${status})`,
      () => new Response(null, { status, headers: { location: 'https://evil.example/' } }),
      /no such certificate/,
    ]),
    ['junk', () => new Response('hello'), /not PayPal's/],
    ['a broken certificate', () => new Response('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'), /not PayPal's/],
    ['more than 64 KB', () => new Response(signer.certificatePem.padEnd(70_000, '\n')), /no such certificate/],
  ])('is refused: %s', async (_, response, reason) => {
    expect(await verify(good, { fetch: served(response) })).toEqual(refusedFor(reason));
  });

  it.each<[string, () => Promise<Response>]>([
    ['the network is down', () => Promise.reject(new TypeError('fetch failed'))],
    ['PayPal has an error', () => Promise.resolve(new Response('', { status: 503 }))],
    ['PayPal has enough of us', () => Promise.resolve(new Response('', { status: 429 }))],
  ])('has to be sent again when %s', async (_, fetch) => {
    await expect(verify(good, { fetch })).rejects.toThrow(/cannot be fetched from api\.sandbox\.paypal\.com/);
  });

  it('is asked for without following redirects and within a time limit', async () => {
    const fetch = jest.fn(signer.fetch);
    await verify(good, { fetch });
    expect(fetch).toHaveBeenCalledWith(
      signer.certificateUrl,
      expect.objectContaining({ redirect: 'manual', signal: expect.any(AbortSignal) as AbortSignal }),
    );
  });

  describe('that a stranger names', () => {
    const named = (index: number) => ({
      ...good,
      'paypal-cert-url': `https://api.paypal.com/v1/notifications/certs/CERT-${index}`,
    });
    const missing = () => jest.fn(async () => new Response('no', { status: 404 }));

    it('is asked for once in ten minutes where there is none', async () => {
      const fetch = missing();
      const adapter = createPaypal({ trustedRoots: [signer.rootPem] });
      const at = (ms: number) => adapter.verify(raw, named(1), [webhookId], { nowMs: nowMs + ms, fetch });
      for (const ms of [0, 1, 10 * 60_000]) expect(await at(ms)).toEqual(refusedFor(/no such certificate/));
      expect(fetch).toHaveBeenCalledTimes(1);
      await at(10 * 60_000 + 1);
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('is asked for once when many webhooks name it at once', async () => {
      const fetch = missing();
      const adapter = createPaypal({ trustedRoots: [signer.rootPem] });
      await Promise.all(Array.from({ length: 50 }, async () => adapter.verify(raw, named(1), [webhookId], { nowMs, fetch })));
      expect(fetch).toHaveBeenCalledTimes(1);
    });

    it('under ever new addresses is asked for a few times, and PayPal’s own goes on', async () => {
      const fetch = missing();
      const adapter = createPaypal({ trustedRoots: [signer.rootPem] });
      const genuine = () => adapter.verify(raw, good, [webhookId], { nowMs, fetch: signer.fetch });
      expect(await genuine()).toEqual({ ok: true });
      const answers = await Promise.allSettled(
        Array.from({ length: 500 }, async (_, index) => adapter.verify(raw, named(index), [webhookId], { nowMs, fetch })),
      );
      expect(fetch).toHaveBeenCalledTimes(10);
      expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(490);
      expect(await genuine()).toEqual({ ok: true });
    });
  });

  it('is asked for once, until it expires', async () => {
    const adapter = createPaypal({ trustedRoots: [signer.rootPem] });
    const fetch = jest.fn(signer.fetch);
    const at = (ms: number) =>
      adapter.verify(raw, signer.sign(raw, webhookId, transmission, ms), [webhookId], { nowMs: ms, fetch });
    expect(await at(nowMs)).toEqual({ ok: true });
    expect(await at(nowMs + 299 * day)).toEqual({ ok: true });
    expect(fetch).toHaveBeenCalledTimes(2); // the certificate and its issuer's
    expect(await at(nowMs + 301 * day)).toEqual(refusedFor(/expired/));
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  describe('is believed', () => {
    const valid = { fromMs: nowMs - day, untilMs: nowMs + day };
    const { privateKey } = signer;
    const root = makeCertificate({ name: 'Root', isAuthority: true, ...valid });
    const issuing = makeCertificate({ name: 'Issuing', isAuthority: true, issuer: root, ...valid });
    const host = 'messageverificationcerts.paypal.com';
    const url = 'https://api.paypal.com/v1/notifications/certs/CERT-1';

    const verifyBy = (leaf: MadeCertificate, pem: string, issuer?: () => Response) => {
      const headers = signPaypal(raw, webhookId, { id: 'x', atMs: nowMs, certificateUrl: url, privateKey: leaf.privateKey });
      return verify(headers, { roots: [root.pem], fetch: served(() => new Response(pem), issuer) });
    };

    it('when all of its chain is served', async () => {
      const leaf = makeCertificate({ privateKey, name: host, issuer: issuing, ...valid });
      expect(await verifyBy(leaf, `${leaf.pem}\n${issuing.pem}\n${root.pem}`)).toEqual({ ok: true });
    });

    it('when the issuer is served before it', async () => {
      const leaf = makeCertificate({ privateKey, name: host, issuer: issuing, ...valid });
      expect(await verifyBy(leaf, `${issuing.pem}${leaf.pem}`)).toEqual({ ok: true });
    });

    it('when the root signed it', async () => {
      const leaf = makeCertificate({ privateKey, name: host, issuer: root, ...valid });
      expect(await verifyBy(leaf, leaf.pem)).toEqual({ ok: true });
    });

    it('when it has its name only in its subject', async () => {
      const leaf = makeCertificate({ privateKey, name: host, hosts: [], issuer: root, ...valid });
      expect(await verifyBy(leaf, leaf.pem)).toEqual({ ok: true });
    });

    const issuerUrl = 'http://cacerts.digicert.com/Issuing.crt';

    it.each<[string, () => MadeCertificate, RegExp]>([
      ['it signed itself', () => makeCertificate({ privateKey, name: host, ...valid }), /no trusted root/],
      ['its issuer is unknown', () => makeCertificate({ privateKey, name: host, issuer: issuing, ...valid }), /no trusted root/],
      [
        'its issuer is named somewhere else',
        () =>
          makeCertificate({ privateKey, name: host, issuer: issuing, issuerUrl: 'http://evil.example/Issuing.crt', ...valid }),
        /no trusted root/,
      ],
      [
        'it is expired',
        () => makeCertificate({ privateKey, name: host, issuer: root, fromMs: nowMs - 2 * day, untilMs: nowMs - 1000 }),
        /expired/,
      ],
      [
        'it is not valid yet',
        () => makeCertificate({ privateKey, name: host, issuer: root, fromMs: nowMs + 1000, untilMs: nowMs + day }),
        /not valid yet/,
      ],
      [
        'it is for another host',
        () => makeCertificate({ privateKey, name: 'evil.example', issuer: root, ...valid }),
        /not PayPal's/,
      ],
      [
        'its subject says paypal.com, but not its names',
        () => makeCertificate({ privateKey, name: host, hosts: ['evil.example'], issuer: root, ...valid }),
        /not PayPal's/,
      ],
      [
        'it is for a host that looks like it',
        () => makeCertificate({ privateKey, name: 'evilpaypal.com', issuer: root, ...valid }),
        /not PayPal's/,
      ],
      [
        'it is for a host below another',
        () => makeCertificate({ privateKey, name: 'paypal.com.evil.example', issuer: root, ...valid }),
        /not PayPal's/,
      ],
    ])('not when %s', async (_, make, reason) => {
      const leaf = make();
      expect(await verifyBy(leaf, leaf.pem, () => new Response(new Uint8Array(issuing.der)))).toEqual(refusedFor(reason));
    });

    it('not when whoever issued it may not issue any', async () => {
      const notAuthority = makeCertificate({ name: 'shop.example', issuer: root, ...valid });
      const leaf = makeCertificate({ privateKey, name: host, issuer: notAuthority, ...valid });
      expect(await verifyBy(leaf, `${leaf.pem}${notAuthority.pem}`)).toEqual(refusedFor(/no trusted root/));
    });

    it('not when somebody else signed in the name of its issuer', async () => {
      const impostor = makeCertificate({ name: 'Root', isAuthority: true, ...valid });
      const leaf = makeCertificate({ privateKey, name: host, issuer: impostor, ...valid });
      expect(await verifyBy(leaf, `${leaf.pem}${impostor.pem}`)).toEqual(refusedFor(/no trusted root/));
    });

    it('not when its issuer is expired', async () => {
      const old = makeCertificate({ name: 'Old', isAuthority: true, issuer: root, fromMs: nowMs - 2 * day, untilMs: nowMs - 1 });
      const leaf = makeCertificate({ privateKey, name: host, issuer: old, ...valid });
      expect(await verifyBy(leaf, `${leaf.pem}${old.pem}`)).toEqual(refusedFor(/expired/));
    });

    it('with the issuer that it names itself, and has to be sent again while that cannot be reached', async () => {
      const leaf = makeCertificate({ privateKey, name: host, issuer: issuing, issuerUrl, ...valid });
      const issuer = () => new Response(new Uint8Array(issuing.der));
      expect(await verifyBy(leaf, leaf.pem, issuer)).toEqual({ ok: true });
      await expect(verifyBy(leaf, leaf.pem, () => new Response('', { status: 500 }))).rejects.toThrow(/cacerts\.digicert\.com/);
    });
  });
});
