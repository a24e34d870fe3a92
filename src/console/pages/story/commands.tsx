/** Send again, skip, and the way to the workflow, above a story. */
import { hourMs } from '../../../domain/duration';
import type { PurchaseView } from '../../../operator/purchase-view';
import { Confirm } from '../../parts/confirm';
import { Field } from '../../parts/form';
import type { Context } from '../../route';
import { storyPath } from './address';
import type { StoryProps } from './step';

/** Only what the workflow would follow: what was sent can't be skipped, and a charge that failed has nothing to send. */
export function Commands({ ctx, story: { purchase, temporalUrl } }: StoryProps) {
  const { psp, moneyId, state } = purchase;
  const path = storyPath(psp, moneyId);
  const isHeld = purchase.waitingFor === 'hold';
  const canSend = purchase.reason !== 'payment_failed' && (state !== 'pending' || isHeld);
  const canSkip = state === 'pending' || state === 'needs_attention';
  return (
    <div class="actions">
      {canSend && (
        <Confirm
          ctx={ctx}
          label={state === 'sent' || state === 'needs_attention' ? 'Send again' : isHeld ? 'Send now' : 'Send all the same'}
          action={ctx.href(`${path}/resend`)}
          confirmLabel={state === 'sent' ? 'Send it a second time' : 'Send it'}
          fields={
            <>
              {state === 'sent' && <input type="hidden" name="force" value="on" />}
              <Reason />
            </>
          }
        >
          <ResendQuestion ctx={ctx} purchase={purchase} />
        </Confirm>
      )}
      {canSkip && (
        <Confirm
          ctx={ctx}
          label="Skip"
          tone="danger"
          action={ctx.href(`${path}/skip`)}
          confirmLabel="Skip it"
          fields={<Reason />}
        >
          <p>
            TikTok will not be told of this 1 purchase. If it holds its buyer’s first purchase, the next one of the buyer gets it.
          </p>
        </Confirm>
      )}
      {temporalUrl !== null && (
        <a class="button" href={temporalUrl} target="_blank" rel="noreferrer">
          Open in the Temporal UI
        </a>
      )}
    </div>
  );
}

function Reason() {
  return <Field name="reason" label="Why (for the records)" />;
}

function ResendQuestion({ ctx, purchase: { state, sentAt } }: { readonly ctx: Context; readonly purchase: PurchaseView }) {
  if (state !== 'sent' || sentAt === null)
    return <p>Sends this 1 purchase to TikTok now, whatever the limit, consent, its age or a hold say.</p>;
  const hours = Math.floor((ctx.nowMs - Date.parse(sentAt)) / hourMs);
  return (
    <p>
      TikTok has this purchase since {hours} h. It drops a repetition within 48 h of the first, and counts it anew after that:{' '}
      <strong>{hours < 48 ? 'sent now, it would be dropped.' : 'sent now, it would be counted a second time.'}</strong>
    </p>
  );
}
