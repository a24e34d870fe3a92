import { solidgate } from '../../../src/psp/solidgate';
import { signSolidgate } from '../../../sandbox/solidgate/webhooks';

const pair = 'wh_pk_1:wh_sk_1';
const raw = Buffer.from('{"callback_type":"renew","note":"ü"}');
const good = signSolidgate(raw, pair);

type Given = {
  body?: Buffer;
  secrets?: string[];
  merchant?: string | string[] | undefined;
  signature?: string | string[] | undefined;
};

function verify({ body = raw, secrets = [pair], ...headers }: Given) {
  return solidgate.verify(body, { ...good, ...headers }, secrets, { nowMs: 0 });
}

describe('a Solidgate signature', () => {
  it.each<[string, Given]>([
    ['the right pair', {}],
    ['several pairs, selected by merchant', { secrets: ['wh_pk_0:wh_sk_0', pair, 'wh_pk_2:wh_sk_2'] }],
    ['a replaced secret: the old one', { secrets: ['wh_pk_1:wh_sk_next', pair] }],
    ['a replaced secret: the new one', { secrets: [pair, 'wh_pk_1:wh_sk_old'] }],
    ['spaces around the pair', { secrets: [` ${pair} `] }],
    ['a pair that is none beside it', { secrets: ['', 'wh_pk_1', ':wh_sk_1', pair] }],
    ['a secret with a colon', { secrets: ['wh_pk_1:a:b'], ...signSolidgate(raw, 'wh_pk_1:a:b') }],
    // Neither the type, nor the id, nor the time is signed: they say nothing here, whatever the time.
    ['headers that are not signed', { 'solidgate-event-type': 'x', 'solidgate-event-created-at': '1970-01-01' } as Given],
  ])('is accepted with %s', (_, given) => {
    expect(verify(given)).toEqual({ ok: true });
  });

  it.each<[string, Given, RegExp]>([
    ['a wrong secret', { secrets: ['wh_pk_1:wh_sk_other'] }, /does not match/],
    ['a re-spaced body', { body: Buffer.from('{"callback_type": "renew","note":"ü"}') }, /does not match/],
    ['a body in another encoding', { body: Buffer.from('{"callback_type":"renew","note":"ü"}', 'latin1') }, /does not match/],
    ['the secret of another pair', { secrets: ['wh_pk_1:wh_sk_0', 'wh_pk_0:wh_sk_1'] }, /does not match/],
    ['an unknown merchant', { merchant: 'wh_pk_9' }, /no configured key/],
    ['another known merchant', { merchant: 'wh_pk_0', secrets: [pair, 'wh_pk_0:wh_sk_1'] }, /does not match/],
    ['no merchant', { merchant: undefined }, /merchant header is missing/],
    ['an empty merchant', { merchant: '' }, /merchant header is missing/],
    ['merchant twice', { merchant: ['wh_pk_1', 'wh_pk_1'] }, /merchant header was sent more than once/],
    ['no signature', { signature: undefined }, /signature header is missing/],
    ['an empty signature', { signature: '' }, /signature header is missing/],
    ['the signature twice', { signature: [good.signature, good.signature] }, /signature header was sent more than once/],
    ['the hex itself', { signature: Buffer.from(good.signature, 'base64').toString() }, /not the base64/],
    [
      'the base64 of the bytes, not of their hex',
      { signature: Buffer.from(Buffer.from(good.signature, 'base64').toString(), 'hex').toString('base64') },
      /not the base64/,
    ],
    ['a signature that is too short', { signature: good.signature.slice(4) }, /not the base64/],
    [
      'a signature of the right length that is no hex',
      { signature: Buffer.alloc(128, 'z').toString('base64') },
      /not the base64/,
    ],
    ['words', { signature: 'hello' }, /not the base64/],
    ['no pair', { secrets: [] }, /no webhook key pair/],
    ['an empty secret', { secrets: ['wh_pk_1:'], ...signSolidgate(raw, 'wh_pk_1:') }, /no webhook key pair/],
    ['an empty public key', { secrets: [':wh_sk_1'], ...signSolidgate(raw, ':wh_sk_1') }, /no webhook key pair/],
    ['a secret without a public key', { secrets: ['wh_sk_1'] }, /no webhook key pair/],
  ])('is refused with %s', (_, given, reason) => {
    expect(verify(given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  it('is what Solidgate documents: base64 of the hex text, over key, body, key', () => {
    expect(Buffer.from(good.signature, 'base64').toString()).toMatch(/^[0-9a-f]{128}$/);
    // By OpenSSL: printf 'pk{}pk' | openssl dgst -sha512 -hmac sk | … | base64 -w0
    expect(signSolidgate('{}', 'pk:sk').signature).toBe(OPENSSL);
  });
});

const OPENSSL =
  'YmFjOGM4YzM1NjQ0NTI4ZTk3YjVlMTI2YTNmMzlkZWI3OGVjMjAyYTRmNTllNjMzYTc0NWZmNjlkOGE2NGFkNzI2NDM5MTJjZTcxMmQ4MWRlNjM4OGQ3ZTdkMDFhNGY1YjE3YzA3MDVkZDdhNmM4NWZiZmQ3YWEzMWU3Mzc1YmM=';
