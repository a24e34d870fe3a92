/** Access: tokens by name, for people and programs; made here, shown once, revoked here. */
import { z } from 'zod';
import { tokenName } from '../../operator/tokens-routes';
import { listTokens, makeToken, revokeToken } from '../../operator/tokens';
import { utcDay } from '../../application/utc-day';
import type { OperatorToken } from '../../store';
import { Banner } from '../parts/banner';
import { Card } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Field, Form, Select } from '../parts/form';
import { Id } from '../parts/id';
import { Table } from '../parts/table';
import { Time } from '../parts/time';
import { action, type Context, page, redirect, titled } from '../route';

const roles = [
  { value: 'viewer', label: 'Viewer: looks, changes nothing' },
  { value: 'operator', label: 'Operator: may do everything' },
] as const;

export const accessPage = page({
  path: '/access',
  title: 'Access',
  section: 'access',
  async render(ctx) {
    const [tokens, refused] = await Promise.all([listTokens(ctx.deps), refusedSignIns(ctx)]);
    return (
      <>
        <Card title="Tokens">
          {tokens.length === 0 ? (
            <Empty title="No token was made here">
              Everybody uses the token of the environment. With a token for each person and program, the change log says who it
              was, and one can be revoked without the others.
            </Empty>
          ) : (
            <Table
              caption="Tokens by name"
              columns={[
                { title: 'Name', cell: ({ name }) => name },
                { title: 'Role', cell: ({ role }) => role },
                { title: 'Made by', wide: true, cell: (token) => <Made ctx={ctx} token={token} /> },
                { title: 'Last used', cell: (token) => <LastUsed ctx={ctx} token={token} /> },
                { title: '', cell: (token) => <Revoke ctx={ctx} token={token} /> },
              ]}
              rows={tokens}
            />
          )}
          {ctx.operator.role === 'operator' && <NewToken ctx={ctx} />}
        </Card>
        <Card title="Refused in the last 7 days">
          {refused.length === 0 ? (
            <p>No wrong password or token.</p>
          ) : (
            <Table
              caption="Wrong passwords and tokens, by what they were to open"
              columns={[
                { title: 'To open', cell: ({ label }) => doors[label] ?? label },
                { title: 'Day', cell: ({ lastAtMs }) => <Time atMs={lastAtMs} nowMs={ctx.nowMs} /> },
                { title: 'Refused', numeric: true, cell: ({ count }) => count },
              ]}
              rows={refused}
            />
          )}
        </Card>
      </>
    );
  },
});

const doors: Readonly<Record<string, string>> = {
  api: 'The API',
  console: 'The console',
  codec: 'Encrypted payloads',
  metrics: 'Metrics',
};

const daysShown = 7;

/** Those of the service as a whole are counted with its first integration. The last first. */
async function refusedSignIns({ deps, integrations: [integration = ''], nowMs }: Context) {
  const toDay = utcDay(nowMs) + 1;
  const counted = await deps.tallies.read({ integration, names: ['refused_sign_ins'], fromDay: toDay - daysShown, toDay });
  return [...counted].sort((a, b) => b.lastAtMs - a.lastAtMs);
}

function NewToken({ ctx }: { readonly ctx: Context }) {
  return (
    <Form ctx={ctx} action={ctx.href('/access')} class="form">
      <Field
        name="name"
        label="Name"
        value={ctx.refused?.values['name'] ?? ''}
        required
        ctx={ctx}
        input={{ maxLength: 60, autocomplete: 'off' }}
        help="Of the person or the program. It stands beside whatever is done with the token."
      />
      <Field
        name="role"
        label="Role"
        ctx={ctx}
        control={(attributes) => (
          <Select attributes={attributes} value={ctx.refused?.values['role'] ?? 'viewer'} options={roles} />
        )}
      />
      <button class="button button-primary">Make a token</button>
    </Form>
  );
}

interface TokenProps {
  readonly ctx: Context;
  readonly token: OperatorToken;
}

function Made({ ctx, token: { createdBy, createdAtMs } }: TokenProps) {
  return (
    <>
      {createdBy} <Time atMs={createdAtMs} nowMs={ctx.nowMs} />
    </>
  );
}

function LastUsed({ ctx, token: { lastUsedAtMs } }: TokenProps) {
  return lastUsedAtMs === null ? <span class="muted">never</span> : <Time atMs={lastUsedAtMs} nowMs={ctx.nowMs} />;
}

function Revoke({ ctx, token: { id, name, revokedAtMs } }: TokenProps) {
  if (revokedAtMs !== null)
    return (
      <span class="muted">
        revoked <Time atMs={revokedAtMs} nowMs={ctx.nowMs} />
      </span>
    );
  return (
    <Confirm
      ctx={ctx}
      label="Revoke"
      action={ctx.href('/access/revoke')}
      fields={<input type="hidden" name="id" value={id} />}
      tone="danger"
    >
      {`The token of ${name} opens nothing any more, and sessions that it opened end.`}
    </Confirm>
  );
}

const makeAction = action({
  path: '/access',
  page: accessPage,
  form: z.strictObject({ name: tokenName, role: z.enum(['viewer', 'operator'], 'must be one of the list') }),
  async run(ctx, form) {
    const { token, made } = await makeToken(ctx.deps, { ...form, by: ctx.operator.name });
    return titled(
      `Token of ${made.name}`,
      <Card title="Copy it now">
        <Banner tone="good">It is shown this once: only its hash is kept.</Banner>
        <Id id={token} length={80} />
        <p>It signs in to the console, and goes into the header of calls: Authorization: Bearer …</p>
        <p>
          <a href={ctx.href('/access')}>Back to all tokens</a>
        </p>
      </Card>,
    );
  },
});

const revokeAction = action({
  path: '/access/revoke',
  page: accessPage,
  form: z.strictObject({ id: z.string().max(100) }),
  async run(ctx, { id }) {
    const { name } = await revokeToken(ctx.deps, id, ctx.operator.name);
    return redirect(ctx.href('/access'), `The token of ${name} is revoked`);
  },
});

export const accessActions = [makeAction, revokeAction];
