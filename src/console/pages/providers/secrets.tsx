/** A provider's secrets: which there are, where they come from, and a form for another one. */
import type { ProviderSecret } from '../../../operator/providers';
import { Card } from '../../parts/card';
import { Command } from '../../parts/command';
import { Confirm } from '../../parts/confirm';
import { Empty } from '../../parts/empty';
import { Field, Form, Select } from '../../parts/form';
import { Chip } from '../../parts/state';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import type { Context } from '../../route';
import type { ProviderProps } from './props';

export function SecretsCard({ ctx, provider }: ProviderProps) {
  const { psp, secrets, webhookSecret, apiKey } = provider;
  return (
    <Card title="Secrets">
      {secrets.length === 0 ? (
        <Empty title="No secret yet">{webhookSecret.help}. Once it is entered, webhooks are taken, without a restart.</Empty>
      ) : (
        <Table
          caption="Secrets of this provider, which are never shown"
          columns={[
            { title: 'For', cell: ({ kind }) => kindWords[kind] },
            { title: 'Known by', cell: ({ id }) => <code>{id.slice(0, 11)}</code> },
            { title: 'From', cell: (secret) => <Origin ctx={ctx} secret={secret} /> },
            {
              title: '',
              cell: (secret) => provider.account === ctx.integration && <SecretActions ctx={ctx} psp={psp} secret={secret} />,
            },
          ]}
          rows={secrets}
        />
      )}
      {ctx.operator.role === 'operator' && provider.account === ctx.integration && (
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
      {canBeShown && (
        <Command ctx={ctx} label="Show, to copy" action={ctx.href(`/providers/${psp}/secrets/show`)} fields={field} />
      )}
      <Confirm ctx={ctx} label="Remove" action={ctx.href(`/providers/${psp}/secrets/remove`)} fields={field} tone="danger">
        {kind === 'webhook'
          ? 'Removes 1 secret. Webhooks that are signed with it are refused within 5 seconds, and the provider sends them again for a while.'
          : 'Removes 1 API key. Renewal checks stop where no other is left; webhooks go on.'}
      </Confirm>
    </div>
  );
}
