/** What an operator does on the page TikTok's count. */
import { z } from 'zod';
import { startCount } from '../../../operator/tiktok-count';
import { action, redirect } from '../../route';
import { tiktokCountPage } from './page';

const countNowAction = action({
  path: '/tiktok-count',
  page: tiktokCountPage,
  form: z.object({}),
  async run(ctx) {
    await startCount(ctx.deps, ctx.integration, ctx.operator.name);
    return redirect(ctx.href('/tiktok-count'), 'TikTok is being asked.');
  },
});

export const tiktokCountActions = [countNowAction];
