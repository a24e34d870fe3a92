/** TikTok's count: what TikTok says it has received, day by day beside what was sent; what differs, and what usually causes it. */
import { dayMs } from '../../../domain/duration';
import { daysOf } from '../../../application/utc-day';
import { type TikTokCountView, tiktokCountView } from '../../../operator/tiktok-count';
import { Banner } from '../../parts/banner';
import { Card, Facts } from '../../parts/card';
import { Command } from '../../parts/command';
import { Empty } from '../../parts/empty';
import { counted } from '../../parts/money';
import { period, PeriodTabs } from '../../parts/period-tabs';
import { askedAgain } from '../../parts/polling';
import { Chip } from '../../parts/state';
import { Time } from '../../parts/time';
import { type Context, page } from '../../route';
import { nullIfAway } from '../../temporal-away';
import { DayTable } from './day-table';

export const tiktokCountPage = page({
  path: '/tiktok-count',
  title: 'TikTok’s count',
  section: 'count',
  async render(ctx) {
    const { days } = ctx.query(period);
    const toMs = Math.floor(ctx.nowMs / dayMs) * dayMs + dayMs;
    const [view, running] = await Promise.all([
      tiktokCountView(ctx.deps, ctx.integration, daysOf({ fromMs: toMs - days * dayMs, toMs })),
      runningOf(ctx),
    ]);
    const canAsk = view.advertiserId !== null;
    return (
      <>
        <p class="lead">
          What TikTok says it has received, beside what was sent. It is asked once a day, and an alert opens when a finished day
          differs by more than {view.tolerancePercent} %, and by three events or more.
        </p>
        {view.problem !== null && canAsk && (
          <Banner tone="bad" title="TikTok’s count could not be read.">
            {view.problem}
          </Banner>
        )}
        {view.differences.map((difference) => (
          <Different difference={difference} />
        ))}
        {canAsk && <Reading ctx={ctx} view={view} running={running} />}
        {!canAsk && view.days.length === 0 ? <NoAdvertiser problem={view.problem} /> : <Days ctx={ctx} view={view} days={days} />}
        <Card title="What these numbers cannot tell">
          <ul>
            {view.limits.map((limit) => (
              <li>{limit}</li>
            ))}
          </ul>
        </Card>
      </>
    );
  },
});

/** Null while Temporal is out of reach. */
interface Running {
  readonly isRunning: boolean;
  readonly lastError: string | null;
  readonly nextAtMs: number | null;
}

async function runningOf({ deps, integration }: Context): Promise<Running | null> {
  if (deps.advertiserId(integration) === null) return null;
  const asked = await nullIfAway(Promise.all([deps.countRuns.find(integration), deps.countRuns.nextAtMs(integration)]));
  if (asked === null) return null;
  const [task, nextAtMs] = asked;
  return { isRunning: task?.state === 'running', lastError: task?.lastError ?? null, nextAtMs };
}

function Different({
  difference: { event, day, sent, testEvents, difference, causes },
}: {
  readonly difference: TikTokCountView['differences'][number];
}) {
  const when = day === null ? 'in the last seven days' : `on ${day}`;
  const what =
    difference < 0
      ? `TikTok counts ${counted(-difference, 'event')} fewer`
      : `TikTok counts ${counted(difference, 'event')} more from servers`;
  return (
    <Banner
      tone="warn"
      title={`${event}: ${what} than the ${counted(sent, 'event')} that ${sent === 1 ? 'was' : 'were'} sent ${when}.`}
    >
      {testEvents > 0 &&
        difference < 0 &&
        `${counted(testEvents, 'event')} of them carried a test event code, and are not counted. `}
      Usual causes:
      <ul>
        {causes.map((cause) => (
          <li>{cause}</li>
        ))}
      </ul>
    </Banner>
  );
}

interface ReadingProps {
  readonly ctx: Context;
  readonly view: TikTokCountView;
  readonly running: Running | null;
}

function Reading({ ctx, view, running }: ReadingProps) {
  const { lastAt, advertiserId, pixelCode, notes } = view;
  const isRunning = running?.isRunning ?? false;
  return (
    <div
      id="reading"
      class="stack"
      {...(isRunning
        ? {
            ...askedAgain(ctx.href('/tiktok-count', { days: ctx.url.searchParams.get('days') }), 2),
            'hx-target': 'body',
            'hx-swap': 'innerHTML',
          }
        : {})}
    >
      <Card
        title={
          <>
            Reading{' '}
            {isRunning ? (
              <Chip tone="accent" mark="⏳">
                Asking TikTok
              </Chip>
            ) : null}
          </>
        }
        actions={
          !isRunning && running !== null && <Command ctx={ctx} label="Ask TikTok now" action={ctx.href('/tiktok-count')} />
        }
      >
        <Facts
          facts={[
            ['Last', lastAt === null ? 'TikTok has not been asked yet' : <Time atMs={Date.parse(lastAt)} nowMs={ctx.nowMs} />],
            ['Next', nextIn(ctx, running)],
            ['Advertiser', <code>{advertiserId}</code>],
            ['Pixel', pixelCode === null ? 'the built-in sandbox’s' : <code>{pixelCode}</code>],
          ]}
        />
        {running?.lastError != null && <p class="error">TikTok could not be asked, and is asked again ({running.lastError}).</p>}
        {notes.length > 0 && (
          <ul class="notes">
            {notes.map((note) => (
              <li>{note}</li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}

function nextIn(ctx: Context, running: Running | null) {
  if (running === null) return 'not known now: Temporal does not answer';
  return running.nextAtMs === null ? 'its Schedule is paused' : <Time atMs={running.nextAtMs} nowMs={ctx.nowMs} />;
}

function NoAdvertiser({ problem }: { readonly problem: string | null }) {
  return (
    <Empty title="No advertiser id is set">
      {problem} It stands in TikTok’s Ads Manager beside the account’s name, and goes into the environment of this service, or
      into INTEGRATIONS_FILE as <code>tiktok.advertiserId</code>. Nothing else depends on it.
    </Empty>
  );
}

interface DaysProps {
  readonly ctx: Context;
  readonly view: TikTokCountView;
  readonly days: number;
}

function Days({ ctx, view, days }: DaysProps) {
  return (
    <>
      <PeriodTabs ctx={ctx} path="/tiktok-count" days={days} />
      {view.days.length === 0 ? (
        <Empty title={`Nothing was counted in ${days} days`}>
          TikTok is asked each morning (UTC). Each day and event that it has counted will stand here, beside what was sent.
        </Empty>
      ) : (
        <DayTable days={view.days} />
      )}
    </>
  );
}
