/** An operator's word about one purchase: send it again, or give it up. For the API and for the pages; what was followed is audited. */
import { AlreadySent } from '../domain/already-sent';
import { compact } from '../domain/compact';
import type { PurchaseRecord } from '../domain/purchase';
import { conflict, notFound } from '../http/problem';
import type { Store } from '../store';
import type { OperatorCommand, OrderRef } from '../../workflows/contract';
import { isoTime, recordView } from './purchase-view';
import { stateWords } from './words';

/** The commands that workflows take. Null when there is no such workflow, or no such payment in it. */
export interface CommandedWorkflows {
  /** The payment's record afterwards. @throws AlreadySent without `force`, for a purchase that TikTok has. */
  resend(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
  skip(order: OrderRef, word: OperatorCommand): Promise<PurchaseRecord | null>;
}

export interface PurchaseCommandDeps {
  readonly subscriptions: CommandedWorkflows;
  readonly purchases: Pick<Store['purchases'], 'find'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly nowMs: () => number;
}

/**
 * Sends a purchase again, whatever the settings say. Returns its record afterwards.
 * @throws Problem 404 without such a payment; 409 if it was sent and the command has no `force`, or if there is nothing to send.
 */
export async function resendPurchase(
  deps: PurchaseCommandDeps,
  order: OrderRef,
  command: OperatorCommand,
): Promise<PurchaseRecord> {
  const row = await deps.purchases.find(order.integration, order.psp, command.moneyId);
  if (row?.state === 'sent' && row.subscription === order.subscription && !command.force) throw sentAlready(row);
  const record = await told(() => deps.subscriptions.resend(order, command));
  if (!canBeSent.has(record.state)) throw notFollowed('resend', record);
  await audited(deps, 'resend', order, command);
  return record;
}

/**
 * Keeps a purchase from being sent. Returns its record afterwards.
 * @throws Problem 404 without such a payment; 409 if TikTok has it already, or if nothing would be sent anyway.
 */
export async function skipPurchase(
  deps: PurchaseCommandDeps,
  order: OrderRef,
  command: OperatorCommand,
): Promise<PurchaseRecord> {
  const record = await told(() => deps.subscriptions.skip(order, command));
  if (record.state !== 'skipped') throw notFollowed('skip', record);
  await audited(deps, 'skip', order, command);
  return record;
}

/** A charge that failed has nothing to send. */
const canBeSent: ReadonlySet<PurchaseRecord['state']> = new Set(['pending', 'sent', 'needs_attention']);

async function told(tell: () => Promise<PurchaseRecord | null>): Promise<PurchaseRecord> {
  try {
    const record = await tell();
    if (record !== null) return record;
  } catch (error) {
    if (error instanceof AlreadySent) throw conflict(error.message);
    throw error;
  }
  throw notFound('there is no such payment in this subscription');
}

function sentAlready(record: PurchaseRecord) {
  const { moneyId, sentAtMs, requestId } = record;
  const when = sentAtMs === null ? '' : `, sent at ${isoTime(sentAtMs)}`;
  const proof = requestId === null ? '' : ` (request_id ${requestId})`;
  const detail =
    `TikTok has ${moneyId} already${when}${proof}: it drops a repetition within 48 h of the first, and counts it anew after that. ` +
    'Send "force": true to send it again all the same';
  return conflict(detail, { purchase: recordView(record) });
}

function notFollowed(word: 'resend' | 'skip', record: PurchaseRecord) {
  const { label } = stateWords[record.state];
  return conflict(`can't ${word} a purchase that is ${record.state}`, { stateInWords: label, purchase: recordView(record) });
}

async function audited(
  { audit, nowMs }: PurchaseCommandDeps,
  word: 'resend' | 'skip',
  { integration, psp, subscription }: OrderRef,
  { moneyId, by, reason, force }: OperatorCommand,
): Promise<void> {
  const action = force ? `purchase.${word}.force` : `purchase.${word}`;
  const target = `${psp}/${subscription}/${moneyId}`;
  await audit.append({ integration, atMs: nowMs(), by, action, target, reason: reason ?? null });
}

/** The command without what was not said. */
export function commandOf(
  moneyId: string,
  { by, reason, force }: { readonly by: string; readonly reason?: string | undefined; readonly force?: boolean | undefined },
): OperatorCommand {
  return compact<OperatorCommand>({ moneyId, by, reason: reason === '' ? undefined : reason, force });
}
