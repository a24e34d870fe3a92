/** Providers: what to set up at each, its secrets, and what has come from it of late. */
import { z } from 'zod';
import { notFound } from '../../http/problem';
import {
  addSecret,
  describeProviders,
  type Provider,
  type ProviderSecret,
  removeSecret,
  showSecret,
} from '../../operator/providers';
import { Banner } from '../parts/banner';
import { Card, Facts } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Field, Form, Select } from '../parts/form';
import { Id } from '../parts/id';
import { grouped } from '../parts/money';
import { Chip } from '../parts/state';
import { Table } from '../parts/table';
import { Time } from '../parts/time';
import { action, type Context, page, redirect, titled } from '../route';

export const providersPage = page({
  path: '/providers',
  title: 'Providers',
  section: 'providers',
  async render(ctx) {
    const providers = await describeProviders(ctx.deps, ctx.integration);
    return (
      <>
        {providers.every(({ on }) => !on) && (
          <Banner tone="info" title="No provider is on yet.">
            Choose yours below: copy its endpoint, switch its events on, and enter the signing secret. The generic webhook takes
            payments of any other system.
          </Banner>
        )}
        <Table
          caption="Payment providers"
          columns={[
            { title: 'Provider', cell: ({ psp, label }) => <a href={ctx.href(`/providers/${psp}`)}>{label}</a> },
            { title: 'Webhooks', cell: ({ on }) => <OnOff on={on} /> },
            { title: 'API key', cell: (provider) => <ApiKey provider={provider} /> },
            {
              title: 'Last webhook',
              cell: ({ webhooks: [last] }) => (last ? <Time atMs={last.receivedAtMs} nowMs={ctx.nowMs} /> : '–'),
            },
            { title: 'Refused, 7 days', numeric: true, cell: ({ refused }) => refusedCount(refused) },
            { title: 'Endpoint', wide: true, cell: ({ endpoint }) => <Id id={endpoint} length={48} /> },
          ]}
          rows={providers}
        />
      </>
    );
  },
});

function OnOff({ on }: { readonly on: boolean }) {
  return on ? (
    <Chip tone="good" mark="✓">
      On
    </Chip>
  ) : (
    <Chip tone="muted" mark="○" title="Enter a signing secret to switch its webhooks on">
      Off
    </Chip>
  );
}

function ApiKey({ provider: { apiKey, secrets } }: { readonly provider: Provider }) {
  if (apiKey === null) return <span class="muted">not needed</span>;
  return secrets.some(({ kind }) => kind === 'api') ? <>entered</> : <span class="muted">none</span>;
}

function refusedCount(refused: Provider['refused']): string {
  const count = refused.reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? '–' : grouped(String(count));
}

export const providerPage = page({
  path: '/providers/:psp',
  title: 'Provider',
  section: 'providers',
  async render(ctx) {
    const provider = (await describeProviders(ctx.deps, ctx.integration)).find(({ psp }) => psp === ctx.part('psp'));
    if (!provider) throw notFound('there is no such provider');
    return titled(provider.label, <ProviderContent ctx={ctx} provider={provider} />);
  },
});

interface ProviderProps {
  readonly ctx: Context;
  readonly provider: Provider;
}

function ProviderContent({ ctx, provider }: ProviderProps) {
  return (
    <>
      <EndpointCard ctx={ctx} provider={provider} />
      <SecretsCard ctx={ctx} provider={provider} />
      <WebhooksCard ctx={ctx} provider={provider} />
      {provider.refused.length > 0 && <RefusedCard ctx={ctx} provider={provider} />}
      {provider.apiKey !== null && <CheckCard ctx={ctx} provider={provider} />}
    </>
  );
}

