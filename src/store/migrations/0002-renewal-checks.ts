import type { Migration } from './migration';

export const renewalChecks: Migration = {
  id: 2,
  name: 'renewal checks and recent deliveries',
  statements: [
    `alter table user_orders
      add column due_at_ms bigint,
      add column ended_at_ms bigint,
      add column asked_at_ms bigint`,
    `create index user_orders_due on user_orders (integration, psp, due_at_ms, subscription) where ended_at_ms is null and due_at_ms is not null`,

    `create table checks (
      integration text not null,
      psp text not null,
      up_to_ms bigint not null,
      finished_at_ms bigint not null,
      summary jsonb not null,
      primary key (integration, psp)
    )`,

    `create table told_facts (
      integration text not null,
      fact_hash text not null,
      told_at_ms bigint not null,
      primary key (integration, fact_hash)
    )`,
    `create index told_facts_oldest on told_facts (told_at_ms)`,

    `create table deliveries (
      id bigint generated always as identity primary key,
      integration text not null,
      psp text not null,
      received_at_ms bigint not null,
      type text,
      outcome text not null,
      reason text
    )`,
    `create index deliveries_newest on deliveries (integration, psp, id desc)`,
    `create index deliveries_oldest on deliveries (received_at_ms)`,
  ],
};
