/**
 * Whether a click id of a buyer is known. A delivery has noted what it told TikTok; where none has, the buyer's identity is opened, put together as
 * a delivery does it (`identityOfBuyer`).
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import type { Order } from '../domain/first-purchase';
import { type Identity, mergeIdentity, withPageWords } from '../domain/identity';
import type { Queries } from './driver/database';
import { withOwn } from './users/known-buyer';
import { openedWords } from './users/visits';

/** By what a delivery has noted (`purchases.matched_by`); null where there was none, or where it withheld the buyer. */
export function hasClick(matchedBy: SQL): SQL {
  return sql`case when ${matchedBy} @> '["ttclid"]' then true when ${matchedBy} <> '[]' then false end`;
}

/** `named`, the orders, and `buyers`, the ids of their users, for `with`. */
export function buyersOfOrders(integration: string, orders: readonly Order[]): SQL {
  const json = JSON.stringify(orders.map(({ psp, subscription }) => ({ psp, subscription })));
  // "offset 0": each order is looked up by its key, whatever the planner thinks of the number of orders.
  return sql`
    named as (
      select distinct psp, subscription from json_to_recordset(${json}::json) as a(psp text, subscription text)
    ),
    buyers as (
      select distinct o.user_id from named n
      cross join lateral (
        select user_id from user_orders
        where integration = ${integration} and psp = n.psp and subscription = n.subscription offset 0
      ) o
    )`;
}

interface Asked {
  readonly integration: string;
  readonly orders: readonly Order[];
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** All orders of the buyers of `orders` with a payment of the period of which no delivery tells, and with a click id all the same. */
export async function clickedOrders(queries: Queries, keyring: Keyring, { orders, ...asked }: Asked): Promise<readonly Order[]> {
  const { integration, fromMs, toMs } = asked;
  const answer: unknown = await queries.execute(sql`
    with ${buyersOfOrders(integration, orders)}
    select o.psp, o.subscription, o.own_identity as "own", u.identity as "known", (
      select coalesce(json_agg(v.words order by v.created_at_ms, v.kind), '[]')
      from user_identifiers i
      join visits v on v.integration = i.integration and v.kind = i.kind and v.hmac = i.hmac
      where i.user_id = u.id and i.kind in ('user_id', 'email') and v.words is not null
    ) as "pages"
    from buyers b join user_orders o on o.user_id = b.user_id join users u on u.id = o.user_id
    where o.integration = ${integration} and exists (
      select from purchases p
      where p.integration = ${integration} and p.psp = o.psp and p.subscription = o.subscription
        and p.occurred_at_ms >= ${fromMs}::bigint and p.occurred_at_ms < ${toMs}::bigint
        and ${hasClick(sql`p.matched_by`)} is null
    )`);
  const { rows } = answer as { readonly rows: readonly (Order & SealedBuyer)[] }; // both drivers answer so
  return rows
    .filter((row) => identityOf(keyring, row).ttclid !== undefined)
    .map(({ psp, subscription }) => ({ psp, subscription }));
}

/** What is kept of the buyer of an order: by the order itself, of the user, and what pages said without proof. */
interface SealedBuyer {
  readonly own: string | null;
  readonly known: string | null;
  readonly pages: readonly string[];
}

function identityOf(keyring: Keyring, { own, known, pages }: SealedBuyer): Identity {
  // `register` put identities in
  const opened = (sealed: string | null): Identity => (sealed === null ? {} : (keyring.openJson(sealed) as Identity));
  const said = pages.map((words) => openedWords(keyring, words)).reduce(mergeIdentity, {});
  return withPageWords(withOwn(opened(known), opened(own)), said);
}
