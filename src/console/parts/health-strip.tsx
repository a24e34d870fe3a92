/** A line on top of every page: how it stands now. And the banners for what keeps purchases from counting. */
import { type Health, health, type Obstacle } from '../../operator/overview';
import { relativeTime } from '../islands/relative-time';
import type { Context } from '../route';
import { Banner } from './banner';
import { percent, seconds } from './figures';
import { counted, grouped } from './money';

/** Reads and shows it: for the layout. */
export async function healthStrip(ctx: Context) {
  return <HealthStrip ctx={ctx} now={await health(ctx.deps, ctx.integration)} />;
}

export function HealthStrip({ ctx, now }: { readonly ctx: Context; readonly now: Health }) {
  const { coverageToday, waiting, needsAttention, oldestWaitingAtMs, latency, openAlerts, obstacles } = now;
  return (
    <div class="strip" role="status" aria-label="How it stands now">
      <a class="strip-item" href={ctx.href('/')}>
        <span class="strip-label">Accounted for today</span> {coverageToday === null ? 'no payments yet' : percent(coverageToday)}
      </a>
      <a
        class={`strip-item ${isOld(oldestWaitingAtMs, ctx.nowMs) ? 'strip-bad' : ''}`}
        href={ctx.href('/purchases', { state: 'pending' })}
      >
        <span class="strip-label">Waiting</span> {grouped(String(waiting))}
        {oldestWaitingAtMs !== null && `, oldest ${relativeTime(oldestWaitingAtMs, ctx.nowMs)}`}
      </a>
      {needsAttention > 0 && (
        <a class="strip-item strip-bad" href={ctx.href('/attention')}>
          ⚠ {grouped(String(needsAttention))} {needsAttention === 1 ? 'needs' : 'need'} attention
        </a>
      )}
      {latency.p50Seconds !== null && (
        <span
          class="strip-item"
          title="From the payment to TikTok’s acceptance today: half of them within the first, 95 % within the second"
        >
          <span class="strip-label">To TikTok in</span> {seconds(latency.p50Seconds)}
          {latency.p95Seconds !== null && ` (95 %: ${seconds(latency.p95Seconds)})`}
        </span>
      )}
      {openAlerts.length > 0 && (
        <a class="strip-item strip-bad" href={`${ctx.href('/')}#alerts`}>
          ⚠ {counted(openAlerts.length, 'alert')}
        </a>
      )}
      {obstacles.map((obstacle) => (
        <a class="strip-item strip-warn" href={ctx.href('/tiktok')} title={obstacleWords[obstacle].text}>
          ! {obstacleWords[obstacle].short}
        </a>
      ))}
    </div>
  );
}

/** An hour, as the alert on the backlog. */
function isOld(atMs: number | null, nowMs: number): boolean {
  return atMs !== null && nowMs - atMs > 3_600_000;
}

/** In full, for the overview. */
export function ObstacleBanners({ ctx, obstacles }: { readonly ctx: Context; readonly obstacles: readonly Obstacle[] }) {
  return (
    <>
      {obstacles.map((obstacle) => {
        const { title, text, tone, action } = obstacleWords[obstacle];
        return (
          <Banner tone={tone} title={title} action={<a href={ctx.href('/tiktok')}>{action}</a>}>
            {text}
          </Banner>
        );
      })}
    </>
  );
}

interface ObstacleWords {
  readonly short: string;
  readonly title: string;
  readonly text: string;
  readonly tone: 'warn' | 'bad';
  readonly action: string;
}

const obstacleWords: Readonly<Record<Obstacle, ObstacleWords>> = {
  sandbox: {
    short: 'Sandbox: TikTok hears nothing',
    title: 'Purchases go to the built-in sandbox.',
    text: 'No pixel is set, so TikTok hears of none of them.',
    tone: 'warn',
    action: 'Set pixel and token',
  },
  no_pixel: {
    short: 'No pixel is set',
    title: 'No pixel is set.',
    text: 'Nothing can be sent: each purchase will need attention.',
    tone: 'bad',
    action: 'Set the pixel',
  },
  no_token: {
    short: 'No access token',
    title: 'The pixel has no access token.',
    text: 'Nothing can be sent: each purchase will need attention.',
    tone: 'bad',
    action: 'Enter the token',
  },
  test_code: {
    short: 'Test event code',
    title: 'A test event code is set.',
    text: 'Purchases are shown among TikTok’s test events, and count for no campaign.',
    tone: 'warn',
    action: 'Remove it',
  },
  paused: {
    short: 'Sends are paused',
    title: 'Sends are paused.',
    text: 'Purchases wait, and are sent once you resume; nothing is lost.',
    tone: 'warn',
    action: 'Resume',
  },
};
