/** Checks: how the looks at providers' accounts stand, one more look now, and a range of the past. */
import { z } from 'zod';
import { accountsOf, backfillViews, checkView, type CheckView, findBackfill, lastCheckView } from '../../../operator/checks';
import type { AccountRef } from '../../../../workflows/contract';
import { Banner } from '../../parts/banner';
import { Empty } from '../../parts/empty';
import { type Context, page } from '../../route';
import { nullIfAway } from '../../temporal-away';
import { BackfillCard } from './backfill-card';
import type { Backfill } from './backfill-item';
import { CheckCard } from './check-card';

export const checksPage = page({
  path: '/checks',
  title: 'Checks',
  section: 'checks',
  async render(ctx) {
    const accounts = accountsOf(ctx.deps, ctx.integration);
    if (accounts.length === 0) return <NoKey ctx={ctx} />;
    const { backfill } = ctx.query(z.object({ backfill: z.string().max(500).optional() }));
    const { checks, backfills } =
      (await nullIfAway(askTemporal(ctx, accounts, backfill))) ?? (await withoutTemporal(ctx, accounts));
    return (
      <>
        {backfills === null && (
          <Banner tone="warn" title="Temporal does not answer.">
            Below is how the last checks ended. Whether one runs now cannot be said, and none can be started; webhooks that come
            meanwhile are sent again by the provider.
          </Banner>
        )}
        <p class="muted">
          Every 10 minutes each provider is asked what happened since the last look, so that a webhook that was lost loses no
          purchase.
        </p>
        {checks.map((check) => (
          <CheckCard ctx={ctx} check={check} isTemporalAway={backfills === null} />
        ))}
        <BackfillCard ctx={ctx} accounts={accounts} backfills={backfills} />
      </>
    );
  },
});

function NoKey({ ctx }: { readonly ctx: Context }) {
  return (
    <Empty
      title="No provider can be asked yet"
      action={
        <a class="button button-primary" href={ctx.href('/providers')}>
          Enter an API key
        </a>
      }
    >
      With an API key a provider is asked every 10 minutes for payments whose webhook was lost, and can be read back over any
      range of dates. Webhooks work without one.
    </Empty>
  );
}

interface Shown {
  readonly checks: readonly CheckView[];
  /** Null while Temporal is out of reach. */
  readonly backfills: readonly Backfill[] | null;
}

async function askTemporal(ctx: Context, accounts: readonly AccountRef[], named?: string): Promise<Shown> {
  const [checks, backfills] = await Promise.all([
    Promise.all(accounts.map((account) => checkView(ctx.deps, account))),
    backfillsOf(ctx, accounts, named),
  ]);
  return { checks, backfills };
}

async function withoutTemporal({ deps }: Context, accounts: readonly AccountRef[]): Promise<Shown> {
  return { checks: await Promise.all(accounts.map((account) => lastCheckView(deps, account))), backfills: null };
}

/** The lists of Temporal lag behind a start, so the one that the address names is asked for by itself. Newest first. */
async function backfillsOf(ctx: Context, accounts: readonly AccountRef[], named?: string): Promise<readonly Backfill[]> {
  const found = await Promise.all(
    accounts.map(async (account) => {
      const [listed, one] = await Promise.all([
        backfillViews(ctx.deps, account),
        named === undefined ? null : findBackfill(ctx.deps, account, named),
      ]);
      const isListed = listed.some(({ workflowId }) => workflowId === one?.workflowId);
      return (one && !isListed ? [one, ...listed] : listed).map((view) => ({ ...view, psp: account.psp }));
    }),
  );
  return found.flat().sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
}