function EndpointCard({ provider: { on, endpoint, events, links } }: ProviderProps) {
  return (
    <Card title="At the provider" actions={<OnOff on={on} />}>
      <Facts
        facts={[
          ['Endpoint URL', <Id id={endpoint} length={80} />],
          ...(links.dashboard === null
            ? []
            : [
                [
                  'Set up at',
                  <a href={links.dashboard} rel="noreferrer">
                    {new URL(links.dashboard).host}
                  </a>,
                ] as const,
              ]),
          [
            'Documentation',
            <a href={links.docs} rel="noreferrer">
              {new URL(links.docs).host}
            </a>,
          ],
        ]}
      />
      {events.length > 0 ? (
        <>
          <h3>Events to switch on</h3>
          <ul class="events">
            {events.map((event) => (
              <li>
                <code>{event}</code>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p>Your own code sends these webhooks, signed by Standard Webhooks: see {links.page}.</p>
      )}
    </Card>
  );
}

function SecretsCard({ ctx, provider }: ProviderProps) {
  const { psp, secrets, webhookSecret, apiKey } = provider;
  return (
    <Card title="Secrets">
      {secrets.length === 0 ? (
        <Empty title="No secret yet">
          Enter the signing secret: {webhookSecret.help}. Webhooks are taken from then on, without a restart.
        </Empty>
      ) : (
        <Table
          caption="Secrets of this provider, which are never shown"
          columns={[
            { title: 'For', cell: ({ kind }) => kindWords[kind] },
            { title: 'Known by', cell: ({ id }) => <code>{id.slice(0, 11)}</code> },
            { title: 'From', cell: (secret) => <Origin ctx={ctx} secret={secret} /> },
            { title: '', cell: (secret) => <SecretActions ctx={ctx} psp={psp} secret={secret} /> },
          ]}
          rows={secrets}
        />
      )}
      {ctx.operator.role === 'operator' && (
        <Form ctx={ctx} action={ctx.href(`/providers/${psp}/secrets`)} class="form">
          {apiKey !== null ? (
            <Field
              name="kind"
              label="For"
              ctx={ctx}
              control={(attributes) => (
                <Select
                  attributes={attributes}
                  value={ctx.refused?.values['kind'] ?? 'webhook'}
                  options={[
                    { value: 'webhook', label: `${kindWords.webhook}, such as ${webhookSecret.example}` },
                    { value: 'api', label: `${kindWords.api}, such as ${apiKey.example}` },
                  ]}
                />
              )}
            />
          ) : (
            <input type="hidden" name="kind" value="webhook" />
          )}
          <Field
            name="secret"
            label="Secret"
            type="password"
            required
            ctx={ctx}
            input={{ autocomplete: 'off' }}
            help={`${webhookSecret.help}${apiKey === null ? '' : `. API key: ${apiKey.help}`}. Kept encrypted, and never shown again.`}
          />
          <button class="button button-primary">Add</button>
        </Form>
      )}
    </Card>
  );
}

const kindWords = { webhook: 'Signed webhooks', api: 'The provider’s API' } as const;

function Origin({
  ctx,
  secret: { from, addedBy, addedAtMs, unusable },
}: {
  readonly ctx: Context;
  readonly secret: ProviderSecret;
}) {
  if (unusable !== null)
    return (
      <Chip tone="bad" mark="⚠" title={unusable}>
        Cannot be used
      </Chip>
    );
  if (from === 'environment') return <span class="muted">the environment</span>;
  return (
    <>
      {addedBy} {addedAtMs !== null && <Time atMs={addedAtMs} nowMs={ctx.nowMs} />}
    </>
  );
}

interface SecretActionsProps {
  readonly ctx: Context;
  readonly psp: string;
  readonly secret: ProviderSecret;
}

function SecretActions({ ctx, psp, secret: { id, kind, from, canBeShown } }: SecretActionsProps) {
  if (from === 'environment') return null;
  const field = <input type="hidden" name="id" value={id} />;
  return (
    <div class="actions">
      {canBeShown && ctx.operator.role === 'operator' && (
        <Form ctx={ctx} action={ctx.href(`/providers/${psp}/secrets/show`)}>
          {field}
          <button class="button">Show, to copy</button>
        </Form>
      )}
      <Confirm ctx={ctx} label="Remove" action={ctx.href(`/providers/${psp}/secrets/remove`)} fields={field} tone="danger">
        {kind === 'webhook'
          ? 'Removes 1 secret. Webhooks that are signed with it are refused within 5 seconds, and the provider sends them again for a while.'
          : 'Removes 1 API key. Renewal checks stop where no other is left; webhooks go on.'}
      </Confirm>
    </div>
  );
}

function WebhooksCard({ ctx, provider: { webhooks } }: ProviderProps) {
  return (
    <Card title="Last webhooks">
      {webhooks.length === 0 ? (
        <Empty title="None has come yet">
          Once the endpoint is set up at the provider, its webhooks stand here, with what became of each.
        </Empty>
      ) : (
        <Table
          caption="The last webhooks"
          columns={[
            { title: 'Received', cell: ({ receivedAtMs }) => <Time atMs={receivedAtMs} nowMs={ctx.nowMs} /> },
            { title: 'Event', cell: ({ type }) => <code>{type ?? 'unknown'}</code> },
            { title: 'What became of it', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
            { title: 'Why', cell: ({ reason }) => reason ?? '' },
          ]}
          rows={webhooks}
        />
      )}
    </Card>
  );
}

function Outcome({ outcome }: { readonly outcome: string }) {
  const { tone, mark, label } = outcomes[outcome] ?? { tone: 'muted', mark: '○', label: outcome };
  return (
    <Chip tone={tone} mark={mark}>
      {label}
    </Chip>
  );
}

const outcomes: Readonly<Record<string, { readonly tone: string; readonly mark: string; readonly label: string }>> = {
  accepted: { tone: 'good', mark: '✓', label: 'Taken' },
  ignored: { tone: 'muted', mark: '○', label: 'Not needed' },
  quarantined: { tone: 'warn', mark: '⚠', label: 'In quarantine' },
};

function RefusedCard({ ctx, provider: { label, refused } }: ProviderProps) {
  return (
    <Card title="Refused in the last 7 days">
      <p>
        Nobody is known to have signed these, so nothing of them was taken. If they are {label}’s, the secret is another one:
        enter the one that the endpoint has there.
      </p>
      <Table
        caption="Why webhooks were refused"
        columns={[
          { title: 'Why', cell: ({ reason }) => reason },
          { title: 'Webhooks', numeric: true, cell: ({ count }) => grouped(String(count)) },
          { title: 'Last', cell: ({ lastAtMs }) => <Time atMs={lastAtMs} nowMs={ctx.nowMs} /> },
        ]}
        rows={refused}
      />
    </Card>
  );
}

function CheckCard({ ctx, provider: { check, secrets } }: ProviderProps) {
  const hasKey = secrets.some(({ kind }) => kind === 'api');
  return (
    <Card title="Renewal checks" actions={<a href={ctx.href('/checks')}>Checks</a>}>
      {!hasKey ? (
        <p>With an API key the provider is asked every 10 minutes for what its webhooks never delivered.</p>
      ) : check === null ? (
        <p>The first check is about to run.</p>
      ) : (
        <p>
          Last <Time atMs={check.finishedAtMs} nowMs={ctx.nowMs} />:{' '}
          {check.summary.error === null
            ? `${grouped(String(check.summary.found))} payments found that no webhook had brought.`
            : `it failed: ${check.summary.error}.`}
        </p>
      )}
    </Card>
  );
}

const secretForm = z.object({
  kind: z.enum(['webhook', 'api'], 'must be one of the list'),
  secret: z.string().trim().min(1, 'must not be empty').max(1_000, 'is too long'),
});

const addAction = action({
  path: '/providers/:psp/secrets',
  page: providerPage,
  form: secretForm,
  async run(ctx, form) {
    const psp = ctx.part('psp');
    await addSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, form);
    return redirect(ctx.href(`/providers/${psp}`), 'Secret added: it counts from now on');
  },
});

const idForm = z.object({ id: z.string().max(100) });

const removeAction = action({
  path: '/providers/:psp/secrets/remove',
  page: providerPage,
  form: idForm,
  async run(ctx, { id }) {
    const psp = ctx.part('psp');
    await removeSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, id);
    return redirect(ctx.href(`/providers/${psp}`), 'Secret removed');
  },
});

const showAction = action({
  path: '/providers/:psp/secrets/show',
  page: providerPage,
  form: idForm,
  async run(ctx, { id }) {
    const psp = ctx.part('psp');
    const secret = await showSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, id);
    return titled(
      'Secret of the first start',
      <Card title="Made here, for your own sender">
        <p>Sign with it what you send to this provider’s endpoint. That you looked is noted.</p>
        <Id id={secret} length={80} />
        <p>
          <a href={ctx.href(`/providers/${psp}`)}>Back</a>
        </p>
      </Card>,
    );
  },
});

export const providerActions = [addAction, removeAction, showAction];
