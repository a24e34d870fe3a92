import { createHmac } from 'node:crypto';
import { primer } from '../../../src/psp/primer';
import { primerHeaders } from '../../../sandbox/primer/webhooks';

const secret = 'primer-secret';
const at = 1_790_000_000;
const nowMs = at * 1000 + 999;
const raw = Buffer.from(`{"eventType":"PAYMENT.STATUS","note":"ü","signedAt":"${at}"}`);
const unsigned = Buffer.from('{"eventType":"DISPUTE.OPENED"}');
const good = primerHeaders(raw, secret);
const mac = (key: string, body = raw) => createHmac('sha256', key).update(body).digest('base64');
const day = 86_400;

type Given = { readonly body?: Buffer; readonly secrets?: readonly string[]; readonly now?: number };

function verify(
  headers: Record<string, string | readonly string[] | undefined>,
  { body = raw, secrets = [secret], now = nowMs }: Given = {},
) {
  return primer.verify(body, headers, secrets, { nowMs: now });
}

describe('a Primer signature', () => {
  it.each<[string, Record<string, string | undefined>, Given]>([
    ['the primary one', good, {}],
    ['a secondary one beside one of another secret', primerHeaders(raw, 'next', secret), {}],
    ['the primary one beside a secondary one of another secret', primerHeaders(raw, secret, 'old'), {}],
    ['only a secondary one', { 'x-signature-secondary': mac(secret) }, {}],
    ['a secondary one that is none', { ...good, 'x-signature-secondary': 'junk' }, {}],
    ['several secrets, the right one last', good, { secrets: ['next', secret] }],
    ['an empty secret beside a good one', good, { secrets: ['', ' ', secret] }],
    ['no time of signing', primerHeaders(unsigned, secret), { body: unsigned }],
    ['exactly a day of age', good, { now: (at + day) * 1000 }],
    ['exactly 300 s ahead', good, { now: (at - 300) * 1000 }],
    [
      'a time of signing that is none',
      primerHeaders('{"signedAt":"soon"}', secret),
      { body: Buffer.from('{"signedAt":"soon"}') },
    ],
    ['years of age: a repetition changes nothing', good, { now: (at + 1000 * day) * 1000 }],
    ['a body that is not JSON, which is refused later', primerHeaders('hello', secret), { body: Buffer.from('hello') }],
  ])('is accepted with %s', (_, headers, given) => {
    expect(verify(headers, given)).toEqual({ ok: true });
  });

  it.each<[string, Record<string, string | readonly string[] | undefined>, Given, RegExp]>([
    ['a wrong secret', good, { secrets: ['other'] }, /no signature matches/],
    ['a re-spaced body', good, { body: Buffer.from(raw.toString().replace(':', ': ')) }, /no signature matches/],
    ['a body in another encoding', good, { body: Buffer.from(raw.toString(), 'latin1') }, /no signature matches/],
    ['301 s ahead', good, { now: (at - 301) * 1000 }, /future/],
    ['no header', {}, {}, /missing/],
    ['an empty header', { 'x-signature-primary': '' }, {}, /missing/],
    ['the header twice', { 'x-signature-primary': [mac(secret), mac(secret)] }, {}, /more than once/],
    ['the secondary header twice', { ...good, 'x-signature-secondary': [mac(secret), mac(secret)] }, {}, /more than once/],
    [
      'a signature in hex',
      { 'x-signature-primary': createHmac('sha256', secret).update(raw).digest('hex') },
      {},
      /no SHA-256 in base64/,
    ],
    ['a signature that is too short', { 'x-signature-primary': mac(secret).slice(4) }, {}, /no SHA-256 in base64/],
    ['no secret', good, { secrets: [] }, /no signing secret/],
    ['an empty secret', { 'x-signature-primary': mac('') }, { secrets: [''] }, /no signing secret/],
    ['a secret of spaces', { 'x-signature-primary': mac('  ') }, { secrets: ['  '] }, /no signing secret/],
  ])('is refused with %s', (_, headers, given, reason) => {
    expect(verify(headers, given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });
});
