import { countDifferencesOf, planted, purchasesOf } from '../../demo/tiktok-count';

const row = (event: string, sentByArrival: number, server: number | null) => ({ event, sentByArrival, tiktok: { server } });
const count = (...days: readonly ReturnType<typeof row>[][]) => ({
  lastAt: null,
  problem: null,
  days: days.map((events) => ({ events })),
});

it('adds up the purchases of all days, and no other event', () => {
  const seen = count([row('Purchase', 5, 4), row('InitiateCheckout', 9, 9)], [row('Purchase', 2, null)]);
  expect(purchasesOf(seen)).toEqual({ sent: 7, atTikTok: 4, problem: null });
});

it('finds nothing where the service says what arrived, and TikTok’s end lacks what was planted', () => {
  expect(countDifferencesOf({ sent: 10, atTikTok: 10 - planted, problem: null }, 10)).toEqual([]);
});

it.each([
  [
    'the service counts another number',
    { sent: 11, atTikTok: 11 - planted, problem: null },
    ['the service counts 11 as sent, and 10 arrived'],
  ],
  ['the difference is not found', { sent: 10, atTikTok: 10, problem: null }, ['TikTok’s end counts 10 of 10, and was to lose 3']],
  ['one more is lacking', { sent: 10, atTikTok: 6, problem: null }, ['TikTok’s end counts 6 of 10, and was to lose 3']],
  ['there is no count', { sent: 0, atTikTok: 0, problem: 'no permission' }, ['no permission']],
])('tells that %s', (_what, counted, texts) => {
  expect(countDifferencesOf(counted, 10).map(({ text }) => text)).toEqual(texts);
});
