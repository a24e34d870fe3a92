/** One order, from its first fact to its last: signals bring facts, `transition` decides, deliveries run side by side. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RecallPaymentsInput } from '../activities/recall-payments';
import { dayMs } from '../src/domain/duration';
import type { SubscriptionFact } from '../src/domain/fact';
import { whyUnreadable } from '../src/domain/fact-shape';
import { fold, withRecalled } from '../src/domain/fold';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordOf, recordsOf } from '../src/domain/record';
import type { Subscription } from '../src/domain/subscription';
import { migrate, migrateFact } from '../src/domain/migrate';
import { newSubscription, paymentOf } from '../src/domain/subscription';
import { withLifted } from '../src/domain/observe';
import type { Input, TransitionOptions } from '../src/domain/transition';
import { isAtRest, nextDue, renamedByResults, transition } from '../src/domain/transition';
import { recallPayments, restoreCommitted, restoreOrder } from './activity-options';
import type { Accepted, OperatorCommand, SubscriptionInput, SubscriptionView } from './contract';
import {
  eraseSignal,
  factSignals,
  opened,
  operatorUpdates,
  orderQuery,
  refusedCommands,
  resealSignal,
  resendSignal,
  stateQuery,
} from './contract';
import { EffectRunner, writesOnceCommitted } from './effect-runner';
import type { ShownAttributes } from './search-attributes';
import { changedSearchAttributes } from './search-attributes';
import { statusCard } from './status-card';

/** An ended order stays open this long for late redeliveries, refunds and disputes. */
const defaultCloseAfterMs = 45 * dayMs;
/** In events; a purchase is some 10 of them. The cost of replay sets the number, not a limit of size. */
const longHistory = 200;
/** On the status card. */
const shownRefusals = 3;

