import { createPaypal } from '../../../src/psp/paypal';
import { startPaypalApi } from '../../../sandbox/paypal/api';
import type { PaypalApi } from '../../../sandbox/paypal/api';
import { createPaypalSigner } from '../../../sandbox/paypal/webhooks';

const nowMs = Date.UTC(2026, 10, 22, 10);
const signer = createPaypalSigner(nowMs);
const webhookId = '1JE4291016473214C';
const raw = Buffer.from('{"id":"WH-1", "note":"ü",\n"amount":1.0}');

describe("PayPal's own check of a signature", () => {
  let api: PaypalApi;
  let account: string;
  const adapter = createPaypal({ trustedRoots: [] });

  beforeAll(async () => {
    api = await startPaypalApi({
      keys: ['client-1:secret-1'],
      nowMs: () => nowMs,
      signer: { webhookId, certificatePem: signer.certificatePem },
    });
    account = `${api.url.replace('http://', 'http://client-1:secret-1@')}/${webhookId}`;
  });
  afterAll(() => api.close());

  const verify = (body: Buffer, configured: readonly string[], headers = signer.sign(raw, webhookId, 'tx-1', nowMs)) =>
    adapter.verify(body, headers, configured, { nowMs: nowMs, fetch });

  it('takes the event as it came, byte for byte', async () => {
    expect(await verify(raw, [account])).toEqual({ ok: true });
  });

  it('refuses another body', async () => {
    expect(await verify(Buffer.from(JSON.stringify(JSON.parse(raw.toString()))), [account])).toMatchObject({ ok: false });
  });

  it('refuses the signature of another webhook, also when the body names that webhook', async () => {
    const event = '{"id":"WH-1"}';
    const headers = signer.sign(event, 'ATTACKERS', 'tx-1', nowMs);
    expect(await verify(Buffer.from(event), [account], headers)).toMatchObject({ ok: false });
    expect(await verify(Buffer.from(`${event},"webhook_id":"ATTACKERS"`), [account], headers)).toMatchObject({ ok: false });
  });

  it('is asked with one token for all', () => {
    expect(api.requests.filter((request) => request.includes('oauth2'))).toHaveLength(1);
  });

  it.each([
    ['the wrong secret', (url: string) => url.replace('secret-1', 'secret-2'), 'unauthorized'],
    ['an address where nobody is', () => `http://a:b@127.0.0.1:1/${webhookId}`, 'unreachable'],
  ])('has to be sent again with %s', async (_, change, kind) => {
    await expect(verify(raw, [change(account)])).rejects.toMatchObject({ kind });
  });

  it.each(['http://a:b@api-m.paypal.com/X', 'https://api-m.paypal.com/X', 'https://a:b@api-m.paypal.com/', 'https://a:b@x y/z'])(
    'is not made with %s',
    async (configured) => {
      const fetch = jest.fn<ReturnType<typeof globalThis.fetch>, []>();
      const headers = signer.sign(raw, webhookId, 'tx-1', nowMs);
      expect(await adapter.verify(raw, headers, [configured], { nowMs: nowMs, fetch })).toMatchObject({ ok: false });
      expect(fetch).not.toHaveBeenCalled();
    },
  );
});
