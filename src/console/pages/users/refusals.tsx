/** Refusals of consent that nothing proves: obeyed, and undone where they are a flood. */
import { refusalPeriod } from '../../../operator/identity';
import { Card } from '../../parts/card';
import { Confirm } from '../../parts/confirm';
import { counted } from '../../parts/money';
import type { Context } from '../../route';

export async function Refusals({ ctx }: { readonly ctx: Context }) {
  const period = refusalPeriod({}, ctx.nowMs);
  const { refusals, purchases } = await ctx.deps.pageRefusals.count(ctx.integration, period);
  if (refusals === 0 && purchases === 0) return null;
  return (
    <Card title="Consent refused by pages without proof">
      <p>
        Pages refused for {counted(refusals, 'user id or e-mail', 'user ids and e-mails')} in the last 30 days;{' '}
        {counted(purchases, 'purchase is', 'purchases are')} kept back for it.
      </p>
      <p class="muted">
        Anybody who knows a user id or an e-mail can say this for it, and it is obeyed: the law comes before the signal. Some are
        the people themselves. Very many at once are a flood: undo them, and require user tokens under TikTok.
      </p>
      {refusals + purchases > 0 && (
        <Confirm
          ctx={ctx}
          label="Undo them…"
          confirmLabel="Forget the refusals and send"
          tone="danger"
          action={ctx.href('/users/undo-refusals')}
        >
          Forgets {counted(refusals, 'refusal')} of the last 30 days, also those that were meant, and sends{' '}
          {counted(purchases, 'purchase')}. A refusal with proof (checkout, user token, provider) stays.
        </Confirm>
      )}
    </Card>
  );
}
