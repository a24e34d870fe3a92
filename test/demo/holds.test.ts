import { heldTrials, holdDifferences, type PlayedHold } from '../../demo/holds';
import type { ReceivedEvent } from '../../sandbox/tiktok/receiver';

const nowMs = Date.UTC(2026, 10, 20, 12);
const dayMs = 86_400_000;
const [lasts, cancelled] = heldTrials(nowMs) as [PlayedHold['trial'], PlayedHold['trial']];

const record = (state: string, reason: string | null = null, waitingFor: string | null = null) => ({
  ...{ moneyId: 'pay', state, reason, waitingFor, lastError: null },
});
const held = record('pending', null, 'hold');
const event = (trial: PlayedHold['trial'], at: number) => ({ eventId: `checkout_${trial.name}`, at }) as ReceivedEvent;
const inTime = event(lasts, lasts.startMs + dayMs);
const right: PlayedHold = { trial: lasts, meanwhile: held, record: record('sent') };

const texts = (played: PlayedHold, ...events: readonly ReceivedEvent[]) =>
  holdDifferences([played], events).map(({ text }) => text.replace(/^held trial \w+: /, ''));

it('nothing differs of one that was held, and then sent once', () => {
  expect(texts(right, inTime)).toEqual([]);
  expect(texts({ trial: cancelled, meanwhile: held, record: record('suppressed', 'cancelled_in_hold') })).toEqual([]);
});

it.each<[string, PlayedHold, readonly ReceivedEvent[], string]>([
  ['a millisecond early', right, [event(lasts, lasts.startMs + dayMs - 1)], 'it was sent before its hold ended'],
  ['never', right, [], 'TikTok’s end has it 0 times'],
  ['twice', right, [inTime, { ...inTime, eventId: 'generic:pay_held_lasts_0' }], 'TikTok’s end has it 2 times'],
  ['without having been held', { ...right, meanwhile: record('sent') }, [inTime], 'its record did not say that it is held'],
  ['with another record', { ...right, record: held }, [inTime], 'its record says pending ; expected sent '],
])('tells of one that was sent %s', (_how, played, events, text) => {
  expect(texts(played, ...events)).toEqual([text]);
});

it('tells of a cancelled one that was sent, or kept back for something else', () => {
  const played: PlayedHold = { trial: cancelled, meanwhile: held, record: record('suppressed', 'limit') };
  expect(texts(played, event(cancelled, nowMs + dayMs))).toEqual([
    'its record says suppressed limit; expected suppressed cancelled_in_hold',
    'TikTok’s end has it 1 times',
  ]);
});
