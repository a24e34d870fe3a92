/** Activities of the bulk resend: count what needs attention, and tell a page of orders to send it again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from '../src/application/in-parallel';
import { compact } from '../src/domain/compact';
import type { AttentionOrder, Store } from '../src/store';
import type { OrderRef } from '../workflows/contract';

export interface ResendScope {
  readonly integration: string;
  /** Null for all errors. */
  readonly error: string | null;
}

export interface ResendPageInput extends ResendScope {
  readonly by: string;
  readonly cursor: string | null;
}

export interface ResentPage {
  readonly orders: number;
  readonly purchases: number;
  /** Orders that could not be told. */
  readonly failed: number;
  readonly nextCursor: string | null;
}

export interface ResendOrdersDeps {
  readonly attention: Pick<Store['attention'], 'size' | 'orders'>;
  /** Tells one order's workflow. */
  readonly resendOrder: (order: OrderRef, word: { readonly by: string; readonly error?: string }) => Promise<void>;
  readonly heartbeat: (details?: unknown) => void;
}

const ordersPerPage = 50;
/** Thousands of orders may wait after a bad token. */
const signalsAtOnce = 10;
/** Pauses before an order is tried again. After them it counts as failed, and does not hold up the rest. */
const pausesMs = [500, 2_000];

export function createResendOrders({ attention, resendOrder, heartbeat }: ResendOrdersDeps) {
  return {
    /** The number of purchases that need attention. */
    async planResend({ integration, error }: ResendScope): Promise<number> {
      return (await attention.size(integration, error)).purchases;
    },

    /** Tells each order of the page once. A repetition after a crash tells some of them again, which sends nothing twice while they wait. */
    async resendPage({ integration, error, by, cursor }: ResendPageInput): Promise<ResentPage> {
      const { items, nextCursor } = await attention.orders({ integration, errorType: error, cursor, limit: ordersPerPage });
      const told: AttentionOrder[] = [];
      await inParallel(items, signalsAtOnce, async (item) => {
        const { psp, subscription } = item;
        const word = compact<{ by: string; error?: string }>({ by, error: error ?? undefined });
        if (await isTold(() => resendOrder({ integration, psp, subscription }, word))) told.push(item);
        heartbeat();
      });
      const purchases = told.reduce((sum, order) => sum + order.purchases, 0);
      return { orders: told.length, purchases, failed: items.length - told.length, nextCursor };
    },
  };

  async function isTold(tell: () => Promise<void>): Promise<boolean> {
    for (const pauseMs of [...pausesMs, null]) {
      try {
        await tell();
        return true;
      } catch {
        heartbeat();
        if (pauseMs !== null) await sleep(pauseMs);
      }
    }
    return false;
  }
}
