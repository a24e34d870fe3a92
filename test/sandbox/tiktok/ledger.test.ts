/** What the stand-in keeps has an end: in number, and in bytes, whatever strangers send. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Ledger, type ReceivedEvent } from '../../../sandbox/tiktok/ledger';

const mb = 1024 * 1024;

function event(requestId: string, more: Partial<ReceivedEvent> = {}): ReceivedEvent {
  return {
    source: 'server',
    at: 0,
    requestId,
    pixelCode: 'C4ABCDEFGHIJKLMNOPQR',
    testEventCode: null,
    eventName: 'CompletePayment',
    eventId: `stripe:${requestId}`,
    eventTime: 0,
    value: 19.99,
    currency: 'USD',
    properties: {},
    user: { email: 'a'.repeat(64) },
    pageUrl: 'https://shop.example/',
    limitedDataUse: false,
    fate: 'counted',
    answer: '0: OK',
    warnings: [],
    ...more,
  };
}

const idsOf = (ledger: Ledger): readonly string[] => ledger.events().map(({ requestId }) => requestId);

/** What the events would fill, written down. */
const bytesOf = (ledger: Ledger): number => ledger.events().reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);

/** What is in use, without what only waits to be collected. */
function heldMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / mb;
}

describe('events', () => {
  it('are kept up to their number; the oldest go first', () => {
    const ledger = new Ledger(3);
    for (let n = 1; n <= 5; n += 1) ledger.add(event(`r${n}`));
    expect(idsOf(ledger)).toEqual(['r3', 'r4', 'r5']);
    expect(ledger.counts().counted).toBe(5);
  });

  it.each([
    ['one byte a letter', 'a'],
    ['two', 'ü'],
    ['three', '日'],
    ['four', '😀'],
    ['six, as JSON writes it', '\u0001'],
  ])('are kept up to 32 MB, of letters of %s; the oldest go first', (_what, letter) => {
    const ledger = new Ledger(1_000_000);
    const long = letter.repeat(2_000 / letter.length);
    const count = 18_000;
    for (let n = 1; n <= count; n += 1) ledger.add(event(`r${n}`, { user: { email: long } }));
    expect(bytesOf(ledger)).toBeLessThanOrEqual(32 * mb);
    expect(bytesOf(ledger)).toBeGreaterThan(30 * mb);
    const ids = idsOf(ledger);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => `r${count - ids.length + 1 + index}`));
  });

  it('that are small are all kept', () => {
    const ledger = new Ledger(10_000);
    for (let n = 1; n <= 10_000; n += 1) ledger.add(event(`r${n}`));
    expect(ledger.events()).toHaveLength(10_000);
  });

  it.each<[string, Partial<ReceivedEvent>]>([
    ['id', { eventId: 'x'.repeat(9 * mb) }],
    ['name', { eventName: 'x'.repeat(9 * mb) }],
    ['pixel', { pixelCode: 'x'.repeat(9 * mb) }],
    ['test code', { testEventCode: 'x'.repeat(9 * mb) }],
    ['currency', { currency: 'x'.repeat(9 * mb) }],
    ['page', { pageUrl: 'x'.repeat(9 * mb) }],
    ['answer', { answer: 'x'.repeat(9 * mb) }],
    ['buyer', { user: { email: 'x'.repeat(9 * mb) } }],
    ['warnings', { warnings: Array.from({ length: 100_000 }, () => 'x'.repeat(90)) }],
  ])('with a huge %s are kept as which they were and what became of them', (_what, more) => {
    const ledger = new Ledger(10);
    ledger.add(event('r1', more));
    ledger.add(event('r2'));
    expect(idsOf(ledger)).toEqual(['r1', 'r2']);
    expect(ledger.events()[0]?.fate).toBe('counted');
    expect(ledger.events()[0]?.warnings).toEqual(['too long to be kept whole']);
    expect(bytesOf(ledger)).toBeLessThan(10_000);
  });

  it('with a huge text hold no more of the memory than what is kept of it', () => {
    const ledger = new Ledger(10_000);
    const before = heldMb();
    // A request as it comes over the wire, each text of it made anew.
    for (let n = 0; n < 20; n += 1) {
      const { eventId, pageUrl } = JSON.parse(`{"eventId":"${n}${'x'.repeat(4 * mb)}","pageUrl":"${'y'.repeat(4 * mb)}"}`) as {
        readonly eventId: string;
        readonly pageUrl: string;
      };
      ledger.add(event(`r${n}`, { eventId, pageUrl }));
    }
    expect(ledger.events()).toHaveLength(20);
    expect(heldMb() - before).toBeLessThan(20);
  });
});

describe('requests', () => {
  it('are kept up to 300, and none that is huge; the oldest go first', () => {
    const ledger = new Ledger(10_000);
    for (let n = 1; n <= 400; n += 1) ledger.keepRequest(`r${n}`, '{}');
    ledger.keepRequest('long', 'x'.repeat(65_536));
    ledger.keepRequest('huge', 'x'.repeat(65_537));
    expect(['r100', 'r101', 'r102', 'r400', 'long', 'huge'].map((id) => ledger.requestOf(id) !== null)).toEqual([
      ...[false, false, true, true, true, false],
    ]);
  });
});

it('ids that were seen are remembered by number, and by a hash where they are long', () => {
  const ledger = new Ledger(10);
  const long = 'x'.repeat(9 * mb);
  expect([ledger.fateOf('p', 'e', long, 0), ledger.fateOf('p', 'e', `${long}y`, 0), ledger.fateOf('p', 'e', long, 0)]).toEqual([
    ...['counted', 'counted', 'merged'],
  ]);
  for (let n = 0; n < 200_000; n += 1) ledger.fateOf('p', 'e', `id-${n}`, 0);
  // The first has given way to later ones.
  expect(ledger.fateOf('p', 'e', 'id-199999', 0)).toBe('merged');
  expect(ledger.fateOf('p', 'e', long, 0)).toBe('counted');
});
