/** Quarantine: webhooks that the provider signed and this version cannot read. Nothing of them is lost. */
import { z } from 'zod';
import type { QuarantinedBody } from '../../application/quarantine';
import { withCursor } from '../../operator/paging';
import { dismiss, lookAt, retry } from '../../operator/quarantine-routes';
import { Banner } from '../parts/banner';
import { Card, Facts } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Form } from '../parts/form';
import { Id } from '../parts/id';
import { JsonView } from '../parts/json-view';
import { Pager } from '../parts/pager';
import { providerName } from '../parts/provider-name';
import { Table } from '../parts/table';
import { Time } from '../parts/time';
import { action, type Context, page, redirect, titled } from '../route';

const shownAtOnce = 25;

export const quarantinePage = page({
  path: '/quarantine',
  title: 'Quarantine',
  section: 'quarantine',
  async render(ctx) {
    const { cursor } = ctx.query(z.object({ cursor: z.string().optional() }));
    const { items, nextCursor } = await withCursor(() => ctx.deps.quarantine.list(ctx.integration, cursor, shownAtOnce));
    if (items.length === 0)
      return (
        <Empty
          title="Nothing is in quarantine"
          action={
            <a class="button" href={ctx.href('/providers')}>
              See what providers sent
            </a>
          }
        >
          A webhook that your provider signed, but that this version cannot read, is kept here, encrypted, until it can be.
          Nothing of it is lost, and nothing of it is reported meanwhile.
        </Empty>
      );
    return (
      <>
        <p class="muted">
          Signed by the provider, and unlike what this version knows. A payment among them is not reported until it is read:
          correct the sender, upgrade and retry, or dismiss what you do not need.
        </p>
        <Table
          caption="Webhooks in quarantine"
          columns={[
            {
              title: 'Received',
              cell: ({ id, receivedAtMs }) => <Received ctx={ctx} id={id} atMs={receivedAtMs} />,
            },
            { title: 'Provider', cell: ({ psp }) => providerName(psp) },
            { title: 'Event', cell: ({ type }) => <code>{type}</code> },
            { title: 'Where it stumbled', cell: ({ reason }) => reason },
          ]}
          rows={items}
        />
        <Pager
          next={nextCursor === null ? null : ctx.href('/quarantine', { cursor: nextCursor })}
          first={cursor === undefined ? null : ctx.href('/quarantine')}
        />
      </>
    );
  },
});

/** Leads to the body, for those who may look at it. */
function Received({ ctx, id, atMs }: { readonly ctx: Context; readonly id: string; readonly atMs: number }) {
  const time = <Time atMs={atMs} nowMs={ctx.nowMs} />;
  return ctx.operator.role === 'operator' ? <a href={ctx.href(`/quarantine/${id}`)}>{time}</a> : time;
}

export const quarantinedPage = page({
  path: '/quarantine/:id',
  title: 'In quarantine',
  section: 'quarantine',
  // The body may name a buyer; who looks is noted.
  role: 'operator',
  async render(ctx) {
    const found = await lookAt(ctx.deps, { integration: ctx.integration, id: ctx.part('id'), by: ctx.operator.name });
    return titled(`${providerName(found.psp)}: ${found.type}`, <Entry ctx={ctx} found={found} />);
  },
});

function Entry({ ctx, found }: { readonly ctx: Context; readonly found: QuarantinedBody }) {
  const { id, psp, type, receivedAtMs, item, body, problems } = found;
  const address = `/quarantine/${id}`;
  return (
    <>
      {problems.length === 0 && (
        <Banner tone="good" title="This version can read it.">
          Retry takes it in, as if it had just come.
        </Banner>
      )}
      <Card
        title="What happened"
        actions={
          <>
            <Form ctx={ctx} action={ctx.href(`${address}/retry`)}>
              <button class="button button-primary">Retry</button>
            </Form>
            <Confirm ctx={ctx} label="Dismiss" action={ctx.href(`${address}/dismiss`)} tone="danger">
              Deletes this 1 webhook for good. If it was a payment that nothing else reported, TikTok will not hear of it.
            </Confirm>
          </>
        }
      >
        <Facts
          facts={[
            ['Provider', providerName(psp)],
            ['Event', <code>{type}</code>],
            ['Received', <Time atMs={receivedAtMs} nowMs={ctx.nowMs} exact />],
            ...(item === null ? [] : [['Object at the provider', <Id id={item} />] as const]),
          ]}
        />
      </Card>
      {problems.length > 0 && (
        <Card title={problems.length === 1 ? 'Where it stumbled' : `Where it stumbled, in ${problems.length} places`}>
          <Table
            caption="What is wrong in the body"
            columns={[
              { title: 'Where', cell: ({ path }) => (path === '' ? 'The body as a whole' : <code>{path}</code>) },
              { title: 'What was expected', cell: ({ message, allowed }) => (allowed ? <Allowed values={allowed} /> : message) },
            ]}
            rows={problems}
          />
        </Card>
      )}
      <Card title="What the provider sent">
        <p class="muted">Kept encrypted. It may name a buyer: that you looked is noted in the change log.</p>
        {typeof body === 'string' ? (
          <pre class="json" tabIndex={0} role="region" aria-label="The body">
            {body}
          </pre>
        ) : (
          <JsonView body={body} marked={problems.map(({ path }) => path)} label="The body" />
        )}
      </Card>
    </>
  );
}

function Allowed({ values }: { readonly values: readonly string[] }) {
  return (
    <>
      one of{' '}
      {values.map((value, index) => (
        <>
          {index > 0 && ', '}
          <code>{value}</code>
        </>
      ))}
    </>
  );
}

const nothing = z.object({});

const retryAction = action({
  path: '/quarantine/:id/retry',
  page: quarantinedPage,
  form: nothing,
  async run(ctx) {
    const id = ctx.part('id');
    const retried = await retry(ctx.deps, { integration: ctx.integration, id, by: ctx.operator.name });
    switch (retried.outcome) {
      case 'accepted':
        return redirect(
          ctx.href('/quarantine'),
          `Read and taken in: ${retried.facts.map(({ kind }) => kind.replace(/_/g, ' ')).join(', ')}`,
        );
      case 'ignored':
        return redirect(ctx.href('/quarantine'), `Read, and not needed: ${retried.reason}`);
      case 'quarantined':
        return redirect(ctx.href(`/quarantine/${id}`), 'It still cannot be read, and stays here');
    }
  },
});

const dismissAction = action({
  path: '/quarantine/:id/dismiss',
  page: quarantinedPage,
  form: nothing,
  async run(ctx) {
    await dismiss(ctx.deps, { integration: ctx.integration, id: ctx.part('id'), by: ctx.operator.name });
    return redirect(ctx.href('/quarantine'), 'Dismissed');
  },
});

export const quarantineActions = [retryAction, dismissAction];
