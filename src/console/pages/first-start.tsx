/** What the overview shows before there is anything to look at: the set-up checklist. */
import type { VNode } from 'preact';
import type { Overview } from '../../operator/overview';
import type { Context } from '../route';
import { SetupChecklist, setupOf } from './setup';

/** Null once a purchase was sent that was no sample, or providers charged for more than samples. */
export async function firstStart(ctx: Context, { health }: Overview): Promise<VNode | null> {
  const setup = await setupOf(ctx);
  if (setup.purchaseSent || health.needsAttention > 0) return null;
  return <SetupChecklist ctx={ctx} setup={setup} />;
}
