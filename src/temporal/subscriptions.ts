/** The subscription workflows, as the rest of the service sees them: signalled facts, queried for their state, sent operators' commands. */
import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { AlreadySent } from '../domain/already-sent';
import { assertNever } from '../domain/assert-never';
import type { SubscriptionFact } from '../domain/fact';
import type { UserKey } from '../domain/identity';
import type { PurchaseRecord } from '../domain/purchase';
import type { Subscription } from '../domain/subscription';
import type { Accepted, OperatorCommand, OrderRef, SubscriptionInput, SubscriptionView } from '../../workflows/contract';
import {
  conversionSignal,
  coreTaskQueue,
  eraseSignal,
  lifecycleSignal,
  orderOfWorkflowId,
  orderQuery,
  refusedCommands,
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
import { askOrder } from './ask-order';
import { withDeadline } from './connection';

export interface Subscriptions {
  /**
   * One signal-with-start: durable when it resolves, also while no worker runs. `isKnown` says that the order was known before: if its
   * workflow is gone, it starts again from its records.
   */
  signal(order: OrderRef, input: Accepted<SubscriptionFact>, isKnown: boolean): Promise<void>;
  /** Null when there is no such workflow. @throws when no worker answers in time. */
  state(order: OrderRef): Promise<SubscriptionView | null>;
  /** All that the workflow knows, and what follows from it. Null when there is no such workflow. @throws when no worker answers in time. */
  order(order: OrderRef): Promise<{ readonly view: SubscriptionView; readonly known: Subscription } | null>;
  /**
   * Null when there is no such payment. An order whose workflow is gone starts again from its records.
   * @throws AlreadySent when TikTok has the purchase and the word has no `force`.
   */
  resend(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  skip(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  /**
   * Sends again all purchases of one order that need attention, or those with one error type. An order whose workflow is gone starts
   * again from its records; the caller knows that it has some.
   */
  resendAll(order: OrderRef, word: { readonly by: string; readonly error?: string }): Promise<void>;
  /** Starts an order again from its records if its workflow is gone. True when it did. */
  restartIfGone(order: OrderRef): Promise<boolean>;
  /** Forgets who bought. False when there is no such workflow, or it is closed. */
  erase(order: OrderRef): Promise<boolean>;
}

/** The tightest provider waits 5 s for a webhook's answer. */
const signalDeadlineMs = 4_000;
/** A worker has to answer these; without one there is the purchases table. */
const queryDeadlineMs = 3_000;
const answerDeadlineMs = 10_000;

/** `isRecorded` says whether the purchases table has a payment of an order. */
export function createSubscriptions(
  client: Client,
  isRecorded: (order: OrderRef, moneyId: string) => Promise<boolean>,
): Subscriptions {
  const handle = (order: OrderRef) => client.workflow.getHandle(subscriptionWorkflowId(order));
  const signalled = <T>(tell: () => Promise<T>): Promise<T> => withDeadline(client, signalDeadlineMs, tell);
  const answered = <T>(ask: () => Promise<T>): Promise<T | null> => orNull(() => withDeadline(client, answerDeadlineMs, ask));

  async function update(definition: typeof resendPurchaseUpdate, order: OrderRef, word: OperatorCommand) {
    const running = await answered(() => handle(order).executeUpdate(definition, { args: [word] }));
    if (running !== null || !(await isRecorded(order, word.moneyId))) return running;
    const startWorkflowOperation = new WithStartWorkflowOperation('subscription', {
      ...startOptions(order, { isKnown: true }),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    return answered(() => client.workflow.executeUpdateWithStart(definition, { args: [word], startWorkflowOperation }));
  }

  return {
    signal: (order, input, isKnown) =>
      signalled(async () => {
        const start = startOptions(order, { isKnown, user: input.accepted.userKeys[0] });
        await client.workflow.signalWithStart('subscription', {
          ...start,
          signal: signalName(input.fact),
          signalArgs: [input],
        });
      }),
    order: (order) =>
      orNull(async () => {
        const known = await withDeadline(client, answerDeadlineMs, () => askOrder(handle(order), orderQuery));
        return { known, view: await withDeadline(client, answerDeadlineMs, () => askOrder(handle(order), stateQuery)) };
      }),
    state: (order) => orNull(() => withDeadline(client, queryDeadlineMs, () => askOrder(handle(order), stateQuery))),
    resend: (order, word) => update(resendPurchaseUpdate, order, word),
    skip: (order, word) => update(skipPurchaseUpdate, order, word),
    resendAll: (order, word) =>
      signalled(async () => {
        const start = startOptions(order, { isKnown: true });
        await client.workflow.signalWithStart('subscription', { ...start, signal: resendSignal, signalArgs: [word] });
      }),
    restartIfGone: (order) =>
      signalled(async () => {
        const found = await orNull(() => handle(order).describe());
        if (found?.status.name === 'RUNNING') return false;
        await client.workflow.start('subscription', {
          ...startOptions(order, { isKnown: true }),
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
        return true;
      }),
    // A workflow that is gone has nothing to forget, and starts again only with what the database has not forgotten.
    erase: async (order) =>
      (await orNull(() =>
        signalled(() =>
          handle(order)
            .signal(eraseSignal)
            .then(() => true),
        ),
      )) ?? false,
  };
}

/** Every order that Temporal still knows, open or closed, of all integrations. */
export async function* listSubscriptions(client: Client): AsyncGenerator<OrderRef> {
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = 'subscription'` })) {
    const order = orderOfWorkflowId(workflowId);
    if (order) yield order;
  }
}

/** How many orders Temporal knows, open or closed, of all integrations. It may be some seconds late. */
export async function countSubscriptions(client: Client): Promise<number> {
  return (await client.workflow.count(`WorkflowType = 'subscription'`)).count;
}

/** How an order's workflow starts, where none runs. */
function startOptions(
  { integration, psp, subscription }: OrderRef,
  { isKnown, user }: { readonly isKnown: boolean; readonly user?: UserKey | undefined },
) {
  const order = { integration, psp, subscription };
  const input: SubscriptionInput = isKnown ? { ...order, fromRecords: true } : order;
  return {
    workflowId: subscriptionWorkflowId(order),
    taskQueue: coreTaskQueue,
    args: [input] as [SubscriptionInput],
    staticSummary: `${psp} ${subscription}`,
    // Attributes that are known at the start cost no upsert.
    typedSearchAttributes: [
      { key: defineSearchAttributeKey(searchAttributes.integration, 'KEYWORD'), value: integration },
      { key: defineSearchAttributeKey(searchAttributes.psp, 'KEYWORD'), value: psp },
      ...(user ? [{ key: defineSearchAttributeKey(searchAttributes.user, 'KEYWORD'), value: user.hmac }] : []),
    ],
  };
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
    case 'merged':
      return lifecycleSignal.name;
    default:
      return assertNever(kind);
  }
}

async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    const refusal = refusalIn(error);
    if (refusal?.type === refusedCommands.unknownPayment) return null;
    if (refusal?.type === refusedCommands.alreadySent) throw new AlreadySent(refusal.message, { cause: error });
    throw error;
  }
}

/** Why the workflow refused an update. */
function refusalIn(error: unknown): ApplicationFailure | null {
  return error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure ? error.cause : null;
}
