/** Needs attention: what TikTok did not take, by cause; each with its cure, and with sending it again once the cause is gone. */
import { z } from 'zod';
import { acknowledge, attentionGroups, cancelResend, resendTask, type ResendView, startResend } from '../../operator/attention';
import { causeOf } from '../../operator/causes';
import { temporalFilters } from '../../operator/temporal-links';
import { errorWords } from '../../operator/words';
import type { AttentionGroup } from '../../store';
import { Banner } from '../parts/banner';
import { Card, Facts } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Form } from '../parts/form';
import { grouped } from '../parts/money';
import { Progress } from '../parts/progress';
import { Chip } from '../parts/state';
import { Time } from '../parts/time';
import { action, type Context, fragment, page, redirect } from '../route';

/** An error type as it is named in the address; empty, or absent, for all. */
const error = z.string().max(100).default('');

export const attentionPage = page({
  path: '/attention',
  title: 'Needs attention',
  section: 'attention',
  async render(ctx) {
    const { resent } = ctx.query(z.object({ resent: error.optional() }));
    const content = <Content ctx={ctx} shown={await shownIn(ctx, resent)} />;
    return ctx.isHtmx ? fragment(content) : content;
  },
});

interface Shown {
  readonly groups: readonly AttentionGroup[];
  /** By error type, the empty one for all: the resends that run, and the last ones. Null when Temporal does not answer. */
  readonly resends: ReadonlyMap<string, ResendView> | null;
}

/** `resent` is a resend that was just started: its group may be empty already. */
async function shownIn(ctx: Context, resent?: string): Promise<Shown> {
  const groups = await attentionGroups(ctx.deps, ctx.integration);
  const scopes = [...new Set(['', ...(resent === undefined ? [] : [resent]), ...groups.map(({ errorType }) => errorType)])];
  return { groups, resends: await resendsOf(ctx, scopes).catch(() => null) };
}

async function resendsOf(ctx: Context, scopes: readonly string[]): Promise<ReadonlyMap<string, ResendView>> {
  const found = await Promise.all(scopes.map(async (scope) => [scope, await resendTask(ctx.deps, scopeOf(ctx, scope))] as const));
  return new Map(found.flatMap(([scope, task]) => (task ? [[scope, task] as const] : [])));
}

function scopeOf({ integration }: Context, scope: string) {
  return { integration, error: scope === '' ? null : scope };
}

function Content({ ctx, shown: { groups, resends } }: { readonly ctx: Context; readonly shown: Shown }) {
  const withoutGroup = [...(resends ?? [])].filter(([scope]) => !groups.some(({ errorType }) => errorType === scope));
  return (
    <div id="attention" class="stack">
      {resends === null && (
        <Banner tone="warn" title="Temporal does not answer.">
          What needs attention is below; how far a resend is cannot be said now, and none can be started.
        </Banner>
      )}
      {withoutGroup.map(([scope, resend]) => (
        <Resend ctx={ctx} scope={scope} resend={resend} />
      ))}
      {groups.length === 0 ? <Nothing ctx={ctx} /> : <Groups ctx={ctx} groups={groups} resends={resends} />}
    </div>
  );
}

function Nothing({ ctx }: { readonly ctx: Context }) {
  return (
    <Empty
      title="Nothing needs attention"
      action={
        <a class="button" href={ctx.href('/purchases', { state: 'pending' })}>
          See what waits
        </a>
      }
    >
      A purchase stands here when TikTok did not take it and trying again by itself would not help: a token that has expired, a
      pixel that was deleted, an event that is refused. They are grouped by cause, each with its cure, and sent again in one step
      once the cause is gone.
    </Empty>
  );
}

function Groups({ ctx, groups, resends }: { readonly ctx: Context } & Shown) {
  const filters = temporalFilters(ctx.integration, groups, []);
  const temporalUrlOf = (errorType: string): string | null => {
    const filter = filters.find(({ id }) => id === `error/${errorType}`);
    return filter ? ctx.deps.temporalListUrl(filter.query) : null;
  };
  return (
    <>
      {groups.length > 1 && (
        <div class="list-foot">
          <p class="muted">{`${purchasesIn(total(groups, 'count'))}, by ${groups.length} causes; the largest first.`}</p>
          <SendAgain ctx={ctx} scope="" label="Send everything again" groups={groups} />
        </div>
      )}
      {groups.map((group) => (
        <Group
          ctx={ctx}
          group={group}
          resend={resends?.get(group.errorType) ?? null}
          temporalUrl={temporalUrlOf(group.errorType)}
        />
      ))}
    </>
  );
}

