/** A resend of a whole group: how far it is, or how the last one ended. */
import type { ResendView } from '../../../operator/attention';
import { errorWords } from '../../../operator/words';
import { Command } from '../../parts/command';
import { counted } from '../../parts/money';
import { askedAgain } from '../../parts/polling';
import { Progress } from '../../parts/progress';
import { Time } from '../../parts/time';
import type { Context } from '../../route';

interface ResendProps {
  readonly ctx: Context;
  /** An error type, or the empty text for all. */
  readonly scope: string;
  readonly resend: ResendView;
  /** True when htmx asked for it alone: once it has ended, the groups are asked for again, since they have changed. */
  readonly isAlone?: boolean;
}

/** A resend: asked for again every two seconds while it runs. */
export function Resend({ ctx, scope, resend, isAlone = false }: ResendProps) {
  const { state, done, total: all, temporalUrl } = resend;
  const address = ctx.href('/attention/resend', { error: scope });
  const isRunning = state === 'running';
  const again: Readonly<Record<string, string>> = isRunning
    ? askedAgain(address, 2)
    : isAlone
      ? {
          ...{ 'hx-get': ctx.href('/attention', { resent: scope === '' ? null : scope }), 'hx-trigger': 'load' },
          ...{ 'hx-target': '#attention', 'hx-swap': 'outerHTML' },
        }
      : {};
  return (
    <div class="task" role="status" {...again}>
      {isRunning ? (
        <>
          <Progress label={`Sending again: ${scope === '' ? 'everything' : errorWords(scope).label}`} done={done} total={all} />
          <Command
            ctx={ctx}
            label="Cancel"
            action={ctx.href('/attention/resend/cancel')}
            fields={<input type="hidden" name="error" value={scope} />}
          />
        </>
      ) : (
        <Ended ctx={ctx} scope={scope} resend={resend} />
      )}
      {temporalUrl !== null && (
        <a href={temporalUrl} rel="noreferrer">
          Its workflow in the Temporal UI
        </a>
      )}
      <Trouble resend={resend} />
    </div>
  );
}

const endings = { done: 'ended', cancelled: 'was cancelled', failed: 'broke off' } as const;

function Ended({ ctx, scope, resend: { state, done, orders, by, endedAt } }: ResendProps) {
  if (state === 'running') return null;
  return (
    <span>
      The last resend of {scope === '' ? 'everything' : `“${errorWords(scope).label}”`}
      {by !== null && ` by ${by}`} {endings[state]}
      {endedAt !== null && (
        <>
          {' '}
          <Time atMs={Date.parse(endedAt)} nowMs={ctx.nowMs} />
        </>
      )}
      : {counted(done, 'purchase')} of {counted(orders, 'order')} {done === 1 ? 'was sent on its way' : 'were sent on their way'}.
    </span>
  );
}

function Trouble({ resend: { failed, lastError } }: { readonly resend: ResendView }) {
  return (
    <>
      {failed > 0 && (
        <span class="error">{`${counted(failed, 'order')} could not be told, and still need${failed === 1 ? 's' : ''} attention.`}</span>
      )}
      {lastError !== null && <span class="error">Its last attempt at something failed, and is tried again: {lastError}</span>}
    </>
  );
}

/** What `scope` stands for, as the workflow knows it. */
export function scopeOf({ integration }: Context, scope: string) {
  return { integration, error: scope === '' ? null : scope };
}
