/** What TikTok's count says, however it is written. */
import { readPixelId, readStatistics } from '../../src/tiktok/read-statistics';

const day = '2026-11-22';
const pixel = '7012345678901234567';
const answer = (data: unknown): string => JSON.stringify({ code: 0, message: 'OK', data });
const row = { pixel_event_type: 'SHOPPING', total_count: 12, browser_event_total_count: 5, server_event_total_count: 7 };
const read = (...statistics: unknown[]) => readStatistics(answer({ list: [{ pixel_id: pixel, statistics }] }), pixel, day);

describe('the count of a day', () => {
  it('is read as public clients know it', () => {
    expect(read(row)).toEqual({ events: [{ event: 'Purchase', total: 12, browser: 5, server: 7 }], unknownTypes: [], notes: [] });
  });

  it('knows a pixel by its number, which is more than JavaScript’s numbers hold', () => {
    const text = `{"code":0,"data":{"list":[{"pixel_id":${pixel},"statistics":[${JSON.stringify(row)}]},{"pixel_id":7012345678901234566,"statistics":[${JSON.stringify({ ...row, total_count: 99 })}]}]}}`;
    expect(readStatistics(text, pixel, day)?.events).toEqual([{ event: 'Purchase', total: 12, browser: 5, server: 7 }]);
  });

  it.each<[string, object, object]>([
    [
      'numbers as texts',
      { total_count: '1,204', browser_event_total_count: '4', server_event_total_count: '1200' },
      { total: 1204, browser: 4, server: 1200 },
    ],
    ['no total', { total_count: undefined }, { total: 12, browser: 5, server: 7 }],
    ['a total of 0 beside parts', { total_count: 0 }, { total: 12, browser: 5, server: 7 }],
    ['no part for browsers', { browser_event_total_count: undefined }, { total: 12, browser: 5, server: 7 }],
    [
      'no parts at all',
      { browser_event_total_count: undefined, server_event_total_count: null },
      { total: 12, browser: null, server: null },
    ],
    [
      'a part that is more than all',
      { browser_event_total_count: undefined, server_event_total_count: 20 },
      { total: 12, browser: null, server: 20 },
    ],
  ])('may have %s', (_what, more, counts) => {
    expect(read({ ...row, ...more })?.events).toEqual([{ event: 'Purchase', ...counts }]);
  });

  it('adds up both names of a purchase', () => {
    expect(read(row, { ...row, pixel_event_type: 'COMPLETE_PAYMENT' })?.events).toEqual([
      { event: 'Purchase', total: 24, browser: 10, server: 14 },
    ]);
  });

  it.each([
    ['ON_WEB_SUBSCRIBE', 'Subscribe'],
    ['StartTrial', 'StartTrial'],
    ['REGISTER', 'CompleteRegistration'],
    ['INITIATEORDER', 'InitiateCheckout'],
  ])('knows %s as %s', (type, event) => {
    expect(read({ ...row, pixel_event_type: type })?.events).toMatchObject([{ event }]);
  });

  it('keeps a custom event under its own name', () => {
    expect(read({ custom_event_type: 'RecurringSubscriptionPayment', total_count: 3 })?.events).toMatchObject([
      { event: 'RecurringSubscriptionPayment', total: 3 },
    ]);
  });

  it('says which types it does not know, and which rows it could not read', () => {
    const result = read({ ...row, pixel_event_type: 'BRAND_NEW' }, { total_count: 4 }, { pixel_event_type: 'SHOPPING' }, 'x', {
      ...row,
      date: '2026-11-21',
    });
    expect(result?.events).toEqual([]);
    expect(result?.unknownTypes).toEqual(['BRAND_NEW']);
    expect(result?.notes).toHaveLength(3);
  });

  it.each<[string, string]>([
    ['no JSON', '<html>'],
    ['no data', '{"code":0}'],
    ['data without a list', answer({ total: 4 })],
    ['a list that is none', answer({ list: 'x' })],
  ])('is not known at all where the answer has %s', (_what, text) => {
    expect(readStatistics(text, pixel, day)).toBeNull();
  });

  it('is nothing received where the pixel has no rows', () => {
    expect(read()).toEqual({ events: [], unknownTypes: [], notes: [] });
  });
});

describe('the id of a pixel', () => {
  const list = (...pixels: unknown[]) => answer({ pixels });

  it.each<[string, string, string | null | undefined]>([
    ['beside its code', list({ pixel_id: pixel, pixel_code: 'C4A' }), pixel],
    ['as a number', `{"data":{"pixels":[{"pixel_id":${pixel},"pixel_code":"C4A"}]}}`, pixel],
    ['under other names', answer({ list: [{ id: pixel, code: 'C4A' }] }), pixel],
    ['not of another code', list({ pixel_id: pixel, pixel_code: 'C4B' }), null],
    ['not where it is no number', list({ pixel_id: 'x', pixel_code: 'C4A' }), null],
    ['not in an empty list', list(), null],
    ['not known without a list', answer({}), undefined],
  ])('is found %s', (_where, text, id) => {
    expect(readPixelId(text, 'C4A')).toBe(id);
  });
});
