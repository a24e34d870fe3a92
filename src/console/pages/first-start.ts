/** What the overview shows before there is anything to look at: the set-up checklist. */
import type { VNode } from 'preact';
import type { Overview } from '../../operator/overview';
import type { Context } from '../route';

/** Null once there was a payment, or while nobody has written a checklist. */
export function firstStart(_ctx: Context, { period, health }: Overview): Promise<VNode | null> {
  const isFirst = period.charged.count === 0 && health.waiting === 0;
  return Promise.resolve(isFirst ? null : null);
}
