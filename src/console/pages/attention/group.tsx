/** What has one cause: the cause and its cure in words, how many and since when, whether somebody has seen it. */
import type { ResendView } from '../../../operator/attention';
import { causeOf } from '../../../operator/causes';
import { errorWords } from '../../../operator/words';
import type { AttentionGroup } from '../../../store';
import { Card, Facts } from '../../parts/card';
import { Command } from '../../parts/command';
import { counted } from '../../parts/money';
import { Chip } from '../../parts/state';
import { Time } from '../../parts/time';
import type { Context } from '../../route';
import { Resend } from './resend';
import { SendAgain } from './send-again';

interface GroupProps {
  readonly ctx: Context;
  readonly group: AttentionGroup;
  readonly resend: ResendView | null;
  readonly temporalUrl: string | null;
}

export function Group({ ctx, group, resend, temporalUrl }: GroupProps) {
  const { errorType, count, orders, sinceMs, lastMs, codes } = group;
  const { cause, cure } = causeOf(errorType, codes);
  return (
    <Card
      id={`error-${errorType}`}
      title={
        <>
          {errorWords(errorType).label} <Acknowledged group={group} />
        </>
      }
      actions={
        <>
          {resend?.state !== 'running' && <SendAgain ctx={ctx} scope={errorType} label="Send all again" groups={[group]} />}
          {!group.acknowledged && (
            <Command
              ctx={ctx}
              label="I have seen it"
              action={ctx.href('/attention/acknowledge')}
              fields={<input type="hidden" name="error" value={errorType} />}
            />
          )}
        </>
      }
    >
      <p>
        <strong>{cause}</strong> {cure}
      </p>
      <Facts
        facts={[
          [
            'Purchases',
            <a href={purchasesHref(ctx, errorType)}>{`${counted(count, 'purchase')} of ${counted(orders, 'order')}`}</a>,
          ],
          ['Since', <Time atMs={sinceMs} nowMs={ctx.nowMs} />],
          ['Last', <Time atMs={lastMs} nowMs={ctx.nowMs} />],
          ['Error', <code>{errorType}</code>],
          ...(codes.length === 0 ? [] : [['TikTok’s code', <code>{codes.join(', ')}</code>] as const]),
          ...(temporalUrl === null
            ? []
            : [
                [
                  'Workflows',
                  <a href={temporalUrl} rel="noreferrer">
                    Open in the Temporal UI
                  </a>,
                ] as const,
              ]),
        ]}
      />
      {resend && <Resend ctx={ctx} scope={errorType} resend={resend} />}
    </Card>
  );
}

/** Records without an error have no filter of their own. */
function purchasesHref(ctx: Context, errorType: string): string {
  return ctx.href('/purchases', { state: 'needs_attention', error: errorType === 'unknown' ? null : errorType });
}

function Acknowledged({ group: { acknowledged } }: { readonly group: AttentionGroup }) {
  return acknowledged ? (
    <Chip tone="muted" mark="✓" title="It is forgotten once the group is empty">
      {`Seen by ${acknowledged.by}`}
    </Chip>
  ) : (
    <Chip tone="bad" mark="⚠" title="Nobody has noted that they saw it">
      New
    </Chip>
  );
}
