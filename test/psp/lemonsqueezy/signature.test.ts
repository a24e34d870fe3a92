import { createHmac } from 'node:crypto';
import { lemonsqueezy as adapter } from '../../../src/psp/lemonsqueezy';
import { signLemonsqueezy } from '../../../sandbox/lemonsqueezy/webhooks';

const secret = 'signing-secret';
const raw = Buffer.from('{"meta":{"event_name":"order_created"},"note":"ü"}');
const good = signLemonsqueezy(raw, secret)['x-signature'];

function verify(header: string | readonly string[] | undefined, { body = raw, secrets = [secret] } = {}) {
  return adapter.verify(body, { 'x-signature': header }, secrets, { nowMs: 0 });
}

/** Lemon Squeezy's own package verifies nothing; this is its documentation's example. https://docs.lemonsqueezy.com/help/webhooks/signing-requests */
const documented = createHmac('sha256', secret).update(raw.toString('utf8')).digest('hex');

describe('a Lemon Squeezy signature', () => {
  it.each([
    ['the secret', good, {}],
    ["what the documentation's example signs", documented, {}],
    ['hex in capitals', good.toUpperCase(), {}],
    ['a rotated secret: the old one', good, { secrets: ['next-secret', secret] }],
    ['an empty secret beside a good one', good, { secrets: ['', ' ', secret] }],
  ])('is accepted with %s', (_, header, given) => {
    expect(verify(header, given)).toEqual({ ok: true });
  });

  it.each([
    ['a wrong secret', good, { secrets: ['other-secret'] }, /no configured secret/],
    [
      'a re-spaced body',
      good,
      { body: Buffer.from('{"meta": {"event_name":"order_created"},"note":"ü"}') },
      /no configured secret/,
    ],
    ['a body in another encoding', good, { body: Buffer.from(raw.toString(), 'latin1') }, /no configured secret/],
    ['no header', undefined, {}, /missing/],
    ['an empty header', '', {}, /missing/],
    ['the header twice', [good, good], {}, /more than once/],
    ['the header once, as a list', [good], {}, /more than once/],
    ['two signatures', `${good},${good}`, {}, /hex/],
    ['no hex', 'z'.repeat(64), {}, /hex/],
    ['half a signature', good.slice(32), {}, /hex/],
    ['base64', createHmac('sha256', secret).update(raw).digest('base64'), {}, /hex/],
    ['no secret', good, { secrets: [] }, /no signing secret/],
    ['an empty secret', signLemonsqueezy(raw, '')['x-signature'], { secrets: [''] }, /no signing secret/],
    ['a secret of spaces', signLemonsqueezy(raw, '  ')['x-signature'], { secrets: ['  '] }, /no signing secret/],
  ])('is refused with %s', (_, header, given, reason) => {
    expect(verify(header, given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });
});
