/**
 * Held trials: with a hold of 24 hours a trial's start is sent a day later, if the trial lasts until then. One whose day ends while this
 * is played, one that is cancelled before, one that is refunded before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { genericEventsOf } from '../sandbox/generic/webhooks';
import type { ReceivedEvent } from '../sandbox/tiktok/receiver';
import { presets } from '../src/domain/policy';
import type { Paint } from '../src/app/screen';
import { boxed } from '../src/app/screen';
import type { Difference } from './observation';
import { genericWebhook } from './providers/generic';
import type { Run, SeenRecord } from './run-scenarios';
import { settled } from './run-scenarios';
import type { RunningDemo } from './scenario-run';
import type { Webhook } from './provider';

const hour = 3_600_000;
const holdMs = 24 * hour;
/** How long the trial whose hold ends is still held when it is told: long enough to see that it waits. */
const stillHeldMs = 10_000;

interface HeldTrial {
  readonly name: string;
  readonly title: string;
  readonly startMs: number;
  readonly webhooks: readonly Webhook[];
  /** What the record says in the end, and what TikTok's end should have. */
  readonly becomes: { readonly state: 'sent' | 'suppressed'; readonly reason: string | null };
}

/** What was played: the trial, its record while it was held (null: it was not looked at), its record in the end. */
export interface PlayedHold {
  readonly trial: HeldTrial;
  readonly meanwhile: SeenRecord | null;
  readonly record: SeenRecord | null;
}

export function heldTrials(nowMs: number): readonly HeldTrial[] {
  const sold = { lasts: nowMs - holdMs + stillHeldMs, cancelled: nowMs - 3 * hour, refunded: nowMs - 5 * hour };
  const cancelledInHold = { state: 'suppressed', reason: 'cancelled_in_hold' } as const;
  const trial = (name: keyof typeof sold, type: 'free_trial' | 'paid_trial', more: readonly Record<string, unknown>[]) => {
    const order = `held_${name}`;
    const sale = { type, startMs: sold[name], subscriptionId: order, userId: `user_${order}`, checkoutId: `checkout_${order}` };
    const [start] = genericEventsOf({ ...sale, currency: 'EUR', trialAmountMinor: 100 });
    const events = [start?.event ?? {}, ...more.map((event) => ({ subscription_id: order, ...event }))];
    return {
      name: order,
      startMs: sold[name],
      webhooks: events.map((event, index) => genericWebhook(event, nowMs, index === 0 ? 'trial_start' : null)),
    };
  };
  const at = (atMs: number) => ({ occurred_at: new Date(atMs).toISOString() });
  return [
    { ...trial('lasts', 'free_trial', []), title: 'lasts 24 hours', becomes: { state: 'sent', reason: null } },
    {
      ...trial('cancelled', 'free_trial', [{ kind: 'cancelled', ...at(sold.cancelled + hour) }]),
      ...{ title: 'cancelled after an hour', becomes: cancelledInHold },
    },
    {
      ...trial('refunded', 'paid_trial', [{ kind: 'refund', money_id: 'pay_held_refunded_0', ...at(sold.refunded + 2 * hour) }]),
      ...{ title: 'paid, refunded after two hours', becomes: cancelledInHold },
    },
  ];
}

/** Plays them with the preset *Qualified trials*. */
export async function playHolds(
  demo: RunningDemo,
  trials: readonly HeldTrial[],
  run: Omit<Run, 'service'>,
): Promise<readonly PlayedHold[]> {
  const { signal } = run;
  await demo.changeSettings({ policy: presets.qualified_trials.policy, limitPurchaseEvents: false });
  const played = trials.map(async (trial): Promise<PlayedHold> => {
    const [start, ...more] = trial.webhooks;
    const moneyId = start?.payment?.moneyId ?? '';
    const recordNow = async () =>
      (await demo.records('generic', trial.name, signal)).find((record) => record.moneyId === moneyId) ?? null;
    if (start) await demo.deliver('generic', start, signal);
    let meanwhile = await recordNow();
    for (
      const untilMs = Date.now() + stillHeldMs;
      meanwhile?.waitingFor !== 'hold' && Date.now() < untilMs;
      meanwhile = await recordNow()
    )
      await sleep(50, undefined, { signal });
    for (const webhook of more) await demo.deliver('generic', webhook, signal);
    await settled({ psp: 'generic', order: trial.name }, [moneyId], { ...run, service: demo });
    return { trial, meanwhile, record: await recordNow() };
  });
  return Promise.all(played);
}

/** The events of TikTok's end that are of these trials. */
export function eventsOfHolds(played: readonly PlayedHold[], events: readonly ReceivedEvent[]): readonly ReceivedEvent[] {
  return events.filter((event) => played.some((one) => isOf(one, event)));
}

function isOf({ trial }: PlayedHold, { eventId }: ReceivedEvent): boolean {
  const moneyIds = trial.webhooks.flatMap(({ payment }) => payment?.moneyId ?? []);
  return eventId !== null && [`checkout_${trial.name}`, ...moneyIds.map((moneyId) => `generic:${moneyId}`)].includes(eventId);
}

/** Every way in which a held trial is not what it should be. Pure. */
export function holdDifferences(played: readonly PlayedHold[], events: readonly ReceivedEvent[]): readonly Difference[] {
  return played.flatMap((one): readonly Difference[] => {
    const { trial, meanwhile, record } = one;
    const said = (text: string): Difference => ({
      kind: 'wrong hold',
      expectation: null,
      text: `held trial ${trial.name}: ${text}`,
    });
    const own = events.filter((event) => isOf(one, event));
    const { state, reason } = trial.becomes;
    return [
      ...(record?.state === state && record.reason === reason
        ? []
        : [said(`its record says ${record?.state ?? 'nothing'} ${record?.reason ?? ''}; expected ${state} ${reason ?? ''}`)]),
      ...(own.length === (state === 'sent' ? 1 : 0) ? [] : [said(`TikTok’s end has it ${own.length} times`)]),
      ...own.filter(({ at }) => at < trial.startMs + holdMs).map(() => said('it was sent before its hold ended')),
      ...(state === 'sent' && meanwhile?.waitingFor !== 'hold' ? [said('its record did not say that it is held')] : []),
    ];
  });
}

/** A row for each trial. */
export function holdLines(paint: Paint, played: readonly PlayedHold[], events: readonly ReceivedEvent[]): readonly string[] {
  const { bold, dim, good, bad } = paint;
  const rows = played.map((one) => {
    const { trial, record } = one;
    const isRight = holdDifferences([one], events).length === 0;
    const [event] = events.filter((each) => isOf(one, each));
    const late = event ? `sent, ${((event.at - trial.startMs - holdMs) / 1000).toFixed(1)} s after its hold ended` : '–';
    return [trial.title, (isRight ? good : bad)(late), dim(record?.reason ?? '')];
  });
  return [
    '',
    `${bold('Held trials')} (24 hours), as observed at TikTok’s end`,
    ...boxed([[['Trial', 'Purchase', 'its record says']], rows]),
  ];
}
