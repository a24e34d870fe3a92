/** The story of one purchase: what told it, what it is and why, what was decided, every attempt, and what comes next. */
import { z } from 'zod';
import { compact } from '../domain/compact';
import { hourMs } from '../domain/duration';
import type { SubscriptionFact } from '../domain/fact';
import { isPayment, phases } from '../domain/fact';
import { decimalFromMinor } from '../domain/money';
import type { PhaseExplanation } from '../domain/phase';
import { explainPhase } from '../domain/phase';
import { cellOf } from '../domain/policy';
import type { PurchaseRow } from '../domain/purchase';
import { purchaseStates } from '../domain/purchase';
import type { KeptFact } from '../domain/restore';
import { restoreOrder } from '../domain/restore';
import { eventAtMs, paymentOf, type Subscription } from '../domain/subscription';
import { brokenBy, holdBreaks } from '../domain/transition';
import { notFound } from '../http/problem';
import type { DeliveryAttempt, Store } from '../store';
import { type OrderRef, subscriptionWorkflowId } from '../../workflows/contract';
import { destinationSchema, isoTime, isoTimeOrNull, paymentRefSchema, purchaseSchema, recordView } from './purchase-view';
import { decisionWords, factDetails, factName, nextWords, phaseWhy, type StoryHold } from './story-words';
import { phaseWords } from './words';

export interface StoryDeps {
  readonly purchases: Pick<Store['purchases'], 'find'>;
  readonly attempts: Pick<Store['attempts'], 'of'>;
  readonly orderRecords: Pick<Store['orderRecords'], 'load'>;
  /** Null when there is no Temporal UI to link to. */
  readonly temporalUrl: (workflowId: string) => string | null;
}

export interface StoryOf {
  readonly integration: string;
  readonly psp: string;
  readonly moneyId: string;
}

export type Story = z.infer<typeof storySchema>;

/** @throws Problem 404 without such a payment */
export async function storyOf(deps: StoryDeps, { integration, psp, moneyId }: StoryOf): Promise<Story> {
  const row = await deps.purchases.find(integration, psp, moneyId);
  if (!row) throw notFound('there is no such purchase');
  const ref: OrderRef = { integration, psp, subscription: row.subscription };
  const [kept, attempts] = await Promise.all([deps.orderRecords.load(ref), deps.attempts.of(integration, psp, moneyId)]);
  const workflowId = subscriptionWorkflowId(ref);
  const order = row.revision === 0 ? null : restoreOrder(kept).state;
  const explanation = order && explainPhase(order, moneyId);
  const hold = order && holdOf(order, moneyId);
  return {
    purchase: recordView(row),
    facts: factsAbout(kept.facts, moneyId).map((fact) => factView(fact)),
    phase: phaseView(row, explanation),
    decision: {
      state: row.state,
      reason: row.reason,
      words: row.revision === 0 ? 'Not decided yet' : decisionWords(row, hold),
      settingsVersion: row.settingsVersion,
      firstPurchase: row.heldBy,
      hold: hold && { hours: hold.hours, until: isoTime(hold.untilMs), brokenBy: hold.brokenBy },
    },
    attempts: attempts.map(attemptView),
    next: {
      waitingFor: row.waitingFor,
      nextAttemptAt: isoTimeOrNull(row.nextAttemptAtMs),
      givesUpAt: isoTimeOrNull(row.givesUpAtMs),
      words: nextWords(row),
    },
    workflowId,
    temporalUrl: deps.temporalUrl(workflowId),
  };
}

/** How the settings that decided hold the payment; null where they do not. */
function holdOf(order: Subscription, moneyId: string): StoryHold | null {
  const payment = paymentOf(order, moneyId);
  const settings = payment && order.settings[String(payment.settingsVersion)];
  const cell =
    settings && payment.phase === 'trial_start' ? cellOf(settings.policy, payment.purchaseType, payment.phase) : undefined;
  if (!payment || !cell?.send || !cell.hold) return null;
  const { hours } = cell.hold;
  const untilMs = eventAtMs(payment) + hours * hourMs;
  return { hours, untilMs, brokenBy: brokenBy(order, payment, untilMs) };
}

/** What was said of the payment, and of its order without naming a payment, as it happened; the newest of very many. */
function factsAbout(facts: readonly KeptFact[], moneyId: string): readonly KeptFact[] {
  return facts
    .filter(({ fact }) => (fact.moneyId ?? moneyId) === moneyId)
    .sort((a, b) => a.fact.occurredAtMs - b.fact.occurredAtMs || a.acceptedAtMs - b.acceptedAtMs)
    .slice(-50);
}

