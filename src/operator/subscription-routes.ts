/** `/api/subscriptions/:psp/:id`: an order as its workflow knows it, and an operator's word about one of its payments. */
import type { Request, Response, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { compact } from '../domain/compact';
import type { PurchaseRecord } from '../domain/purchase';
import { conflict, notFound } from '../http/problem';
import type { Store } from '../store';
import { type OperatorCommand, type OrderRef, subscriptionWorkflowId, type SubscriptionView } from '../../workflows/contract';
import { recordView } from './purchase-view';
import { integrationOf, isPlainText, jsonBody, pathPart, readBody } from './request';

/** The queries and commands that the API sends to workflows. */
export interface SubscriptionWorkflows {
  /** Null when there is no such workflow. Rejects when it can't be asked. */
  state(order: OrderRef): Promise<SubscriptionView | null>;
  /** The payment's record afterwards; null when there is no such workflow, or no such payment in it. */
  resend(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  skip(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
}

export interface SubscriptionRoutesDeps {
  readonly subscriptions: SubscriptionWorkflows;
  readonly purchases: Pick<Store['purchases'], 'ofSubscription'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly integrations: readonly string[];
  /** Null when there is no Temporal UI to link to. */
  readonly temporalUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
}

export function createSubscriptionRouter(deps: SubscriptionRoutesDeps): Router {
  const router = express.Router();
  router.get('/subscriptions/:psp/:id', async (req, res) => void res.json(await shown(deps, orderOf(req, deps))));
  router.post('/subscriptions/:psp/:id/purchases/:moneyId/resend', jsonBody, (req, res) => give('resend', deps, req, res));
  router.post('/subscriptions/:psp/:id/purchases/:moneyId/skip', jsonBody, (req, res) => give('skip', deps, req, res));
  return router;
}

async function shown(deps: SubscriptionRoutesDeps, order: OrderRef) {
  const { view, source } = await found(deps, order);
  const workflowId = subscriptionWorkflowId(order);
  const temporalUrl = deps.temporalUrl(workflowId);
  return {
    psp: order.psp,
    subscription: order.subscription,
    status: view.status,
    purchaseType: view.purchaseType,
    source,
    workflowId,
    ...(temporalUrl === null ? {} : { temporalUrl }),
    purchases: view.purchases.map(recordView),
  };
}

type Shown = Pick<SubscriptionView, 'status' | 'purchaseType' | 'purchases'>;

/**
 * The workflow knows best, but for attempts that are under way: a report hands them over when it ends, the table has each at
 * once. The table also stands in for a workflow that is gone, or can't be asked now.
 */
async function found(deps: SubscriptionRoutesDeps, order: OrderRef): Promise<{ view: Shown; source: 'workflow' | 'table' }> {
  const answer = await asked(deps, order);
  if (answer.view) return { view: await withAttempts(deps, order, answer.view), source: 'workflow' };
  const purchases = await deps.purchases.ofSubscription(order.integration, order.psp, order.subscription);
  const latest = purchases.at(-1);
  if (latest) return { view: { status: 'unknown', purchaseType: latest.purchaseType, purchases }, source: 'table' };
  // Not "unknown" while the one who would know is silent.
  if ('failure' in answer) throw answer.failure;
  throw notFound('there is no such subscription');
}

async function withAttempts(deps: SubscriptionRoutesDeps, order: OrderRef, view: Shown): Promise<Shown> {
  if (!view.purchases.some(({ state }) => state === 'pending')) return view;
  const rows = await deps.purchases.ofSubscription(order.integration, order.psp, order.subscription);
  const purchases = view.purchases.map((purchase) => {
    const row = rows.find(({ moneyId, state }) => moneyId === purchase.moneyId && state === 'pending');
    if (purchase.state !== 'pending' || !row) return purchase;
    return { ...purchase, attempts: Math.max(row.attempts, purchase.attempts), lastError: row.lastError ?? purchase.lastError };
  });
  return { ...view, purchases };
}

async function asked(
  { subscriptions }: SubscriptionRoutesDeps,
  order: OrderRef,
): Promise<{ readonly view: SubscriptionView | null } | { readonly view: null; readonly failure: unknown }> {
  try {
    return { view: await subscriptions.state(order) };
  } catch (failure) {
    return { view: null, failure };
  }
}

async function give(word: 'resend' | 'skip', deps: SubscriptionRoutesDeps, req: Request, res: Response): Promise<void> {
  const order = orderOf(req, deps);
  const moneyId = pathPart(req, 'moneyId');
  const { by, reason } = readBody(req, wordSchema);
  const spoken = compact<OperatorCommand>({ moneyId, by, reason });
  const record = await deps.subscriptions[word](order, spoken);
  if (record === null) throw notFound('there is no such payment in this subscription');
  const taken = isTaken[word](record);
  if (!taken) throw conflict(`can't ${word} a purchase that is ${record.state}`, { purchase: recordView(record) });

  const target = `${order.psp}/${order.subscription}/${moneyId}`;
  const { integration } = order;
  await deps.audit.append({ integration, atMs: deps.nowMs(), by, action: `purchase.${word}`, target, reason: reason ?? null });
  res.json(recordView(record));
}

/** Whether the word was followed. What was sent can't be skipped; a charge that failed has nothing to send. */
const isTaken = {
  resend: ({ state }: PurchaseRecord) => state === 'pending' || state === 'sent' || state === 'needs_attention',
  skip: ({ state }: PurchaseRecord) => state === 'skipped',
} as const;

const wordSchema = z.strictObject(
  {
    by: z
      .string('is required: who says so')
      .trim()
      .min(1, 'is required: who says so')
      .refine((name) => isPlainText(name, 100), 'must have at most 100 characters, and no control characters'),
    reason: z
      .string('must be a string')
      .trim()
      .refine((why) => isPlainText(why, 500), 'must have at most 500 characters, and no control characters')
      .optional(),
  },
  'must be an object',
);

function orderOf(req: Request, { integrations }: SubscriptionRoutesDeps): OrderRef {
  return { integration: integrationOf(req, integrations), psp: pathPart(req, 'psp'), subscription: pathPart(req, 'id') };
}
