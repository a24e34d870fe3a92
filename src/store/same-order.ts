import { and, eq, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** The columns that name an order: a provider's id is its own within the provider, and a provider within the integration. */
interface OrderColumns {
  readonly integration: PgColumn;
  readonly psp: PgColumn;
  readonly subscription: PgColumn;
}

/** The condition that rows of two tables belong to the same order. */
export function ofSameOrder(one: OrderColumns, other: OrderColumns): SQL | undefined {
  return and(eq(one.integration, other.integration), eq(one.psp, other.psp), eq(one.subscription, other.subscription));
}
