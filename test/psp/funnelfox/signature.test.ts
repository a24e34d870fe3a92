import { createHmac } from 'node:crypto';
import { funnelfox } from '../../../src/psp/funnelfox';
import { signFunnelfox } from '../../../sandbox/funnelfox/webhooks';

const raw = Buffer.from('{"event_type":"order","note":"ü"}');
const mac = createHmac('sha256', 'whs_1').update(raw).digest('hex');

interface Given {
  readonly secrets?: readonly string[];
  readonly body?: Buffer;
  readonly key?: string | readonly string[];
  readonly signature?: string | readonly string[];
}

function verify({ secrets = ['fox_1'], body = raw, key, signature }: Given) {
  const headers = {
    ...(key === undefined ? {} : { 'fox-secret-key': key }),
    ...(signature === undefined ? {} : { 'ff-webhook-signature': signature }),
  };
  return funnelfox.verify(body, headers, secrets, { nowMs: 0 });
}

describe('a webhook of FunnelFox', () => {
  it.each<[string, Given]>([
    ['the secret', { key: 'fox_1' }],
    ['one of several', { secrets: ['fox_0', 'fox_1'], key: 'fox_1' }],
    ['an empty secret beside a good one', { secrets: ['', ' ', 'fox_1'], key: 'fox_1' }],
    ['the secret, and a signature that nobody configured', { key: 'fox_1', signature: 'a'.repeat(64) }],
    ['the signature instead, by the same secret', { secrets: ['whs_1'], signature: mac }],
    ['the signature alone', { secrets: ['signing:whs_1'], signature: mac }],
    ['the signature in capitals', { secrets: ['signing:whs_1'], signature: mac.toUpperCase() }],
    ['the signature with its name before it', { secrets: ['signing:whs_1'], signature: `sha256=${mac}` }],
    ['one of several signing secrets', { secrets: ['signing:whs_0', 'signing: whs_1'], signature: mac }],
    ['both', { secrets: ['fox_1', 'signing:whs_1'], key: 'fox_1', signature: mac }],
  ])('is accepted with %s', (_, given) => {
    expect(verify(given)).toEqual({ ok: true });
  });

  it.each<[string, Given, RegExp]>([
    ['another secret', { key: 'fox_2' }, /none of the configured/],
    ['a secret that begins alike', { key: 'fox_' }, /none of the configured/],
    ['a secret that goes on', { key: 'fox_11' }, /none of the configured/],
    ['no header', {}, /Fox-Secret-Key header is missing/],
    ['an empty header', { key: '' }, /Fox-Secret-Key header is missing/],
    ['the header twice', { key: ['fox_1', 'fox_1'] }, /more than once/],
    ['no secret', { secrets: [], key: 'fox_1' }, /no webhook secret/],
    ['an empty secret', { secrets: ['', ' '], key: '' }, /no webhook secret/],
    ['an empty signing secret', { secrets: ['signing:'], signature: mac }, /no webhook secret/],
    ['a signing secret sent as it is', { secrets: ['signing:whs_1'], key: 'whs_1' }, /FF-Webhook-Signature header is missing/],
    [
      'the header, where a signature is configured beside it',
      { secrets: ['fox_1', 'signing:whs_1'], key: 'fox_1' },
      /FF-Webhook-Signature header is missing/,
    ],
    [
      'the signature, where a header is configured beside it',
      { secrets: ['fox_1', 'signing:whs_1'], signature: mac },
      /Fox-Secret-Key header is missing/,
    ],
    [
      'a wrong header and a right signature',
      { secrets: ['fox_1', 'signing:whs_1'], key: 'fox_2', signature: mac },
      /none of the configured/,
    ],
    [
      'a re-spaced body',
      { secrets: ['signing:whs_1'], signature: mac, body: Buffer.from('{"event_type": "order","note":"ü"}') },
      /no signature matches/,
    ],
    ['a signature by another secret', { secrets: ['signing:whs_2'], signature: mac }, /no signature matches/],
    ['a signature that is too short', { secrets: ['signing:whs_1'], signature: mac.slice(2) }, /not a SHA-256/],
    ['a signature that is no hex', { secrets: ['signing:whs_1'], signature: 'z'.repeat(64) }, /not a SHA-256/],
    ['the signature twice', { secrets: ['signing:whs_1'], signature: [mac, mac] }, /more than once/],
    ['an empty signature', { secrets: ['signing:whs_1'], signature: '' }, /missing/],
  ])('is refused with %s', (_, given, reason) => {
    expect(verify(given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  it('is what the sandbox sends', () => {
    expect(funnelfox.verify(raw, signFunnelfox(raw, 'fox_1', 'whs_1'), ['fox_1', 'signing:whs_1'], { nowMs: 0 })).toEqual({
      ok: true,
    });
    expect(funnelfox.verify(raw, signFunnelfox(raw, 'fox_1'), ['fox_1'], { nowMs: 0 })).toEqual({ ok: true });
  });
});
