/** Recent webhooks, for operators: when, what, and what became of it. No bodies. */
import { and, desc, eq, lt } from 'drizzle-orm';
import { decodeCursor, pageOf, type Page } from './cursor';
import type { Database } from './driver/database';
import { webhookLog } from './schema';

export interface WebhookLog {
  append(integration: string, ...webhooks: readonly LoggedWebhook[]): Promise<void>;
  /** Newest first. */
  list(filter: {
    readonly integration: string;
    readonly psp?: string;
    readonly cursor?: string;
    readonly limit: number;
  }): Promise<Page<LoggedWebhook>>;
  /** Returns the number of webhooks deleted. */
  purge(beforeMs: number): Promise<number>;
}

export interface LoggedWebhook {
  readonly psp: string;
  readonly receivedAtMs: number;
  readonly type: string | null;
  readonly outcome: string;
  readonly reason: string | null;
}

/** The log over the table `webhook_log`. */
export function webhookLogStore({ queries }: Database): WebhookLog {
  return {
    async append(integration, ...webhooks) {
      if (webhooks.length === 0) return;
      await queries.insert(webhookLog).values(webhooks.map((webhook) => ({ integration, ...toWebhook(webhook) })));
    },

    async list({ integration, psp, cursor, limit }) {
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, 0);
      const rows = await queries
        .select()
        .from(webhookLog)
        .where(
          and(
            eq(webhookLog.integration, integration),
            psp === undefined ? undefined : eq(webhookLog.psp, psp),
            after === undefined ? undefined : lt(webhookLog.id, Number(after)),
          ),
        )
        .orderBy(desc(webhookLog.id))
        .limit(limit + 1);
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { ...page, items: page.items.map(toWebhook) };
    },

    async purge(beforeMs) {
      const gone = await queries.delete(webhookLog).where(lt(webhookLog.receivedAtMs, beforeMs)).returning({ id: webhookLog.id });
      return gone.length;
    },
  };
}

function toWebhook({ psp, receivedAtMs, type, outcome, reason }: LoggedWebhook): LoggedWebhook {
  return { psp, receivedAtMs, type, outcome, reason };
}