function factView({ fact, settingsVersion, acceptedAtMs, tooOld }: KeptFact): Story['facts'][number] {
  return compact<Story['facts'][number]>({
    kind: fact.kind,
    words: factName(fact),
    about: fact.moneyId === undefined ? 'order' : 'payment',
    occurredAt: isoTime(fact.occurredAtMs),
    acceptedAt: isoTime(acceptedAtMs),
    settingsVersion,
    tooOld,
    ...amountOf(fact),
    periodStart: isPayment(fact) && fact.periodStartMs !== undefined ? isoTime(fact.periodStartMs) : undefined,
    periodEnd: isPayment(fact) && fact.periodEndMs !== undefined ? isoTime(fact.periodEndMs) : undefined,
    details: factDetails(fact),
  });
}

function amountOf(fact: SubscriptionFact): { readonly amount?: string; readonly currency?: string } {
  if (!isPayment(fact) || fact.unpriced) return {};
  return { amount: decimalFromMinor(fact.amountMinor, fact.currency), currency: fact.currency };
}

/** The rules explain the phase of the row only where they still come to it: what came later may have made another of it. */
function phaseView(row: PurchaseRow, explanation: PhaseExplanation | null): Story['phase'] {
  const { phase } = row;
  const words = phase === null ? 'None: TikTok counts trial starts, first payments and renewals' : phaseWords[phase].label;
  if (row.revision === 0) return { phase, words, why: 'as the provider’s event reads; its workflow has not decided yet' };
  if (explanation?.phase === phase) return { phase, words, why: phaseWhy(explanation) };
  return { phase, words, why: 'as it was decided at its time; what is kept of the order does not tell the rule any more' };
}

function attemptView({ atMs, ...attempt }: DeliveryAttempt): Story['attempts'][number] {
  return { ...attempt, at: isoTime(atMs) };
}

const time = z.iso.datetime();

const factSchema = z.object({
  kind: z.string().meta({ examples: ['renewal', 'began', 'refund'] }),
  words: z.string(),
  about: z.enum(['payment', 'order']),
  occurredAt: time,
  acceptedAt: time,
  settingsVersion: z.int(),
  tooOld: z.boolean().meta({ description: 'Older than the settings allow when it was accepted.' }),
  amount: z.string().optional(),
  currency: z.string().optional(),
  periodStart: time.optional(),
  periodEnd: time.optional(),
  details: z.array(z.string()).readonly().meta({ description: 'What else the provider said, in words.' }),
});

const attemptSchema = z.object({
  number: z.int(),
  at: time,
  durationMs: z.int(),
  outcome: z.enum(['accepted', 'throttled', 'unreachable', 'unauthorized', 'rejected']),
  code: z.int().nullable().meta({ description: 'TikTok’s.' }),
  message: z.string().nullable().meta({ description: 'TikTok’s words, secrets and personal data redacted.' }),
  requestId: z.string().nullable(),
  by: z.string().nullable(),
  destination: destinationSchema,
  request: z
    .unknown()
    .meta({ description: 'The body as it was sent; what is not a hash is `[not kept]`. Null where none was sent.' }),
});

export const storySchema = z
  .object({
    purchase: purchaseSchema,
    facts: z.array(factSchema),
    phase: z.object({ phase: z.enum(phases).nullable(), words: z.string(), why: z.string() }),
    decision: z.object({
      state: z.enum(purchaseStates),
      reason: z.string().nullable(),
      words: z.string(),
      settingsVersion: z.int().meta({ description: 'The version of the settings that decided.' }),
      firstPurchase: paymentRefSchema.nullable(),
      hold: z
        .object({
          hours: z.int(),
          until: time,
          brokenBy: z.enum(holdBreaks).nullable().meta({ description: 'Why the trial did not last; null where it did.' }),
        })
        .nullable()
        .meta({ description: 'How the settings that decided hold a trial’s start.' }),
    }),
    attempts: z.array(attemptSchema),
    next: z.object({
      waitingFor: purchaseSchema.shape.waitingFor,
      nextAttemptAt: time.nullable(),
      givesUpAt: time.nullable(),
      words: z.string(),
    }),
    workflowId: z.string(),
    temporalUrl: z.string().nullable(),
  })
  .meta({ id: 'Story' });
