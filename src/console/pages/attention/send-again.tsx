/** The question before purchases are sent again, in numbers. */
import type { AttentionGroup } from '../../../store';
import { Confirm } from '../../parts/confirm';
import { counted, grouped } from '../../parts/money';
import type { Context } from '../../route';

interface SendAgainProps {
  readonly ctx: Context;
  readonly scope: string;
  readonly label: string;
  readonly groups: readonly AttentionGroup[];
}

export function SendAgain({ ctx, scope, label, groups }: SendAgainProps) {
  const count = total(groups, 'count');
  const old = total(groups, 'olderThan48h');
  return (
    <Confirm
      ctx={ctx}
      label={label}
      action={ctx.href('/attention/resend')}
      confirmLabel={`Send ${counted(count, 'purchase')} again`}
      fields={<input type="hidden" name="error" value={scope} />}
    >
      Sends {counted(count, 'purchase')} of {counted(total(groups, 'orders'), 'order')} again.{' '}
      {old === 0
        ? 'Each was first tried less than 48 hours ago: TikTok drops what it has already.'
        : `${grouped(String(old))} of them ${old === 1 ? 'is' : 'are'} older than 48 hours: TikTok counts ${old === 1 ? 'it' : 'them'} anew, should it have ${old === 1 ? 'it' : 'them'} already.`}
    </Confirm>
  );
}

type Counted = 'count' | 'orders' | 'olderThan48h';

/** One of the groups' numbers, over all of them. */
export function total(groups: readonly AttentionGroup[], what: Counted): number {
  return groups.reduce((sum, group) => sum + group[what], 0);
}
