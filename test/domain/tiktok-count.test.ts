/** When TikTok's count differs from ours. */
import { dayMs } from '../../src/domain/duration';
import {
  countDifferences,
  type CountedEvent,
  judged,
  type OurCount,
  settlingMs,
  type TheirCount,
} from '../../src/domain/tiktok-count';

const day = 20_000;
const after = (day + 1) * dayMs + settlingMs;
const ours = (sent: number, more: Partial<OurCount> = {}): OurCount => ({
  sent,
  test: 0,
  fromCheckouts: 0,
  attempts: sent,
  ...more,
});
const theirs = (server: number, browser = 0): TheirCount => ({ total: server + browser, server, browser });
const event = (one: OurCount, their: TheirCount, more: Partial<CountedEvent> = {}): CountedEvent => ({
  ...{ day, event: 'Purchase', ours: { byPayment: one, bySending: one }, theirs: their, notCompared: null, countedAtMs: after },
  ...more,
});
const verdictOf = (one: CountedEvent, percent = 2) => judged(one, percent).verdict;

describe('a day', () => {
  it.each<[string, CountedEvent, string]>([
    ['the same number', event(ours(100), theirs(100)), 'agrees'],
    ['two per cent less', event(ours(150), theirs(147)), 'agrees'],
    ['more than two per cent less', event(ours(149), theirs(146)), 'differs'],
    ['one of three lacking', event(ours(3), theirs(2)), 'agrees'],
    ['three of three lacking', event(ours(3), theirs(0)), 'differs'],
    ['more from servers than were sent', event(ours(100), theirs(110)), 'differs'],
    ['as many more as attempts of unknown fate', event(ours(100, { attempts: 110 }), theirs(110)), 'agrees'],
    ['those of checkouts counted for the browser', event(ours(100, { fromCheckouts: 60 }), theirs(40, 60)), 'agrees'],
    ['those of checkouts lacking on both sides', event(ours(100, { fromCheckouts: 60 }), theirs(40, 0)), 'differs'],
    ['more from browsers, which is not judged', event(ours(100), theirs(100, 500)), 'agrees'],
    ['no number of TikTok', event(ours(100), { total: null, server: null, browser: null }), 'not_said'],
    ['a day that is not over', event(ours(100), theirs(1), { countedAtMs: day * dayMs + 1 }), 'unfinished'],
    ['a day whose figures still change', event(ours(100), theirs(1), { countedAtMs: after - 1 }), 'unfinished'],
    ['an event that is not ours', event(ours(0), theirs(50), { notCompared: 'not_ours' }), 'not_ours'],
  ])('with %s', (_what, one, verdict) => {
    expect(verdictOf(one)).toBe(verdict);
  });

  it('is compared by the nearer of its two times', () => {
    const one = event(ours(0), theirs(100), { ours: { byPayment: ours(80), bySending: ours(100) } });
    expect(judged(one, 2)).toMatchObject({ verdict: 'agrees', difference: 0, ours: { sent: 100 } });
  });

  it('is judged by the tolerance that is set', () => {
    const one = event(ours(100), theirs(92));
    expect([verdictOf(one, 2), verdictOf(one, 8), verdictOf(one, 7.9)]).toEqual(['differs', 'agrees', 'differs']);
  });
});

describe('what is told', () => {
  const now = after + dayMs;
  const at = (back: number, sent: number, server: number) =>
    event(ours(sent), theirs(server), { day: day - back, countedAtMs: after });

  it('is the newest day that differs', () => {
    expect(countDifferences([at(0, 100, 90), at(1, 100, 100)], 2, now)).toEqual([
      { event: 'Purchase', day, sent: 100, test: 0, difference: -10 },
    ]);
  });

  it('is over with a newer day that agrees', () => {
    expect(countDifferences([at(0, 100, 100), at(1, 100, 90)], 2, now)).toEqual([]);
  });

  it('is what several small days show together', () => {
    const week = [0, 1, 2, 3].map((back) => at(back, 10, 8));
    expect(countDifferences(week, 2, now)).toEqual([{ event: 'Purchase', day: null, sent: 40, test: 0, difference: -8 }]);
  });

  it('is nothing that was counted long ago', () => {
    expect(countDifferences([at(0, 100, 0)], 2, now + 10 * dayMs)).toEqual([]);
  });
});
