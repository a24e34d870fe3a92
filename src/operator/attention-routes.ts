/** `POST /api/attention/resend`: after a cause is fixed, all purchases that need attention are sent again in one step. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { inParallel } from '../application/in-parallel';
import { compact } from '../domain/compact';
import type { PurchaseFilter, Store } from '../store';
import type { OrderRef } from '../../workflows/contract';
import { integrationOf, isPlainText, jsonBody, readBody } from './request';

export interface ResendAllCommand {
  readonly by: string;
  /** The `lastError.type` of the records to resend; all types when absent. */
  readonly error?: string;
}

export interface AttentionRoutesDeps {
  readonly subscriptions: { resendAll(order: OrderRef, word: ResendAllCommand): Promise<void> };
  readonly purchases: Pick<Store['purchases'], 'list'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly integrations: readonly string[];
  readonly nowMs: () => number;
}

export function createAttentionRouter(deps: AttentionRoutesDeps): Router {
  const router = express.Router();
  router.post('/attention/resend', jsonBody, async (req, res) => {
    const integration = integrationOf(req, deps.integrations);
    const { error, by } = readBody(req, bodySchema);
    const word = compact<ResendAllCommand>({ by, error });
    const done = await resendAll(deps, integration, word);
    const target = `${error ?? 'every error'}: ${done.resent} purchases of ${done.subscriptions} subscriptions`;
    await deps.audit.append({ integration, atMs: deps.nowMs(), by, action: 'attention.resend', target, reason: null });
    res.json(done);
  });
  return router;
}

interface Done {
  readonly resent: number;
  readonly subscriptions: number;
}

/** Thousands of orders may wait after a bad token. */
const signalsAtOnce = 10;

/** Signals each order once, however many of its purchases need attention. Repeatable. */
async function resendAll(deps: AttentionRoutesDeps, integration: string, command: ResendAllCommand): Promise<Done> {
  const orders = await waitingOrders(deps, integration, command.error);
  await inParallel(orders, signalsAtOnce, ({ psp, subscription }) =>
    deps.subscriptions.resendAll({ integration, psp, subscription }, command),
  );
  return { resent: orders.reduce((sum, { purchases }) => sum + purchases, 0), subscriptions: orders.length };
}

interface WaitingOrder {
  readonly psp: string;
  readonly subscription: string;
  readonly purchases: number;
}

/** All orders, read before the first is signalled, since a resend changes the list. */
async function waitingOrders(
  { purchases }: AttentionRoutesDeps,
  integration: string,
  errorType?: string,
): Promise<readonly WaitingOrder[]> {
  const orders = new Map<string, WaitingOrder>();
  const filter = compact<PurchaseFilter>({ integration, state: 'needs_attention', limit: 500, errorType });
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await purchases.list(compact<PurchaseFilter>({ ...filter, cursor }));
    for (const { psp, subscription } of page.items) {
      const key = JSON.stringify([psp, subscription]);
      orders.set(key, { psp, subscription, purchases: (orders.get(key)?.purchases ?? 0) + 1 });
    }
    cursor = page.nextCursor;
  }
  return [...orders.values()];
}

const name = (maxLength: number) =>
  z
    .string('must be a string')
    .trim()
    .min(1, 'must not be empty')
    .refine((text) => isPlainText(text, maxLength), `must have at most ${maxLength} characters, and no control characters`);

const bodySchema = z.strictObject({ error: name(100).optional(), by: name(100).default('api') }, 'must be an object');
