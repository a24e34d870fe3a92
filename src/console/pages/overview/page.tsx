/** How much of what was charged is accounted for at TikTok, what stands in the way, and how it went from day to day. */
import { type Overview, overview } from '../../../operator/overview';
import { Card } from '../../parts/card';
import { Figures } from '../../parts/figures';
import { ObstacleBanners } from '../../parts/health-strip';
import { period, PeriodTabs } from '../../parts/period-tabs';
import { type Answer, type Context, page } from '../../route';
import { firstStart } from '../first-start';
import { Alerts, RefusedOrigins } from './alerts';
import { Charts } from './charts';
import { figures } from './figures';
import { Funnel } from './funnel';
import { Providers } from './providers';

export const overviewPage = page({
  path: '/',
  title: 'Overview',
  section: 'overview',
  async render(ctx): Promise<Answer> {
    const { days } = ctx.query(period);
    const shown = await overview(ctx.deps, ctx.integration, days);
    return (await firstStart(ctx, shown)) ?? <OverviewContent ctx={ctx} shown={shown} days={days} />;
  },
});

interface ContentProps {
  readonly ctx: Context;
  readonly shown: Overview;
  readonly days: number;
}

function OverviewContent({ ctx, shown, days }: ContentProps) {
  const { health, period: covered, providers, refusedOrigins } = shown;
  return (
    <>
      <ObstacleBanners ctx={ctx} obstacles={health.obstacles} />
      {refusedOrigins.length > 0 && <RefusedOrigins ctx={ctx} origins={refusedOrigins} />}
      <Alerts ctx={ctx} alerts={health.openAlerts} />
      <Figures figures={figures(ctx, shown, days)} />
      <PeriodTabs ctx={ctx} path="/" days={days} />
      <div class="columns">
        <Funnel ctx={ctx} covered={covered} days={days} />
        <Card title="Day by day">
          <Charts covered={covered} />
        </Card>
      </div>
      <Providers ctx={ctx} providers={providers} covered={covered} />
    </>
  );
}
