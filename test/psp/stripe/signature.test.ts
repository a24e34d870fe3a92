import Stripe from 'stripe';
import { stripe as adapter } from '../../../src/psp/stripe';
import { signStripe } from '../../../sandbox/stripe/webhooks';

const secret = 'whsec_current';
const raw = Buffer.from('{"id":"evt_1","note":"ü"}');
const at = 1_790_000_000;
const nowMs = at * 1000 + 999;
const good = signStripe(raw, secret, at);
const mac = good.slice(good.indexOf('v1=') + 3);
const otherMac = 'a'.repeat(64);

function verify(header: string | readonly string[] | undefined, { body = raw, secrets = [secret], now = nowMs } = {}) {
  return adapter.verify(body, { 'stripe-signature': header }, secrets, { nowMs: now });
}

describe('a Stripe signature', () => {
  it.each([
    ['one v1', good, {}],
    ['several v1, the right one first', `${good},v1=${otherMac}`, {}],
    ['several v1, the right one last', `t=${at},v1=${otherMac},v1=${mac}`, {}],
    ['schemes that we do not know beside it', `t=${at},v0=${otherMac},v1=${mac},v2=x`, {}],
    ['spaces between the parts', `t=${at}, v1=${mac}`, {}],
    ['a v1 that is no hex beside it', `t=${at},v1=zz,v1=${mac}`, {}],
    ['a rolled secret: the old one', good, { secrets: ['whsec_next', secret] }],
    ['an empty secret beside a good one', good, { secrets: ['', ' ', secret] }],
    ['exactly 300 s old', good, { now: (at + 300) * 1000 }],
    ['exactly 300 s ahead', good, { now: (at - 300) * 1000 }],
  ])('is accepted with %s', (_, header, given) => {
    expect(verify(header, given)).toEqual({ ok: true });
  });

  it.each([
    ['a wrong secret', good, { secrets: ['whsec_other'] }, /no signature matches/],
    ['a re-spaced body', good, { body: Buffer.from('{"id": "evt_1","note":"ü"}') }, /no signature matches/],
    ['a body in another encoding', good, { body: Buffer.from('{"id":"evt_1","note":"ü"}', 'latin1') }, /no signature matches/],
    ['another timestamp', `t=${at + 1},v1=${mac}`, {}, /no signature matches/],
    ['301 s of age', good, { now: (at + 301) * 1000 }, /too old/],
    ['301 s ahead', good, { now: (at - 301) * 1000 }, /future/],
    ['no header', undefined, {}, /missing/],
    ['an empty header', '', {}, /missing/],
    ['the header twice', [good, good], {}, /more than once/],
    ['no t', `v1=${mac}`, {}, /no timestamp/],
    ['t twice', `t=${at},t=${at},v1=${mac}`, {}, /several timestamps/],
    ['a t that is no number', `t=now,v1=${mac}`, {}, /not a number/],
    ['an empty t', `t=,v1=${mac}`, {}, /not a number/],
    ['a negative t', `t=-${at},v1=${mac}`, {}, /not a number/],
    ['no v1', `t=${at}`, {}, /no v1/],
    ['only v0', `t=${at},v0=${mac}`, {}, /no v1/],
    ['a v1 that is no hex', `t=${at},v1=${'z'.repeat(64)}`, {}, /hex/],
    ['a v1 that is too short', `t=${at},v1=${mac.slice(2)}`, {}, /hex/],
    ['an empty v1', `t=${at},v1=`, {}, /hex/],
    ['no secret', good, { secrets: [] }, /no signing secret/],
    ['an empty secret', signStripe(raw, '', at), { secrets: [''] }, /no signing secret/],
    ['a secret of spaces', signStripe(raw, '  ', at), { secrets: ['  '] }, /no signing secret/],
    ['words', 'hello', {}, /no timestamp/],
  ])('is refused with %s', (_, header, given, reason) => {
    expect(verify(header, given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  it("agrees with Stripe's own library, both ways", () => {
    const theirs = Stripe.webhooks.generateTestHeaderString({ payload: raw.toString(), secret, timestamp: at });
    expect(verify(theirs)).toEqual({ ok: true });
    const event = Stripe.webhooks.constructEvent(raw, good, secret, 300, undefined, at * 1000);
    expect(event.id).toBe('evt_1');
  });
});