interface GroupProps {
  readonly ctx: Context;
  readonly group: AttentionGroup;
  readonly resend: ResendView | null;
  readonly temporalUrl: string | null;
}

function Group({ ctx, group, resend, temporalUrl }: GroupProps) {
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
          <Acknowledge ctx={ctx} group={group} />
        </>
      }
    >
      <p>
        <strong>{cause}</strong> {cure}
      </p>
      <Facts
        facts={[
          ['Purchases', <a href={purchasesHref(ctx, errorType)}>{`${purchasesIn(count)} of ${ordersIn(orders)}`}</a>],
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

function Acknowledge({ ctx, group }: { readonly ctx: Context; readonly group: AttentionGroup }) {
  if (group.acknowledged || ctx.operator.role !== 'operator') return null;
  return (
    <Form ctx={ctx} action={ctx.href('/attention/acknowledge')}>
      <input type="hidden" name="error" value={group.errorType} />
      <button class="button">I have seen it</button>
    </Form>
  );
}

interface SendAgainProps {
  readonly ctx: Context;
  readonly scope: string;
  readonly label: string;
  readonly groups: readonly AttentionGroup[];
}

function SendAgain({ ctx, scope, label, groups }: SendAgainProps) {
  const count = total(groups, 'count');
  const old = total(groups, 'olderThan48h');
  return (
    <Confirm
      ctx={ctx}
      label={label}
      action={ctx.href('/attention/resend')}
      confirmLabel={`Send ${purchasesIn(count)} again`}
      fields={<input type="hidden" name="error" value={scope} />}
    >
      Sends {purchasesIn(count)} of {ordersIn(total(groups, 'orders'))} again.{' '}
      {old === 0
        ? 'Each was first tried less than 48 hours ago: TikTok drops what it has already.'
        : `${grouped(String(old))} of them ${old === 1 ? 'is' : 'are'} older than 48 hours: TikTok counts ${old === 1 ? 'it' : 'them'} anew, should it have ${old === 1 ? 'it' : 'them'} already.`}
    </Confirm>
  );
}

interface ResendProps {
  readonly ctx: Context;
  /** An error type, or the empty text for all. */
  readonly scope: string;
  readonly resend: ResendView;
  /** True when htmx asked for it alone: once it has ended, the groups are asked for again, since they have changed. */
  readonly isAlone?: boolean;
}

/** A resend: asked for again every two seconds while it runs. */
function Resend({ ctx, scope, resend, isAlone = false }: ResendProps) {
  const { state, done, total: all, temporalUrl } = resend;
  const address = ctx.href('/attention/resend', { error: scope });
  const isRunning = state === 'running';
  const again: Readonly<Record<string, string>> = isRunning
    ? { 'hx-get': address, 'hx-trigger': 'every 2s', 'hx-swap': 'outerHTML' }
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
          <CancelResend ctx={ctx} scope={scope} />
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
      : {purchasesIn(done)} of {ordersIn(orders)} were sent on their way.
    </span>
  );
}

function Trouble({ resend: { failed, lastError } }: { readonly resend: ResendView }) {
  return (
    <>
      {failed > 0 && (
        <span class="error">{`${ordersIn(failed)} could not be told, and still need${failed === 1 ? 's' : ''} attention.`}</span>
      )}
      {lastError !== null && <span class="error">Its last attempt at something failed, and is tried again: {lastError}</span>}
    </>
  );
}

function CancelResend({ ctx, scope }: { readonly ctx: Context; readonly scope: string }) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <Form ctx={ctx} action={ctx.href('/attention/resend/cancel')}>
      <input type="hidden" name="error" value={scope} />
      <button class="button">Cancel</button>
    </Form>
  );
}

export const resendProgressPage = page({
  path: '/attention/resend',
  title: 'Sending again',
  section: 'attention',
  async render(ctx) {
    const { error: scope } = ctx.query(z.object({ error }));
    const resend = await resendTask(ctx.deps, scopeOf(ctx, scope));
    return fragment(resend ? <Resend ctx={ctx} scope={scope} resend={resend} isAlone /> : <span />);
  },
});

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

type Counted = 'count' | 'orders' | 'olderThan48h';

function total(groups: readonly AttentionGroup[], what: Counted): number {
  return groups.reduce((sum, group) => sum + group[what], 0);
}

function purchasesIn(count: number): string {
  return `${grouped(String(count))} ${count === 1 ? 'purchase' : 'purchases'}`;
}

function ordersIn(count: number): string {
  return `${grouped(String(count))} ${count === 1 ? 'order' : 'orders'}`;
}
