/** What an operator does about groups of purchases that need attention. */
import { z } from 'zod';
import { acknowledge, cancelResend, startResend } from '../../../operator/attention';
import { action, redirect } from '../../route';
import { attentionPage, error } from './page';
import { scopeOf } from './resend';

const form = z.object({ error });

const resendAllAction = action({
  path: '/attention/resend',
  page: attentionPage,
  form,
  async run(ctx, { error: scope }) {
    await startResend(ctx.deps, scopeOf(ctx, scope), ctx.operator.name);
    return redirect(ctx.href('/attention', { resent: scope }), 'They are being sent again: the bar shows how far it is.');
  },
});

const cancelResendAction = action({
  path: '/attention/resend/cancel',
  page: attentionPage,
  form,
  async run(ctx, { error: scope }) {
    await cancelResend(ctx.deps, scopeOf(ctx, scope), ctx.operator.name);
    return redirect(ctx.href('/attention', { resent: scope }), 'It ends within seconds. What is on its way stays so.');
  },
});

const acknowledgeAction = action({
  path: '/attention/acknowledge',
  page: attentionPage,
  form: z.object({ error: z.string().min(1).max(100) }),
  async run(ctx, { error: errorType }) {
    await acknowledge(ctx.deps, { integration: ctx.integration, error: errorType }, ctx.operator.name);
    return redirect(ctx.href('/attention'), 'Noted: others see that you know of it.');
  },
});

export const attentionActions = [resendAllAction, cancelResendAction, acknowledgeAction];
