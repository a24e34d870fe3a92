/** What the overview shows before there is anything to look at: the set-up checklist. */
import type { VNode } from 'preact';
import type { Overview } from '../../operator/overview';
import type { Context } from '../route';
import { SetupChecklist, setupOf } from './setup';

/** Null once there is something to look at: payments, samples aside, or a purchase that needs attention. */
export async function firstStart(ctx: Context, { health, period }: Overview): Promise<VNode | null> {
  const setup = await setupOf(ctx);
  if (setup.purchaseSent || health.needsAttention > 0 || period.charged.count > 0) return null;
  return <SetupChecklist ctx={ctx} setup={setup} />;
}
