import { Webhook } from 'standardwebhooks';
import { generic } from '../../../src/psp/generic';
import type { WebhookHeaders } from '../../../src/psp/adapter';
import { signGeneric } from '../../../sandbox/generic/webhooks';

const secret = `whsec_${Buffer.from('a key of twenty-four by.').toString('base64')}`;
const other = `whsec_${Buffer.from('another key').toString('base64')}`;
const raw = Buffer.from('{"kind":"renewal"}');
const at = 1_790_000_000;
const headers = signGeneric(raw, secret, 'msg_1', at);

function verify(given: WebhookHeaders, { body = raw, secrets = [secret], nowMs = at * 1000 } = {}) {
  return generic.verify(body, given, secrets, { nowMs: nowMs });
}

describe('a Standard Webhooks signature', () => {
  it.each([
    ['as it is', headers, {}],
    ['several signatures', { ...headers, 'webhook-signature': `v1,${'A'.repeat(43)}= ${headers['webhook-signature']}` }, {}],
    ['a public-key signature beside it', { ...headers, 'webhook-signature': `v1a,xyz ${headers['webhook-signature']}` }, {}],
    ['a rotated secret', headers, { secrets: [other, secret] }],
    ['a secret without its prefix', headers, { secrets: [secret.slice('whsec_'.length)] }],
    ['exactly 300 s of age', headers, { nowMs: (at + 300) * 1000 }],
    ['exactly 300 s ahead', headers, { nowMs: (at - 300) * 1000 }],
  ])('is accepted with %s', (_, given, more) => {
    expect(verify(given, more)).toEqual({ ok: true });
  });

  it.each([
    ['a wrong secret', headers, { secrets: [other] }, /no signature matches/],
    ['a re-spaced body', headers, { body: Buffer.from('{"kind": "renewal"}') }, /no signature matches/],
    ['another id', { ...headers, 'webhook-id': 'msg_2' }, {}, /no signature matches/],
    ['301 s of age', headers, { nowMs: (at + 301) * 1000 }, /too old/],
    ['301 s ahead', headers, { nowMs: (at - 301) * 1000 }, /future/],
    ['no id', { ...headers, 'webhook-id': undefined }, {}, /webhook-id header is missing/],
    ['no timestamp', { ...headers, 'webhook-timestamp': undefined }, {}, /webhook-timestamp header is missing/],
    ['a timestamp in words', { ...headers, 'webhook-timestamp': 'now' }, {}, /not a number/],
    ['no signature', { ...headers, 'webhook-signature': '' }, {}, /webhook-signature header is missing/],
    ['a signature of another scheme', { ...headers, 'webhook-signature': 'v2,abc' }, {}, /no v1/],
    ['a signature sent twice', { ...headers, 'webhook-signature': ['a', 'b'] }, {}, /more than once/],
    ['no secret', headers, { secrets: [] }, /no signing secret/],
    ['an empty secret', signGeneric(raw, '', 'msg_1', at), { secrets: ['', ' ', 'whsec_'] }, /no signing secret/],
    ['a secret that is no base64', headers, { secrets: ['whsec_!!'] }, /no signing secret/],
  ])('is refused with %s', (_, given, more, reason) => {
    expect(verify(given, more)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  describe('under the names of Svix', () => {
    const svix = { 'svix-id': 'msg_1', 'svix-timestamp': String(at), 'svix-signature': headers['webhook-signature'] };

    it('is the same signature', () => {
      expect(verify(svix)).toEqual({ ok: true });
    });

    it.each<[string, WebhookHeaders, RegExp]>([
      ['another id', { ...svix, 'svix-id': 'msg_2' }, /no signature matches/],
      ['no timestamp', { ...svix, 'svix-timestamp': undefined }, /svix-timestamp header is missing/],
      ['no signature', { ...svix, 'svix-signature': undefined }, /svix-signature header is missing/],
      ['a timestamp in words', { ...svix, 'svix-timestamp': 'now' }, /svix-timestamp header is not a number/],
      ['a part under the other names', { ...svix, 'webhook-id': 'msg_1' }, /webhook-timestamp header is missing/],
      ['a wrong signature under the names of the specification', { ...svix, ...headers, 'webhook-id': 'msg_2' }, /no signature/],
    ])('is refused with %s', (_, given, reason) => {
      expect(verify(given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
    });

    it('counts little beside the names of the specification', () => {
      expect(verify({ ...svix, ...headers, 'svix-signature': 'v1,junk' })).toEqual({ ok: true });
    });
  });

  it('agrees with the reference library', () => {
    const theirs = new Webhook(secret).sign('msg_1', new Date(at * 1000), raw.toString());
    expect(theirs).toBe(headers['webhook-signature']);
  });
});
