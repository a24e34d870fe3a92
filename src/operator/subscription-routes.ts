/** `/api/subscriptions/…`: an order as its workflow knows it, and an operator's word about one of its payments. */
import { z } from 'zod';
import type { PurchaseRecord, PurchaseRow } from '../domain/purchase';
import { notFound } from '../http/problem';
import type { Store } from '../store';
import { type OrderRef, subscriptionWorkflowId, type SubscriptionView } from '../../workflows/contract';
import { type CommandedWorkflows, commandOf, type PurchaseCommandDeps, resendPurchase, skipPurchase } from './purchase-commands';
import { purchaseSchema, recordView } from './purchase-view';
import { isPlainText } from './request';
import { byOf, defineRoute, type Route, type RouteCall } from './route';

/** The queries and commands that the API sends to workflows. */
export interface SubscriptionWorkflows extends CommandedWorkflows {
  /** Null when there is no such workflow. Rejects when it can't be asked. */
  state(order: OrderRef): Promise<SubscriptionView | null>;
}

export interface SubscriptionRoutesDeps extends PurchaseCommandDeps {
  readonly subscriptions: SubscriptionWorkflows;
  readonly purchases: PurchaseCommandDeps['purchases'] & Pick<Store['purchases'], 'ofSubscription'>;
  /** Null when there is no Temporal UI to link to. */
  readonly temporalUrl: (workflowId: string) => string | null;
}

export function subscriptionRoutes(deps: SubscriptionRoutesDeps): readonly Route[] {
  const path = '/subscriptions/{psp}/{id}';
  return [
    defineRoute({
      method: 'get',
      path,
      tag: 'Purchases',
      summary: 'An order and its purchases',
      description:
        'As its workflow knows it; from the table where the workflow is gone or silent (`source`). A one-off’s id is its money id.',
      answers: { 200: { description: 'The order', schema: orderSchema } },
      problems: [404],
      handle: (call) => shown(deps, orderOf(call)),
    }),
    defineRoute({
      method: 'post',
      path: `${path}/purchases/{moneyId}/resend`,
      tag: 'Purchases',
      summary: 'Send a purchase again',
      description:
        'Sent whatever the limit, consent or the 48 hours say. TikTok drops a repetition within 48 h of the first and counts it anew after, ' +
        'so a purchase that was sent is sent again only with `force`: 409 otherwise.',
      body: resendSchema,
      answers: { 200: { description: 'The purchase afterwards', schema: purchaseSchema } },
      problems: [404, 409, 422],
      handle: async (call) =>
        recordView(
          await resendPurchase(
            deps,
            orderOf(call),
            commandOf(call.part('moneyId'), { ...call.body, by: byOf(call.operator, call.body.by) }),
          ),
        ),
    }),
    defineRoute({
      method: 'post',
      path: `${path}/purchases/{moneyId}/skip`,
      tag: 'Purchases',
      summary: 'Give a purchase up',
      description: 'It is not sent, and gives up the buyer’s first purchase if it holds it. What was sent can’t be skipped: 409.',
      body: skipSchema,
      answers: { 200: { description: 'The purchase afterwards', schema: purchaseSchema } },
      problems: [404, 409, 422],
      handle: async (call) =>
        recordView(
          await skipPurchase(
            deps,
            orderOf(call),
            commandOf(call.part('moneyId'), { ...call.body, by: byOf(call.operator, call.body.by) }),
          ),
        ),
    }),
  ];
}

const orderSchema = z.object({
  psp: z.string(),
  subscription: z.string(),
  status: z.enum(['unknown', 'trialing', 'active', 'paused', 'past_due', 'cancelling', 'ended']),
  purchaseType: purchaseSchema.shape.purchaseType,
  source: z.enum(['workflow', 'table']),
  workflowId: z.string(),
  temporalUrl: z.string().optional(),
  purchases: z.array(purchaseSchema),
});

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

interface Shown extends Pick<SubscriptionView, 'status' | 'purchaseType'> {
  readonly purchases: readonly (PurchaseRecord | PurchaseRow)[];
}

/**
 * The workflow knows best, but for attempts that are under way: a report hands them over when it ends, the table has each at
 * once. The table also stands in for a workflow that is gone, or can't be asked now.
 */
async function found(deps: SubscriptionRoutesDeps, order: OrderRef): Promise<{ view: Shown; source: 'workflow' | 'table' }> {
  const [answer, rows] = await Promise.all([
    asked(deps, order),
    deps.purchases.ofSubscription(order.integration, order.psp, order.subscription),
  ]);
  if (answer.view) return { view: withTraces(answer.view, rows), source: 'workflow' };
  const latest = rows.at(-1);
  if (latest) return { view: { status: 'unknown', purchaseType: latest.purchaseType, purchases: rows }, source: 'table' };
  // Not "unknown" while the one who would know is silent.
  if ('failure' in answer) throw answer.failure;
  throw notFound('there is no such subscription');
}

function withTraces(view: SubscriptionView, rows: readonly PurchaseRow[]): Shown {
  const byId = new Map(rows.map((row) => [row.moneyId, row]));
  const held = view.purchases.map((purchase) => {
    const row = byId.get(purchase.moneyId);
    if (!row) return purchase;
    if (row.state !== purchase.state) return { ...purchase, destination: row.destination, matchedBy: row.matchedBy };
    const underWay =
      purchase.state === 'pending'
        ? { attempts: Math.max(row.attempts, purchase.attempts), lastError: row.lastError ?? purchase.lastError }
        : {};
    return { ...row, ...purchase, ...underWay };
  });
  if (!view.folded) return { ...view, purchases: held };
  const heldById = new Map(held.map((purchase) => [purchase.moneyId, purchase]));
  // What left the workflow's state is in the table; what it has and the table has not comes last.
  const purchases = rows.map((row) => heldById.get(row.moneyId) ?? row);
  return { ...view, purchases: [...purchases, ...held.filter(({ moneyId }) => !byId.has(moneyId))] };
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

const by = z
  .string('is required: who says so')
  .trim()
  .min(1, 'is required: who says so')
  .refine((name) => isPlainText(name, 100), 'must have at most 100 characters, and no control characters')
  .meta({ description: 'Who says so; named in the record and in the audit.' });
const reason = z
  .string('must be a string')
  .trim()
  .refine((why) => isPlainText(why, 500), 'must have at most 500 characters, and no control characters')
  .optional();

const skipSchema = z.strictObject({ by, reason }, 'must be an object');
const resendSchema = z.strictObject(
  {
    by,
    reason,
    force: z.boolean('must be true or false').optional().meta({ description: 'Also if TikTok has the purchase.' }),
  },
  'must be an object',
);

function orderOf({ integration, part }: Pick<RouteCall, 'integration' | 'part'>): OrderRef {
  return { integration, psp: part('psp'), subscription: part('id') };
}
