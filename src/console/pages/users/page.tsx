/** One buyer: what is known, the first purchase, the orders; and forgetting them. */
import { z } from 'zod';
import { Problem } from '../../../http/problem';
import { isPlainText, longestId } from '../../../operator/request';
import { boughtBeforeWords } from '../../../operator/story-words';
import { type UserView, userView } from '../../../operator/users';
import { Card, Facts } from '../../parts/card';
import { Confirm } from '../../parts/confirm';
import { Empty } from '../../parts/empty';
import { Field, Form } from '../../parts/form';
import { Id } from '../../parts/id';
import { counted } from '../../parts/money';
import { providerName } from '../../parts/provider-name';
import { State } from '../../parts/state';
import { Table } from '../../parts/table';
import { type Answer, type Context, page } from '../../route';
import { ImportCard } from './import';
import { Joins } from './joins';
import { Refusals } from './refusals';
import { identifierInWords } from './words';
import { storyPath } from '../story/address';

/** A user id or an e-mail, as somebody types it. */
export const userId = z
  .string()
  .trim()
  .refine((text) => isPlainText(text, longestId), `must have at most ${longestId} characters, and no control characters`);

export const usersPage = page({
  path: '/users',
  title: 'Users',
  section: 'users',
  async render(ctx): Promise<Answer> {
    // A form that was refused comes without the query that led to its page.
    const { user = ctx.refused?.values['user'] } = ctx.query(z.strictObject({ user: userId.exactOptional() }));
    return (
      <>
        <Search ctx={ctx} user={user ?? ''} />
        {user === undefined ? <Nobody /> : await answerOf(ctx, user)}
        {user === undefined && (
          <>
            <Refusals ctx={ctx} />
            <Joins ctx={ctx} />
            <ImportCard ctx={ctx} />
          </>
        )}
      </>
    );
  },
});

export function Search({ ctx, user }: { readonly ctx: Context; readonly user: string }) {
  return (
    <Form ctx={ctx} action={ctx.href('/users/find')} class="filters" attributes={{ role: 'search' }}>
      <div class="grow">
        <Field
          name="user"
          label="Buyer"
          type="search"
          value={user}
          required
          input={{ placeholder: 'Your own id of the buyer, or their e-mail' }}
        />
      </div>
      <button class="button button-primary">Find</button>
    </Form>
  );
}

function Nobody() {
  return (
    <Empty title="Who is it about?">
      Find a buyer to see which identifiers are known (never their values), which purchase was the first, and which orders are
      theirs; or to have them forgotten.
    </Empty>
  );
}

export async function answerOf(ctx: Context, user: string) {
  try {
    return (
      <Found
        ctx={ctx}
        user={user}
        view={await userView(ctx.deps, { integration: ctx.integration, person: { user }, by: ctx.operator.name })}
      />
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    return (
      <Empty title="No buyer is known by this">
        Write the user id exactly as your page or your provider’s metadata sends it, or the whole e-mail. A buyer of whom only a
        payment is known is found among the purchases, by its id.
      </Empty>
    );
  }
}

function Found({ ctx, user, view }: { readonly ctx: Context; readonly user: string; readonly view: UserView }) {
  const { identifiers, firstPurchase, orders, temporalUrl } = view;
  const known = identifiers.map(identifierInWords);
  const many = counted(orders.length, 'order');
  return (
    <>
      <Card
        title="What is known"
        actions={
          temporalUrl !== undefined && (
            <a class="button" href={temporalUrl}>
              Open in the Temporal UI
            </a>
          )
        }
      >
        <Facts
          facts={[
            ['Known by', known.length === 0 ? 'nothing but the orders' : known.join(', ')],
            [
              'First purchase',
              firstPurchase === null ? (
                'none yet: the next one is the first, also where Limit Purchase Events is on'
              ) : firstPurchase.boughtBeforeAt !== undefined ? (
                `bought ${boughtBeforeWords(firstPurchase)}`
              ) : (
                <span class="actions">
                  <Id id={firstPurchase.moneyId} href={ctx.href(storyPath(firstPurchase.psp, firstPurchase.moneyId))} />
                  {providerName(firstPurchase.psp)}
                  {firstPurchase.state !== null && <State state={firstPurchase.state} />}
                </span>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={many}>
        <Table
          caption="Orders"
          columns={[
            { title: 'Provider', cell: ({ psp }) => providerName(psp) },
            { title: 'Subscription, or one-off payment', cell: ({ subscription }) => <Id id={subscription} length={40} /> },
            {
              title: 'Payments',
              cell: ({ subscription }) => <a href={ctx.href('/purchases', { q: subscription })}>Show its payments</a>,
            },
          ]}
          rows={orders}
        />
      </Card>
      {ctx.operator.role === 'operator' && (
        <Card title="What they may ask for">
          <p class="muted">
            Everything that is known of them, as a file: orders, purchases, what was sent to TikTok, and webhooks in the
            quarantine. E-mail and phone exist as hashes only. That it was exported is noted.
          </p>
          <Form ctx={ctx} action={ctx.href('/users/export')}>
            <input type="hidden" name="user" value={user} />
            <button class="button">Export</button>
          </Form>
        </Card>
      )}
      <Card title="Forget this buyer">
        <p class="muted">
          For a request under the GDPR or a similar law. What identifies the buyer is deleted, here and in the workflows of their
          orders; the payments stay for the account.
        </p>
        <div>
          <Confirm
            ctx={ctx}
            label="Forget…"
            confirmLabel="Forget the buyer"
            tone="danger"
            action={ctx.href('/users/erase')}
            fields={<input type="hidden" name="user" value={user} />}
          >
            Deletes {counted(identifiers.length, 'identifier')} and tells the workflows of {many}. A later purchase of the same
            person counts as one of somebody new. This cannot be undone.
          </Confirm>
        </div>
      </Card>
    </>
  );
}
