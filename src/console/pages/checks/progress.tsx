/** Parts of the page Checks that ask for themselves again while something runs. */
import { z } from 'zod';
import { accountOf, checkView, findBackfill } from '../../../operator/checks';
import { fragment, page } from '../../route';
import { BackfillItem } from './backfill-item';
import { CheckCard } from './check-card';

export const checkProgressPage = page({
  path: '/checks/:psp',
  title: 'Check',
  section: 'checks',
  async render(ctx) {
    const check = await checkView(ctx.deps, accountOf(ctx.deps, ctx.integration, ctx.part('psp')));
    const card = <CheckCard ctx={ctx} check={check} />;
    return ctx.isHtmx ? fragment(card) : card;
  },
});

export const backfillProgressPage = page({
  path: '/checks/:psp/backfill',
  title: 'Backfill',
  section: 'checks',
  async render(ctx) {
    const { id } = ctx.query(z.object({ id: z.string().max(500) }));
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    const found = await findBackfill(ctx.deps, account, id);
    return fragment(found ? <BackfillItem ctx={ctx} backfill={{ ...found, psp: account.psp }} /> : <li />);
  },
});