export async function subscription(input: SubscriptionInput): Promise<SubscriptionView> {
  // Nobody without a key may say what an order is.
  if (!opened(input).isSealed) throw ApplicationFailure.nonRetryable('this service did not seal the input', 'UnsealedInput');
  const { integration, closeAfterMs = defaultCloseAfterMs } = input;
  let state = input.carried ? migrate(input.carried) : newSubscription(input.psp, input.subscription);
  const startsFromRecords = input.fromRecords === true && input.carried === undefined;
  let isRestored = !startsFromRecords;
  let attributes = input.carried ? changedSearchAttributes(null, integration, state) : null;
  const inbox: Input[] = [];
  let refusals: readonly string[] = [];
  const runner = new EffectRunner(input, (result) => void inbox.push(result));
  const isIdle = (): boolean => runner.isIdle && allHandlersFinished();

  for (const { signal, description } of factSignals)
    setHandler(
      signal,
      (message) => {
        const { content, isSealed } = opened(message);
        const why = isSealed ? whyUnreadable(content) : 'this service did not seal it, and nobody else may report money';
        if (why !== null) return refuse(signal.name, why);
        const { fact, accepted } = content as Accepted<SubscriptionFact>; // as was checked
        inbox.push({ kind: 'fact', fact: migrateFact(fact), accepted });
      },
      { description },
    );
  setHandler(
    resendSignal,
    (message) => {
      const { by, error } = (opened(message).content ?? {}) as { readonly by?: unknown; readonly error?: unknown };
      if (!isText(by) || !(error === undefined || isText(error))) return refuse(resendSignal.name, 'it names no operator: "by"');
      inbox.push({ kind: 'resend_all', by, ...(error === undefined ? {} : { error }) });
    },
    { description: 'Sends again what needs attention: {"by": "…", "error"?: "TikTokUnauthorized"}' },
  );
  setHandler(eraseSignal, () => void inbox.push({ kind: 'erase' }), {
    description: 'Forgets the buyer: no input. Use POST /api/users/<id>/erase, which also deletes what is stored',
  });
  setDefaultSignalHandler((name) => refuse(name, 'there is no such signal'));
  let isResealAsked = false;
  let lifted: Readonly<Record<string, string>> = {};
  setHandler(
    resealSignal,
    (message) => {
      isResealAsked = true;
      const { content, isSealed } = opened(message);
      if (content == null) return;
      const given = (content as { readonly lifted?: unknown }).lifted;
      if (!isSealed || !isTexts(given)) return refuse(resealSignal.name, 'only this service may say how a buyer is known');
      lifted = { ...lifted, ...given };
    },
    { description: 'Begins a new history, sealed with the first encryption key: no input. `npm run reseal` sends it' },
  );
  for (const { update, description, inputOf, waitsForDelivery, guardsSent } of operatorUpdates)
    setHandler(
      update,
      (message) =>
        // A command is answered also when the workflow is cancelled meanwhile.
        CancellationScope.nonCancellable(async () => {
          const command = commandIn(message);
          if (mayBeFolded(state, command.moneyId)) {
            await bringBack({ moneyIds: [command.moneyId], needAttention: 0 });
            refuseIfSent(command, guardsSent);
          }
          await applied(inputOf(command));
          if (waitsForDelivery) await condition(() => paymentOf(state, command.moneyId)?.progress?.state !== 'delivering');
          // Who asked looks at the table next.
          if (runner.isChangingRows) await condition(() => !runner.isChangingRows);
          return recordIn(state, command.moneyId);
        }),
      // Handlers come first, since an update that finds none is refused; until the state is restored nothing can be validated.
      {
        validator: (message: OperatorCommand) => {
          const command = commandIn(message);
          // Here and not in the transition: what earlier code accepted stays accepted in a replay.
          if (isRestored && !mayBeFolded(state, command.moneyId)) refuseIfSent(command, guardsSent);
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
    if (startsFromRecords) await applyInbox();
    // What a run took in at its end is decided in the next.
    else if (Object.values(state.payments).some(({ progress }) => progress === null)) apply([]);
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
      await applyInbox();
      if (inbox.length > 0 || !isIdle()) continue;
      if (hasReached(closingAtMs(state, closeAfterMs))) return viewOf(integration, state);
      if (!wantsNewRun()) continue;
      if (Object.keys(lifted).length > 0) {
        state = { ...state, userKeys: withLifted(state.userKeys, lifted) };
        // The next run takes the attributes over as they are.
        attributes = publish(integration, state, attributes, refusals);
      }
      await continueAsNew<typeof subscription>({ ...input, carried: fold(state) });
    }
  }

  /** When the workflow is cancelled, what is open is left to an operator, and all rows are written before the workflow ends. */
  async function stop(): Promise<void> {
    do {
      await applyInbox();
      apply([{ kind: 'stop' }]);
      // An attempt under way is waited for: it may reach TikTok.
      await condition(() => inbox.length > 0 || isIdle());
    } while (inbox.length > 0);
  }

  /** Inputs leave the inbox when they are applied: a command in it counts as not yet applied. */
  async function applyInbox(): Promise<void> {
    const count = inbox.length;
    const missing = foldedIn(state, inbox);
    if (missing) await bringBack(missing);
    apply(inbox.splice(0, count));
  }

  /** Gets back what inputs name and the state has not. A row that is still being written can't be read. */
  function bringBack(missing: Pick<RecallPaymentsInput, 'moneyIds' | 'needAttention'>): Promise<void> {
    const { psp, subscription } = input;
    return CancellationScope.nonCancellable(async () => {
      await condition(() => runner.hasRecorded);
      state = withRecalled(state, await recallPayments({ integration, psp, subscription, ...missing }));
    });
  }

  function refuseIfSent({ moneyId, force = false }: OperatorCommand, guardsSent: boolean): void {
    const record = recordIn(state, moneyId);
    if (guardsSent && !force && record.state === 'sent') throw alreadySent(record);
  }

  /** A signal that the order can't take is skipped: it must not hold up the others. */
  function refuse(signal: string, why: string): void {
    log.warn('signal refused', { signal, why });
    refusals = [...refusals, `a signal "${signal.slice(0, 100)}" was refused: ${why}`].slice(-shownRefusals);
    setCurrentDetails(statusCard(state, refusals));
  }

  function apply(inputs: readonly Input[]): void {
    const comesTogether = inputs.length > 1 && inputs.some(({ kind }) => kind === 'delivery_result');
    const comparesRows = !comesTogether || patched(writesOnceCommitted);
    const renames = renamedByResults(state, inputs).length > 0 && patched('names-who-came-first');
    const options = { ...limitsFor(state, inputs), comparesRows, renames };
    const { state: next, effects } = transition(state, inputs, Date.now(), options);
    state = next;
    runner.run(effects, state.userKeys);
    attributes = publish(integration, state, attributes, refusals);
  }

  function wantsNewRun(): boolean {
    return isHistoryLong() || isResealAsked;
  }

  /** Queues an operator's command and waits until the loop has applied it. */
  async function applied(command: Input): Promise<void> {
    inbox.push(command);
    await condition(() => !inbox.includes(command));
  }

  /** Resolves at the next message or absolute deadline. Without a deadline no timer is started. */
  async function workOrDeadline(): Promise<void> {
    const hasWork = (): boolean => inbox.length > 0 || (isIdle() && wantsNewRun());
    const due = nextDue(state);
    const deadlines = [
      { atMs: due?.untilMs ?? null, summary: due?.held ? 'holds the trial’s start' : 'waits for the provider’s next event' },
      { atMs: closingAtMs(state, closeAfterMs), summary: 'closes the order' },
    ].flatMap(({ atMs, summary }) => (atMs === null ? [] : [{ atMs, summary }]));
    const [first, ...others] = deadlines;
    if (!first) return void (await condition(hasWork));
    const { atMs, summary } = others.reduce((next, other) => (other.atMs < next.atMs ? other : next), first);
    await condition(hasWork, Math.max(1, atMs - Date.now()), { summary });
  }
}

/**
 * The state of an order whose workflow is gone, from what the database keeps of it. A lost task of this run may have written rows: its next
 * try must not take them for those of a run before.
 */
function restored({ integration, psp, subscription }: SubscriptionInput): Promise<Subscription> {
  const restore = patched('restores-once') ? restoreCommitted : restoreOrder;
  return CancellationScope.nonCancellable(() => restore({ integration, psp, subscription }));
}

/** Updates what the Temporal UI shows: the status card always, search attributes only when one changed. Returns the attributes shown. */
function publish(
  integration: string,
  state: Subscription,
  shown: ShownAttributes | null,
  refusals: readonly string[],
): ShownAttributes {
  setCurrentDetails(statusCard(state, refusals));
  const attributes = changedSearchAttributes(shown, integration, state);
  if (attributes !== shown) upsertSearchAttributes([...attributes]);
  return attributes;
}

/** When an ended order closes, Unix milliseconds; null while it is open or something of it is under way. */
function closingAtMs(state: Subscription, closeAfterMs: number): number | null {
  return state.status === 'ended' && isAtRest(state) ? state.lastAcceptedAtMs + closeAfterMs : null;
}

/** In events: from here on nothing is started, so that the run comes to rest and the next one goes on. */
const veryLongHistory = 2_000;
/** Payments in the state of one order. Temporal takes 2,000 activities under way in one workflow, and 2 MB of state. */
const mostHeld = 500;

/** What the run may still do. Both limits are of this version: a replay of an earlier run has none. */
function limitsFor({ payments }: Subscription, inputs: readonly Input[]): TransitionOptions {
  const isFull = Object.keys(payments).length + inputs.length > mostHeld && patched('bounded-order');
  const isEnding = workflowInfo().historyLength > veryLongHistory && patched('bounded-history');
  return { ...(isFull ? { mostHeld } : {}), ...(isEnding ? { decides: false } : {}) };
}

/** What the inputs name, and the state has not, in an order that has folded payments; null when nothing is missing. */
function foldedIn(state: Subscription, inputs: readonly Input[]): Pick<RecallPaymentsInput, 'moneyIds' | 'needAttention'> | null {
  const named = inputs.flatMap(
    (one) => (one.kind === 'fact' ? one.fact.moneyId : 'moneyId' in one ? one.moneyId : undefined) ?? [],
  );
  const moneyIds = [...new Set(named)].filter((moneyId) => mayBeFolded(state, moneyId));
  const isForAll = inputs.some(({ kind }) => kind === 'resend_all') && (state.folded?.needAttention ?? 0) > 0;
  return moneyIds.length === 0 && !isForAll ? null : { moneyIds, needAttention: isForAll ? resentAtOnce : 0 };
}

/** Of an order that has grown too large: so many of its parked payments are sent by one command. */
const resentAtOnce = 100;

function mayBeFolded(state: Subscription, moneyId: string): boolean {
  return (state.folded?.count ?? 0) > 0 && paymentOf(state, moneyId) === undefined;
}

/** @throws ApplicationFailure `BadCommand` for what is no command. */
function commandIn(message: unknown): OperatorCommand {
  const { moneyId, by, reason, force } = (opened(message).content ?? {}) as Readonly<Record<string, unknown>>;
  if (!isText(moneyId) || !isText(by))
    throw ApplicationFailure.nonRetryable('"moneyId" and "by" are needed, as texts', 'BadCommand');
  return { moneyId, by, ...(isText(reason) ? { reason } : {}), ...(force === true ? { force } : {}) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isText);
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
  const { count = 0 } = state.folded ?? {};
  const view = { integration, psp, subscription: id, status, purchaseType, purchases: recordsOf(state) };
  return count === 0 ? view : { ...view, folded: count };
}
