/** Needs attention: what TikTok did not take, by cause; each with its cure, and with sending it again once the cause is gone. */
import { z } from 'zod';
import { attentionGroups, resendTask, type ResendView } from '../../../operator/attention';
import { temporalFilters } from '../../../operator/temporal-links';
import type { AttentionGroup } from '../../../store';
import { Banner } from '../../parts/banner';
import { Empty } from '../../parts/empty';
import { counted } from '../../parts/money';
import { type Context, fragment, page } from '../../route';
import { nullIfAway } from '../../temporal-away';
import { Group } from './group';
import { Resend, scopeOf } from './resend';
import { SendAgain, total } from './send-again';

/** An error type as it is named in the address; empty, or absent, for all. */
export const error = z.string().max(100).default('');

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
  return { groups, resends: await nullIfAway(resendsOf(ctx, scopes)) };
}

async function resendsOf(ctx: Context, scopes: readonly string[]): Promise<ReadonlyMap<string, ResendView>> {
  const found = await Promise.all(scopes.map(async (scope) => [scope, await resendTask(ctx.deps, scopeOf(ctx, scope))] as const));
  return new Map(found.flatMap(([scope, task]) => (task ? [[scope, task] as const] : [])));
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
          <p class="muted">{`${counted(total(groups, 'count'), 'purchase')}, by ${groups.length} causes; the largest first.`}</p>
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
