/** One order, from its first fact to its last: signals bring facts, `transition` decides, deliveries run side by side. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { dayMs } from '../src/domain/duration';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordOf, recordsOf } from '../src/domain/record';
import type { Subscription } from '../src/domain/subscription';
import { migrate, migrateFact } from '../src/domain/migrate';
import { newSubscription, paymentOf } from '../src/domain/subscription';
import type { Input } from '../src/domain/transition';
import { isAtRest, nextDueMs, transition } from '../src/domain/transition';
import { restoreOrder } from './activity-options';
import type { OperatorCommand, SubscriptionInput, SubscriptionView } from './contract';
import { eraseSignal, factSignals, operatorUpdates, orderQuery, refusedCommands, resendSignal, stateQuery } from './contract';
import { EffectRunner } from './effect-runner';
import type { ShownAttributes } from './search-attributes';
import { changedSearchAttributes } from './search-attributes';
import { statusCard } from './status-card';

/** An ended order stays open this long for late redeliveries, refunds and disputes. */
const defaultCloseAfterMs = 45 * dayMs;
/** In events; a purchase is some 10 of them. The cost of replay sets the number, not a limit of size. */
const longHistory = 200;

export async function subscription(input: SubscriptionInput): Promise<SubscriptionView> {
  const { integration, closeAfterMs = defaultCloseAfterMs } = input;
  let state = input.carried ? migrate(input.carried) : newSubscription(input.psp, input.subscription);
  const startsFromRecords = input.fromRecords === true && input.carried === undefined;
  let isRestored = !startsFromRecords;
  let attributes = input.carried ? changedSearchAttributes(null, integration, state) : null;
  const inbox: Input[] = [];
  const runner = new EffectRunner(input, (result) => void inbox.push(result));
  const isIdle = (): boolean => runner.isIdle && allHandlersFinished();

  for (const { signal, description } of factSignals)
    setHandler(signal, ({ fact, accepted }) => void inbox.push({ kind: 'fact', fact: migrateFact(fact), accepted }), {
      description,
    });
  setHandler(resendSignal, (command) => void inbox.push({ kind: 'resend_all', ...command }), {
    description: 'Sends again what needs attention: {"by": "…", "error"?: "TikTokUnauthorized"}',
  });
  setHandler(eraseSignal, () => void inbox.push({ kind: 'erase' }), {
    description: 'Forgets the buyer: no input. Use POST /api/users/<id>/erase, which also deletes what is stored',
  });
  for (const { update, description, inputOf, waitsForDelivery, guardsSent } of operatorUpdates)
    setHandler(
      update,
      (command) =>
        // A command is answered also when the workflow is cancelled meanwhile.
        CancellationScope.nonCancellable(async () => {
          await applied(inputOf(command));
          if (waitsForDelivery) await condition(() => paymentOf(state, command.moneyId)?.progress?.state !== 'delivering');
          return recordIn(state, command.moneyId);
        }),
      // Handlers come first, since an update that finds none is refused; until the state is restored nothing can be validated.
      {
        validator: ({ moneyId, force = false }: OperatorCommand) => {
          const record = isRestored ? recordIn(state, moneyId) : null;
          // Here and not in the transition: what earlier code accepted stays accepted in a replay.
          if (guardsSent && !force && record?.state === 'sent') throw alreadySent(record);
        },
        description,
      },
    );
  if (startsFromRecords) state = await restored(input);
  isRestored = true;
  setHandler(stateQuery, () => viewOf(integration, state), { description: 'Status and purchases of the order: no input' });
  setHandler(orderQuery, () => state, { description: 'All that is known of the order, for npm run reproject: no input' });

  try {
    // A payment may have been accepted that no workflow has decided.
    if (startsFromRecords) apply(inbox.splice(0));
    return await liveOn();
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(stop);
    throw error;
  }

  /** Until the order closes. */
  async function liveOn(): Promise<SubscriptionView> {
    for (;;) {
      await workOrDeadline();
      // Inputs that arrived together are decided together; a payment may be queued behind the fact that ends the subscription.
      apply(inbox.splice(0));
      if (inbox.length > 0 || !isIdle()) continue;
      if (hasReached(closingAtMs(state, closeAfterMs))) return viewOf(integration, state);
      if (isHistoryLong()) await continueAsNew<typeof subscription>({ ...input, carried: state });
    }
  }

  /** When the workflow is cancelled, what is open is left to an operator, and all rows are written before the workflow ends. */
  async function stop(): Promise<void> {
    do {
      apply(inbox.splice(0));
      apply([{ kind: 'stop' }]);
      // An attempt under way is waited for: it may reach TikTok.
      await condition(() => inbox.length > 0 || isIdle());
    } while (inbox.length > 0);
  }

  function apply(inputs: readonly Input[]): void {
    const { state: next, effects } = transition(state, inputs, Date.now());
    state = next;
    runner.run(effects, state.userKeys);
    attributes = publish(integration, state, attributes);
  }

  /** Queues an operator's command and waits until the loop has applied it. */
  async function applied(command: Input): Promise<void> {
    inbox.push(command);
    await condition(() => !inbox.includes(command));
  }

  /** Resolves at the next message or absolute deadline. Without a deadline no timer is started. */
  async function workOrDeadline(): Promise<void> {
    const hasWork = (): boolean => inbox.length > 0 || (isIdle() && isHistoryLong());
    const deadlines = [
      { atMs: nextDueMs(state), summary: 'waits for the provider’s next event' },
      { atMs: closingAtMs(state, closeAfterMs), summary: 'closes the order' },
    ].flatMap(({ atMs, summary }) => (atMs === null ? [] : [{ atMs, summary }]));
    const [first, ...others] = deadlines;
    if (!first) return void (await condition(hasWork));
    const { atMs, summary } = others.reduce((next, other) => (other.atMs < next.atMs ? other : next), first);
    await condition(hasWork, Math.max(1, atMs - Date.now()), { summary });
  }
}

