import { createHmac } from 'node:crypto';
import { Paddle } from '@paddle/paddle-node-sdk';
import { paddle as adapter } from '../../../src/psp/paddle';
import { signPaddle } from '../../../sandbox/paddle/webhooks';

const secret = 'pdl_ntfset_01_current';
const raw = Buffer.from('{"event_id":"evt_1","note":"ü"}');
const at = 1_790_000_000;
const nowMs = at * 1000 + 999;
const good = signPaddle(raw, secret, at)['paddle-signature'];
const mac = good.slice(good.indexOf('h1=') + 3);
const otherMac = 'a'.repeat(64);

function verify(header: string | readonly string[] | undefined, { body = raw, secrets = [secret], now = nowMs } = {}) {
  return adapter.verify(body, { 'paddle-signature': header }, secrets, { nowMs: now });
}

describe('a Paddle signature', () => {
  it.each([
    ['one h1', good, {}],
    ['several h1, the right one first', `${good};h1=${otherMac}`, {}],
    ['several h1, the right one last', `ts=${at};h1=${otherMac};h1=${mac}`, {}],
    ['schemes that we do not know beside it', `ts=${at};h0=${otherMac};h1=${mac};h2=x`, {}],
    ['spaces between the parts', `ts=${at}; h1=${mac}`, {}],
    ['an h1 that is no hex beside it', `ts=${at};h1=zz;h1=${mac}`, {}],
    ['a rotated secret: the old one', good, { secrets: ['pdl_ntfset_next', secret] }],
    ['an empty secret beside a good one', good, { secrets: ['', ' ', secret] }],
    ['an age of 6 s, where the SDK gives up', good, { now: (at + 6) * 1000 }],
    ['exactly 300 s of age', good, { now: (at + 300) * 1000 }],
    ['exactly 300 s ahead', good, { now: (at - 300) * 1000 }],
  ])('is accepted with %s', (_, header, given) => {
    expect(verify(header, given)).toEqual({ ok: true });
  });

  it.each([
    ['a wrong secret', good, { secrets: ['pdl_ntfset_other'] }, /no signature matches/],
    ['a re-spaced body', good, { body: Buffer.from('{"event_id": "evt_1","note":"ü"}') }, /no signature matches/],
    [
      'a body in another encoding',
      good,
      { body: Buffer.from('{"event_id":"evt_1","note":"ü"}', 'latin1') },
      /no signature matches/,
    ],
    ['another timestamp', `ts=${at + 1};h1=${mac}`, {}, /no signature matches/],
    ["Stripe's separator in what is signed", `ts=${at};h1=${hmacOf(`${at}.`)}`, {}, /no signature matches/],
    ['301 s of age', good, { now: (at + 301) * 1000 }, /too old/],
    ['301 s ahead', good, { now: (at - 301) * 1000 }, /future/],
    ['no header', undefined, {}, /missing/],
    ['an empty header', '', {}, /missing/],
    ['the header twice', [good, good], {}, /more than once/],
    ['no ts', `h1=${mac}`, {}, /no timestamp/],
    ['ts twice', `ts=${at};ts=${at};h1=${mac}`, {}, /several timestamps/],
    ['a ts that is no number', `ts=now;h1=${mac}`, {}, /not a number/],
    ['an empty ts', `ts=;h1=${mac}`, {}, /not a number/],
    ['a negative ts', `ts=-${at};h1=${mac}`, {}, /not a number/],
    ['no h1', `ts=${at}`, {}, /no h1/],
    ['an h1 that is no hex', `ts=${at};h1=${'z'.repeat(64)}`, {}, /hex/],
    ['an h1 that is too short', `ts=${at};h1=${mac.slice(2)}`, {}, /hex/],
    ['an empty h1', `ts=${at};h1=`, {}, /hex/],
    ['no secret', good, { secrets: [] }, /no signing secret/],
    ['an empty secret', signPaddle(raw, '', at)['paddle-signature'], { secrets: [''] }, /no signing secret/],
    ['a secret of spaces', signPaddle(raw, '  ', at)['paddle-signature'], { secrets: ['  '] }, /no signing secret/],
    ["Stripe's commas", `ts=${at},h1=${mac}`, {}, /not a number/],
    ['words', 'hello', {}, /no timestamp/],
  ])('is refused with %s', (_, header, given, reason) => {
    expect(verify(header, given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  it("agrees with Paddle's own library, which knows no other now than its own", async () => {
    jest.useFakeTimers({ now: nowMs });
    try {
      const { webhooks } = new Paddle('pdl_sdbx_apikey_of_nobody');
      await expect(webhooks.isSignatureValid(raw.toString(), secret, good)).resolves.toBe(true);
      await expect(webhooks.isSignatureValid(raw.toString(), 'pdl_ntfset_other', good)).resolves.toBe(false);
    } finally {
      jest.useRealTimers();
    }
  });
});

function hmacOf(prefix: string): string {
  return createHmac('sha256', secret).update(prefix).update(raw).digest('hex');
}
