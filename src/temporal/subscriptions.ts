/** The subscription workflows, as the rest of the service sees them: signalled facts, queried for their state, sent operators' commands. */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { assertNever } from '../domain/assert-never';
import type { SubscriptionFact } from '../domain/fact';
import type { PurchaseRecord } from '../domain/purchase';
import type { Accepted, OperatorCommand, OrderRef, SubscriptionInput, SubscriptionView } from '../../workflows/contract';
import {
  conversionSignal,
  coreTaskQueue,
  eraseSignal,
  lifecycleSignal,
  orderOfWorkflowId,
  refundSignal,
  renewalSignal,
  resendPurchaseUpdate,
  resendSignal,
  searchAttributes,
  skipPurchaseUpdate,
  stateQuery,
  subscriptionWorkflowId,
  trialStartSignal,
} from '../../workflows/contract';
import { withDeadline } from './connection';

export interface Subscriptions {
  /** One signal-with-start: durable when it resolves, also while no worker runs. */
  signal(order: OrderRef, input: Accepted<SubscriptionFact>): Promise<void>;
  /** Null when there is no such workflow. @throws when no worker answers in time. */
  state(order: OrderRef): Promise<SubscriptionView | null>;
  /** Null when there is no such workflow or payment. */
  resend(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  skip(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  /** Sends again all purchases of one order that need attention, or those with one error type. False when there is no such workflow. */
  resendAll(order: OrderRef, word: { readonly by: string; readonly error?: string }): Promise<boolean>;
  /** Forgets who bought. False when there is no such workflow, or it is closed. */
  erase(order: OrderRef): Promise<boolean>;
}

/** The tightest provider waits 5 s for a webhook's answer. */
const signalDeadlineMs = 4_000;
/** A worker has to answer these; without one there is the purchases table. */
const queryDeadlineMs = 3_000;
const answerDeadlineMs = 10_000;

export function createSubscriptions(client: Client): Subscriptions {
  const handle = (order: OrderRef) => client.workflow.getHandle(subscriptionWorkflowId(order));
  const update = (
    definition: typeof resendPurchaseUpdate,
    order: OrderRef,
    word: OperatorCommand,
  ): Promise<PurchaseRecord | null> =>
    orNull(() => withDeadline(client, answerDeadlineMs, () => handle(order).executeUpdate(definition, { args: [word] })));
  const wasSignalled = async (tell: () => Promise<void>): Promise<boolean> =>
    (await orNull(() => withDeadline(client, signalDeadlineMs, () => tell().then(() => true)))) ?? false;
  return {
    signal: (order, input) => withDeadline(client, signalDeadlineMs, () => signalWithStart(client, order, input)),
    state: (order) => orNull(() => withDeadline(client, queryDeadlineMs, () => handle(order).query(stateQuery))),
    resend: (order, word) => update(resendPurchaseUpdate, order, word),
    skip: (order, word) => update(skipPurchaseUpdate, order, word),
    resendAll: (order, word) => wasSignalled(() => handle(order).signal(resendSignal, word)),
    erase: (order) => wasSignalled(() => handle(order).signal(eraseSignal)),
  };
}

/** Every order that Temporal still knows, open or closed, of all integrations. */
export async function* listSubscriptions(client: Client): AsyncGenerator<OrderRef> {
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = 'subscription'` })) {
    const order = orderOfWorkflowId(workflowId);
    if (order) yield order;
  }
}

async function signalWithStart(client: Client, order: OrderRef, signalled: Accepted<SubscriptionFact>): Promise<void> {
  const { integration, psp, subscription } = order;
  const user = signalled.accepted.userKeys[0];
  const input: SubscriptionInput = { integration, psp, subscription };
  await client.workflow.signalWithStart('subscription', {
    workflowId: subscriptionWorkflowId(order),
    taskQueue: coreTaskQueue,
    args: [input],
    signal: signalName(signalled.fact),
    signalArgs: [signalled],
    staticSummary: `${psp} ${subscription}`,
    // Attributes that are known at the start cost no upsert.
    typedSearchAttributes: [
      { key: defineSearchAttributeKey(searchAttributes.integration, 'KEYWORD'), value: integration },
      { key: defineSearchAttributeKey(searchAttributes.psp, 'KEYWORD'), value: psp },
      ...(user ? [{ key: defineSearchAttributeKey(searchAttributes.user, 'KEYWORD'), value: user.hmac }] : []),
    ],
  });
}

/** The signal that carries a fact: named after the adapter's best reading. */
function signalName({ kind }: SubscriptionFact): string {
  switch (kind) {
    case 'trial_start':
      return trialStartSignal.name;
    case 'conversion':
    case 'one_off':
      return conversionSignal.name;
    case 'renewal':
    case 'other_charge':
      return renewalSignal.name;
    case 'refund':
      return refundSignal.name;
    case 'began':
    case 'updated':
    case 'cancellation_scheduled':
    case 'cancellation_undone':
    case 'ended':
    case 'paused':
    case 'resumed':
    case 'price_changed':
    case 'payment_failed':
      return lifecycleSignal.name;
    default:
      return assertNever(kind);
  }
}

async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isUnknownPayment(error)) return null;
    throw error;
  }
}

function isUnknownPayment(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'UnknownPayment'
  );
}