/** The state of an order whose workflow is gone, from what the database keeps of it. */
function restored({ integration, psp, subscription }: SubscriptionInput): Promise<Subscription> {
  return CancellationScope.nonCancellable(() => restoreOrder({ integration, psp, subscription }));
}

/** Updates what the Temporal UI shows: the status card always, search attributes only when one changed. Returns the attributes shown. */
function publish(integration: string, state: Subscription, shown: ShownAttributes | null): ShownAttributes {
  setCurrentDetails(statusCard(state));
  const attributes = changedSearchAttributes(shown, integration, state);
  if (attributes !== shown) upsertSearchAttributes([...attributes]);
  return attributes;
}

/** When an ended order closes, Unix milliseconds; null while it is open or something of it is under way. */
function closingAtMs(state: Subscription, closeAfterMs: number): number | null {
  return state.status === 'ended' && isAtRest(state) ? state.lastAcceptedAtMs + closeAfterMs : null;
}

function isHistoryLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength > longHistory || continueAsNewSuggested;
}

function hasReached(atMs: number | null): boolean {
  return atMs !== null && Date.now() >= atMs;
}

/** @throws ApplicationFailure `UnknownPayment` when the order has no such payment. */
function recordIn(state: Subscription, moneyId: string): PurchaseRecord {
  const payment = paymentOf(state, moneyId);
  if (payment) return recordOf(state, payment);
  throw ApplicationFailure.nonRetryable(`no payment ${moneyId} in ${state.psp} ${state.id}`, refusedCommands.unknownPayment);
}

function alreadySent({ moneyId }: PurchaseRecord): ApplicationFailure {
  const message =
    `TikTok has ${moneyId} already: it drops a repetition within 48 h of the first, and counts it anew after that. ` +
    'Add "force": true to send it again all the same';
  return ApplicationFailure.nonRetryable(message, refusedCommands.alreadySent);
}

function viewOf(integration: string, state: Subscription): SubscriptionView {
  const { psp, id, status, purchaseType } = state;
  return { integration, psp, subscription: id, status, purchaseType, purchases: recordsOf(state) };
}
