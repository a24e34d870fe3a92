import fc from 'fast-check';
import type { Consent, Identity } from '../../src/domain/identity';
import { identifierKinds, mergeIdentity } from '../../src/domain/identity';

const empty: Identity = {};

describe('two views of one buyer', () => {
  it.each<[string, Identity, Identity, Identity]>([
    ['nothing and nothing is nothing', empty, empty, empty],
    ['the later fills gaps', { ip: '203.0.113.7' }, { ttp: 'ttp-1' }, { ip: '203.0.113.7', ttp: 'ttp-1' }],
    [
      'the later overwrites nothing',
      { ip: '203.0.113.7', emailSha256: 'a' },
      { ip: '198.51.100.1', emailSha256: 'b' },
      { ip: '203.0.113.7', emailSha256: 'a' },
    ],
    [
      'a first click comes with its time',
      { ip: '203.0.113.7' },
      { ttclid: 'B', clickAtMs: 5 },
      { ip: '203.0.113.7', ttclid: 'B', clickAtMs: 5 },
    ],
    [
      'a newer click brings its ttclid',
      { ttclid: 'A', clickAtMs: 4 },
      { ttclid: 'B', clickAtMs: 5 },
      { ttclid: 'B', clickAtMs: 5 },
    ],
    ['an older click does not', { ttclid: 'A', clickAtMs: 5 }, { ttclid: 'B', clickAtMs: 4 }, { ttclid: 'A', clickAtMs: 5 }],
    [
      'a click of the same time does, as the last one said',
      { ttclid: 'A', clickAtMs: 5 },
      { ttclid: 'B', clickAtMs: 5 },
      { ttclid: 'B', clickAtMs: 5 },
    ],
    ['a click without time does not', { ttclid: 'A', clickAtMs: 5 }, { ttclid: 'B' }, { ttclid: 'A', clickAtMs: 5 }],
    [
      'a newer click brings the page, address and browser that it was made with, as far as they are known',
      { ttclid: 'A', clickAtMs: 4, pageUrl: 'https://e.com/a', ip: '203.0.113.7', userAgent: 'A', ttp: 'A' },
      { ttclid: 'B', clickAtMs: 5, pageUrl: 'https://e.com/b', userAgent: 'B', ttp: 'B' },
      { ttclid: 'B', clickAtMs: 5, pageUrl: 'https://e.com/b', ip: '203.0.113.7', userAgent: 'B', ttp: 'A' },
    ],
    [
      'the same click again brings nothing',
      { ttclid: 'A', clickAtMs: 4, pageUrl: 'https://e.com/a' },
      { ttclid: 'A', clickAtMs: 5, pageUrl: 'https://e.com/b' },
      { ttclid: 'A', clickAtMs: 4, pageUrl: 'https://e.com/a' },
    ],
    [
      'no click takes none away',
      { ttclid: 'A', clickAtMs: 5 },
      { ip: '203.0.113.7' },
      { ttclid: 'A', clickAtMs: 5, ip: '203.0.113.7' },
    ],
  ])('%s', (_rule, earlier, later, both) => {
    expect(mergeIdentity(earlier, later)).toStrictEqual(both);
  });

  it.each<[Consent | undefined, Consent | undefined, Consent | undefined]>([
    ['granted', 'denied', 'denied'],
    ['denied', 'granted', 'granted'],
    ['granted', 'unknown', 'granted'],
    ['denied', 'unknown', 'denied'],
    ['denied', undefined, 'denied'],
    ['unknown', 'denied', 'denied'],
    ['unknown', undefined, 'unknown'],
    [undefined, 'unknown', 'unknown'],
    [undefined, undefined, undefined],
  ])('consent %s, then %s, is %s: stated wins over unknown, the later statement over the earlier', (earlier, later, both) => {
    const view = (consent: Consent | undefined): Identity => (consent === undefined ? {} : { consent });
    expect(mergeIdentity(view(earlier), view(later))).toStrictEqual(view(both));
  });

  it('again change nothing', () => {
    const text = fc.constantFrom('a', 'b', 'c');
    const views: fc.Arbitrary<Identity> = fc.record(
      {
        emailSha256: text,
        phoneSha256: text,
        ttclid: text,
        clickAtMs: fc.nat(3),
        ip: text,
        consent: fc.constantFrom<Consent>('granted', 'denied', 'unknown'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(views, views, (earlier, later) => {
        const once = mergeIdentity(earlier, later);
        expect(mergeIdentity(once, later)).toStrictEqual(once);
      }),
    );
  });
});

it('identifiers stand in order of strength: the merchant’s user id first', () => {
  expect(identifierKinds).toEqual(['user_id', 'email', 'customer', 'checkout', 'order']);
});
