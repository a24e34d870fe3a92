import type { Migration } from './migration';

/** `collate "C"` where a page's order depends on a text, so that every database orders it alike. */
export const firstTables: Migration = {
  id: 1,
  name: 'first tables',
  statements: [
    `create table settings_versions (
      integration text not null,
      version integer not null,
      document jsonb not null,
      access_token text,
      saved_by text not null,
      saved_at_ms bigint,
      primary key (integration, version)
    )`,

    `create table users (
      id bigint generated always as identity primary key,
      integration text not null,
      identity text,
      consent text,
      consent_at_ms bigint,
      merged_into bigint references users (id),
      created_at_ms bigint not null,
      updated_at_ms bigint not null
    )`,
    `create table user_identifiers (
      integration text not null,
      kind text not null,
      hmac text not null,
      user_id bigint not null references users (id),
      primary key (integration, kind, hmac)
    )`,
    `create index user_identifiers_user on user_identifiers (user_id)`,
    `create table user_orders (
      integration text not null,
      psp text not null,
      subscription text not null,
      user_id bigint not null references users (id),
      primary key (integration, psp, subscription)
    )`,
    `create index user_orders_user on user_orders (user_id)`,
    `create table first_places (
      integration text not null,
      psp text collate "C" not null,
      subscription text collate "C" not null,
      money_id text collate "C" not null,
      user_id bigint not null references users (id),
      taken_at_ms bigint not null,
      primary key (integration, psp, subscription, money_id)
    )`,
    `create index first_places_user on first_places (user_id, taken_at_ms)`,
    `create table checkouts (
      integration text not null,
      hmac text not null,
      psp text not null,
      subscription text not null,
      primary key (integration, hmac)
    )`,

    `create table payments (
      integration text not null,
      psp text not null,
      money_id text not null,
      subscription text not null,
      primary key (integration, psp, money_id)
    )`,
    `create table payment_ids (
      integration text not null,
      psp text not null,
      payment_id text not null,
      money_id text not null,
      primary key (integration, psp, payment_id, money_id)
    )`,
    `create index payment_ids_money on payment_ids (integration, psp, money_id)`,
    `create table orphan_facts (
      integration text not null,
      psp text not null,
      payment_id text not null,
      fact_hash text not null,
      fact jsonb not null,
      kept_at_ms bigint not null,
      primary key (integration, psp, payment_id, fact_hash)
    )`,

    `create table purchases (
      integration text not null,
      psp text collate "C" not null,
      money_id text collate "C" not null,
      subscription text not null,
      purchase_type text not null,
      phase text,
      state text not null,
      reason text,
      held_by jsonb,
      event_id text not null,
      event_name text not null,
      value_minor bigint,
      value_currency text,
      charged_minor bigint not null,
      refunded_minor bigint not null,
      currency text not null,
      occurred_at_ms bigint not null,
      attempts integer not null,
      first_attempt_at_ms bigint,
      error_type text,
      error_code integer,
      error_message text,
      request_id text,
      sent_at_ms bigint,
      by_whom text,
      settings_version integer not null,
      revision integer not null,
      primary key (integration, psp, money_id)
    )`,
    `create index purchases_newest on purchases (integration, occurred_at_ms desc, money_id desc, psp desc)`,
    `create index purchases_by_state on purchases (integration, state, occurred_at_ms desc, money_id desc, psp desc)`,
    `create index purchases_by_psp on purchases (integration, psp, occurred_at_ms desc, money_id desc)`,
    `create index purchases_by_subscription on purchases (integration, subscription)`,
    `create index purchases_by_payment on purchases (integration, money_id)`,
    `create index purchases_by_event on purchases (integration, event_id)`,
    `create index purchases_by_error on purchases (integration, error_type, occurred_at_ms desc) where error_type is not null`,

    `create table quarantine (
      integration text not null,
      id text collate "C" not null,
      psp text not null,
      type text not null,
      reason text not null,
      received_at_ms bigint not null,
      key_id text not null,
      sealed_body bytea not null,
      primary key (integration, id)
    )`,
    `create index quarantine_newest on quarantine (integration, received_at_ms desc, id desc)`,

    `create table audit (
      id bigint generated always as identity primary key,
      integration text not null,
      at_ms bigint not null,
      by_whom text not null,
      action text not null,
      target text not null,
      reason text
    )`,
    `create index audit_newest on audit (integration, at_ms desc)`,
  ],
};
