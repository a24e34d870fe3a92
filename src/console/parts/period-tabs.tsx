/** The days that figures are shown over: in the address, and as tabs above them. */
import { z } from 'zod';
import type { Context } from '../route';
import { Tabs } from './tabs';

const periods = ['7', '30', '90'] as const;

/** Of the address, as a number of days. */
export const period = z.strictObject({
  days: z
    .enum(periods, `must be one of ${periods.join(', ')}`)
    .transform(Number)
    .default(30),
});

export interface PeriodTabsProps {
  readonly ctx: Context;
  /** Of the page, for `ctx.href`. */
  readonly path: string;
  readonly days: number;
}

export function PeriodTabs({ ctx, path, days }: PeriodTabsProps) {
  const tabs = periods.map((each) => ({
    label: `${each} days`,
    href: ctx.href(path, { days: each }),
    current: Number(each) === days,
  }));
  return <Tabs label="Period" tabs={tabs} />;
}
