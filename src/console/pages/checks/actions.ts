/** What an operator does on the page Checks. */
import { z } from 'zod';
import { accountOf, cancelBackfill, startBackfill, startCheck } from '../../../operator/checks';
import { isoInstant } from '../../../operator/request';
import { providerName } from '../../parts/provider-name';
import { action, type Context, redirect } from '../../route';
import { checksPage } from './page';

const checkNowAction = action({
  path: '/checks/:psp',
  page: checksPage,
  form: z.object({}),
  async run(ctx) {
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    await startCheck(ctx.deps, account, ctx.operator.name);
    return redirect(ctx.href('/checks'), `${providerName(account.psp)} is being asked.`);
  },
});

const range = z.object({ psp: z.string().max(100), from: isoInstant, to: isoInstant });

const countAction = action({
  path: '/checks/backfill',
  page: checksPage,
  form: range,
  run: (ctx, asked) => started(ctx, asked, { rememberFirstPurchases: false, dryRun: true }),
});

const takeInAction = action({
  path: '/checks/backfill/take-in',
  page: checksPage,
  form: range.extend({ rememberFirstPurchases: z.literal('on').optional() }),
  run: (ctx, { rememberFirstPurchases, ...asked }) =>
    started(ctx, asked, { rememberFirstPurchases: rememberFirstPurchases === 'on', dryRun: false }),
});

async function started(
  ctx: Context,
  { psp, from, to }: z.infer<typeof range>,
  how: { readonly rememberFirstPurchases: boolean; readonly dryRun: boolean },
) {
  const account = accountOf(ctx.deps, ctx.integration, psp);
  const by = ctx.operator.name;
  const { workflowId } = await startBackfill(ctx.deps, account, { fromMs: from, toMs: to, by, ...how });
  return redirect(
    `${ctx.href('/checks', { backfill: workflowId })}#backfill`,
    how.dryRun ? 'Counting: nothing is taken in.' : 'Reading and taking in.',
  );
}

const cancelBackfillAction = action({
  path: '/checks/:psp/backfill/cancel',
  page: checksPage,
  form: z.object({ workflowId: z.string().max(500) }),
  async run(ctx, { workflowId }) {
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    await cancelBackfill(ctx.deps, account, { workflowId, by: ctx.operator.name });
    return redirect(`${ctx.href('/checks', { backfill: workflowId })}#backfill`, 'It ends within seconds. What was read stays.');
  },
});

/** Paths without a part come first: they would be taken for a provider's. */
export const checkActions = [countAction, takeInAction, checkNowAction, cancelBackfillAction];
