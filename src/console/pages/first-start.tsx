/** In place of the overview while there is nothing to look at: what is to be set up. */
import type { Overview } from '../../operator/overview';
import { Empty } from '../parts/empty';
import { ObstacleBanners } from '../parts/health-strip';
import type { Context } from '../route';

export function FirstStart({ ctx, shown }: { readonly ctx: Context; readonly shown: Overview }) {
  return (
    <>
      <ObstacleBanners ctx={ctx} obstacles={shown.health.obstacles} />
      <Empty
        title="No payment has come in yet"
        action={
          <p class="actions">
            <a class="button button-primary" href={ctx.href('/providers')}>
              Set up a provider
            </a>
            <a class="button" href={ctx.href('/tiktok')}>
              Set pixel and token
            </a>
          </p>
        }
      >
        How much of what providers charged went to TikTok, how quickly, and what was kept back, will stand here.
      </Empty>
    </>
  );
}
