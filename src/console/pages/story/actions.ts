/** What an operator does with one purchase: send it again, or give it up. */
import { z } from 'zod';
import { commandOf, resendPurchase, skipPurchase } from '../../../operator/purchase-commands';
import { isPlainText } from '../../../operator/request';
import { storyOf } from '../../../operator/story';
import { action, type Context, redirect } from '../../route';
import { paymentIn, storyPath } from './address';
import { storyPage } from './page';

const said = z
  .string()
  .trim()
  .refine((why) => isPlainText(why, 500), 'must have at most 500 characters, and no control characters')
  .optional();

export const resendAction = action({
  path: '/purchases/:psp/:moneyId/resend',
  page: storyPage,
  form: z.strictObject({ reason: said, force: z.literal('on').optional() }),
  async run(ctx, { reason, force }) {
    const { psp, moneyId } = paymentIn(ctx);
    await resendPurchase(
      ctx.deps,
      await orderOf(ctx),
      commandOf(moneyId, { by: ctx.operator.name, reason, force: force && true }),
    );
    return redirect(ctx.href(storyPath(psp, moneyId)), 'It is being sent again.');
  },
});

export const skipAction = action({
  path: '/purchases/:psp/:moneyId/skip',
  page: storyPage,
  form: z.strictObject({ reason: said }),
  async run(ctx, { reason }) {
    const { psp, moneyId } = paymentIn(ctx);
    await skipPurchase(ctx.deps, await orderOf(ctx), commandOf(moneyId, { by: ctx.operator.name, reason }));
    return redirect(ctx.href(storyPath(psp, moneyId)), 'Skipped: it will not be sent.');
  },
});

async function orderOf(ctx: Context) {
  const { purchase } = await storyOf(ctx.deps, paymentIn(ctx));
  return { integration: ctx.integration, psp: purchase.psp, subscription: purchase.subscription };
}
