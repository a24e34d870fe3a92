/** Users who turned out to be one: what showed it, and taking them apart again. */
import { withCursor } from '../../../operator/paging';
import type { UserJoin } from '../../../store';
import { Card } from '../../parts/card';
import { Confirm } from '../../parts/confirm';
import { Id } from '../../parts/id';
import { counted } from '../../parts/money';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import type { Context } from '../../route';
import { evidenceWords, identifierInWords } from './words';

const shownAtOnce = 10;
const ordersNamed = 3;

export async function Joins({ ctx }: { readonly ctx: Context }) {
  const { items } = await withCursor(() => ctx.deps.userJoins.list(ctx.integration, { limit: shownAtOnce }));
  if (items.length === 0) return null;
  return (
    <Card title="Buyers who turned out to be one">
      <p class="muted">
        They share a first purchase from then on. If that was wrong, take them apart: each has its own identifiers, orders and
        first purchase again. All of them: GET /api/joins.
      </p>
      <Table
        caption="Joined buyers"
        columns={[
          { title: 'When', cell: ({ atMs }) => <Time atMs={atMs} nowMs={ctx.nowMs} /> },
          { title: 'What showed it', cell: ({ evidence }) => evidenceWords[evidence] },
          { title: 'By', wide: true, cell: ({ kinds }) => namedKinds(kinds) },
          { title: 'Orders that came along', cell: ({ orders }) => <Orders orders={orders} /> },
          { title: '', cell: (join) => <Undo ctx={ctx} join={join} /> },
        ]}
        rows={items}
      />
    </Card>
  );
}

function namedKinds(kinds: UserJoin['kinds']): string {
  const shown = kinds.filter((kind) => kind !== 'order').map(identifierInWords);
  return shown.length === 0 ? 'the order' : shown.join(', ');
}

function Orders({ orders }: Pick<UserJoin, 'orders'>) {
  if (orders.length === 0) return <span class="muted">none</span>;
  const more = orders.length - ordersNamed;
  return (
    <span class="actions">
      {orders.slice(0, ordersNamed).map(({ subscription }) => (
        <Id id={subscription} length={24} />
      ))}
      {more > 0 && `and ${more} more`}
    </span>
  );
}

function Undo({ ctx, join: { id, orders, undone } }: { readonly ctx: Context; readonly join: UserJoin }) {
  if (undone) return <span class="muted">Taken apart by {undone.by}</span>;
  return (
    <Confirm
      ctx={ctx}
      label="Take apart…"
      confirmLabel="Take them apart"
      action={ctx.href('/users/take-apart')}
      fields={<input type="hidden" name="join" value={id} />}
    >
      {counted(orders.length, 'order')} go back to the buyer who had them. The two are never taken for one again. What was sent
      stays sent, and what was kept back stays kept back until you send it again.
    </Confirm>
  );
}
