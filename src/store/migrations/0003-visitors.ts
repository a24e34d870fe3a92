import type { Migration } from './migration';

/** What only says who a user is goes with the user; orders and places keep theirs. */
export const visitors: Migration = {
  id: 3,
  name: 'visitors, their purchases in the browser, and erasure',
  statements: [
    `alter table users
      add column erased_at_ms bigint,
      drop constraint users_merged_into_fkey,
      add foreign key (merged_into) references users (id) on delete cascade`,
    `create index users_merged on users (merged_into) where merged_into is not null`,
    `create index users_idle on users (updated_at_ms)`,
    `alter table user_identifiers
      drop constraint user_identifiers_user_id_fkey,
      add foreign key (user_id) references users (id) on delete cascade`,

    `create table browser_purchases (
      integration text not null,
      hmac text not null,
      checkout_id text not null,
      user_id bigint not null references users (id) on delete cascade,
      asked_at_ms bigint not null,
      event_id text not null,
      primary key (integration, hmac)
    )`,
    `create index browser_purchases_user on browser_purchases (user_id)`,

    `create index checkouts_by_order on checkouts (integration, psp, subscription)`,
    `create index payments_by_order on payments (integration, psp, subscription)`,
  ],
};
