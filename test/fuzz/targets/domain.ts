/** The heart of an order's workflow over odd facts that are well typed: it never throws, and every payment has exactly one record. */
import fc from 'fast-check';
import {
  type Awaited,
  freeTrialMoneyId,
  isPayment,
  phases,
  priceRoles,
  purchaseTypes,
  type SubscriptionFact,
} from '../../../src/domain/fact';
import { recordsOf } from '../../../src/domain/record';
import { nextDue } from '../../../src/domain/transition';
import { accepted, cancelled, limitOff, limitOn, Order, refused, suppressedByConsent } from '../../support/order-scenario';
import { statusCard } from '../../../workflows/status-card';
import { target, Undocumented } from '../run';

const t0 = Date.UTC(2026, 10, 1, 12);
const dayMs = 86_400_000;

/** Few, so that facts meet; and those that objects of JavaScript have without having them. */
const moneyIds = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('in_1', 'in_2', 'in_3', 'in_4', 'in_5') },
  fc.constantFrom('__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', 'length'),
  fc.constantFrom('0', '1', '-1', ' ', 'a/b', '`|<b>', 'x'.repeat(255), '😀', 'sub_1:trial'),
);
const moments = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -3, max: 120 }).map((day) => t0 + day * dayMs) },
  fc.constantFrom(0, -1, 1, 8.64e15, -8.64e15, t0 + 1, t0 + 10 * 365 * dayMs),
);
const amounts = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 1, 100, 1999, 1999, 2999) },
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31, 1),
);
const currencies = fc.constantFrom('USD', 'USD', 'USD', 'JPY', 'KWD', 'XPF', 'EUR');
const awaited = fc.uniqueArray(fc.constantFrom<Awaited>('trial', 'buyer', 'order', 'charge'), { maxLength: 2 });

const paymentFact = fc.record(
  {
    kind: fc.constantFrom('trial_start', 'conversion', 'renewal', 'one_off', 'other_charge'),
    moneyId: moneyIds,
    occurredAtMs: moments,
    amountMinor: amounts,
    currency: currencies,
    netMinor: amounts,
    regularMinor: amounts,
    unpriced: fc.constant(true),
    settledLater: fc.constant(true),
    inferredType: fc.constantFrom(...purchaseTypes),
    declaredType: fc.constantFrom(...purchaseTypes),
    role: fc.constantFrom(...priceRoles),
    otherCharge: fc.constantFrom('proration', 'plan_change', 'overage', 'payment_method_change', 'other_charge'),
    occasion: fc.constantFrom('start', 'cycle', 'change'),
    mayBeStart: fc.constant(true),
    trial: fc.boolean(),
    paidPeriod: fc.constantFrom('first', 'later'),
    periodStartMs: moments,
    periodEndMs: moments,
    nextDueAtMs: moments,
    awaits: awaited,
    patienceMs: fc.constantFrom(0, 1, 60_000),
    lines: fc.array(
      fc.record(
        {
          amountMinor: fc.oneof(amounts, fc.constant(-1999)),
          of: fc.constantFrom('period', 'once'),
          proration: fc.constant(true),
          trial: fc.boolean(),
          items: fc.array(moneyIds, { maxLength: 2 }),
          role: fc.constantFrom(...priceRoles),
        },
        { requiredKeys: ['amountMinor', 'of'], noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: ['kind', 'moneyId', 'occurredAtMs', 'amountMinor', 'currency'], noNullPrototype: true },
);

const lifecycleFact = fc.record(
  {
    kind: fc.constantFrom(
      ...['began', 'updated', 'cancellation_scheduled', 'cancellation_undone', 'ended', 'paused', 'resumed'],
      ...['price_changed', 'payment_failed', 'merged'],
    ),
    occurredAtMs: moments,
    trials: fc.array(
      fc.record(
        { item: moneyIds, kind: fc.constantFrom('free', 'paid'), startsAtMs: moments, endsAtMs: moments },
        { requiredKeys: [], noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
    cycles: fc.record(
      {
        saidAtMs: moments,
        startsAtMs: moments,
        trialsLeft: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
        trialsBilled: fc.integer({ min: 0, max: 3 }),
        regularBilled: fc.integer({ min: 0, max: 1_000_000 }),
        trialKind: fc.constantFrom('free', 'paid'),
        lastPaidAtMs: moments,
        nextBilledAtMs: moments,
      },
      { requiredKeys: ['saidAtMs', 'startsAtMs', 'trialsLeft', 'trialsBilled', 'regularBilled'], noNullPrototype: true },
    ),
    planRole: fc.constantFrom(null, ...priceRoles),
    tells: awaited,
    regularPrice: fc.record({ amountMinor: amounts, currency: currencies }),
    declaredType: fc.constantFrom(...purchaseTypes),
    moneyId: moneyIds,
    amountMinor: amounts,
    currency: currencies,
    endsAtMs: moments,
    nextDueAtMs: moments,
  },
  { requiredKeys: ['kind', 'occurredAtMs'], noNullPrototype: true },
);

const refundFact = fc.record(
  {
    kind: fc.constant('refund'),
    moneyId: moneyIds,
    occurredAtMs: moments,
    refundId: moneyIds,
    amountMinor: amounts,
    cause: fc.constantFrom('refund', 'dispute', 'dispute_won'),
  },
  { requiredKeys: ['kind', 'moneyId', 'occurredAtMs', 'refundId', 'cause'], noNullPrototype: true },
);

export const anyFact = fc.oneof(
  { weight: 5, arbitrary: paymentFact },
  { weight: 3, arbitrary: lifecycleFact },
  { weight: 2, arbitrary: refundFact },
) as fc.Arbitrary<SubscriptionFact>; // the types of `fact.ts`, with values from anywhere within them

const ends = [accepted, accepted, accepted, refused, cancelled, suppressedByConsent];

type Step =
  | { readonly kind: 'facts'; readonly facts: readonly SubscriptionFact[]; readonly tooOld: boolean; readonly limit: boolean }
  | { readonly kind: 'end'; readonly pick: number; readonly how: number }
  | { readonly kind: 'resend' | 'skip'; readonly moneyId: string }
  | { readonly kind: 'later'; readonly ms: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('facts' as const),
      facts: fc.array(anyFact, { minLength: 1, maxLength: 4 }),
      tooOld: fc.boolean(),
      limit: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), pick: fc.nat(5), how: fc.nat(ends.length - 1) }) },
  fc.record({ kind: fc.constantFrom('resend' as const, 'skip' as const), moneyId: moneyIds }),
  fc.record({ kind: fc.constant('later' as const), ms: fc.constantFrom(1, 20_000, dayMs) }),
);

export const domainTarget = target<readonly Step[]>({
  name: 'an order over odd facts',
  inputs: fc.array(steps, { minLength: 1, maxLength: 10 }),
  size: (drawn) => JSON.stringify(drawn).length,
  handle(drawn) {
    const order = new Order();
    const paid = new Set<string>();
    for (const step of drawn) {
      applyStep(order, step, paid);
      checkAccount(order, paid);
    }
    checkRefunds(order, drawn);
    // What the workflow shows of it, and carries over to its next run.
    statusCard(order.state);
    const carried = JSON.stringify(order.state);
    if (JSON.stringify(JSON.parse(carried)) !== carried) throw new Undocumented('the state changes when it is carried over');
    const states = recordsOf(order.state).map(({ state }) => state);
    return states.length === 0 ? 'no payment' : states.includes('sent') ? 'sent' : 'not sent';
  },
});

function applyStep(order: Order, step: Step, paid: Set<string>): void {
  switch (step.kind) {
    case 'facts':
      for (const fact of step.facts) if (isPayment(fact)) paid.add(fact.moneyId);
      // Accepted by our clock, whatever the provider's says.
      order.receivesWith(
        { tooOld: step.tooOld, settings: step.limit ? limitOn : limitOff, acceptedAtMs: order.nowMs },
        ...step.facts,
      );
      return;
    case 'end': {
      const request = order.underWay[step.pick % Math.max(1, order.underWay.length)];
      if (request) order.finishDelivery(request.record.moneyId, ends[step.how]);
      return;
    }
    case 'resend':
      return void order.resend(step.moneyId);
    case 'skip':
      return void order.skip(step.moneyId);
    case 'later':
      order.nowMs += step.ms;
      return void order.applies([]);
  }
}

/** The accounting rule: every payment that was accepted has exactly one record, in a known state, and the table has it, too. */
function checkAccount(order: Order, paid: ReadonlySet<string>): void {
  const records = recordsOf(order.state);
  const merged = new Set(order.state.merged ?? []);
  for (const moneyId of paid) {
    // It is counted in another order; or it is the start of a trial, which yields to one that was charged.
    if (merged.has(moneyId) || moneyId === freeTrialMoneyId(order.state.id)) continue;
    const own = records.filter((record) => record.moneyId === moneyId);
    if (own.length !== 1) throw new Undocumented(`${own.length} records of the payment ${JSON.stringify(moneyId.slice(0, 40))}`);
    if (!order.table.has(moneyId))
      throw new Undocumented(`the payment ${JSON.stringify(moneyId.slice(0, 40))} is not in the table`);
  }
  for (const { phase, occurredAtMs, revision } of records) {
    if (phase !== null && !phases.includes(phase)) throw new Undocumented(`the phase is ${String(phase)}`);
    if (!Number.isFinite(occurredAtMs) || !Number.isInteger(revision))
      throw new Undocumented('a record says no time, or no revision');
  }
  const due = nextDue(order.state)?.untilMs ?? null;
  if (due !== null && !Number.isFinite(due)) throw new Undocumented('a wait ends at no time');
}

/** Every refund is kept, under whatever id. */
function checkRefunds({ state }: Order, drawn: readonly Step[]): void {
  for (const fact of drawn.flatMap((step) => (step.kind === 'facts' ? step.facts : []))) {
    if (fact.kind !== 'refund') continue;
    const own = Object.hasOwn(state.refunds, fact.moneyId) ? state.refunds[fact.moneyId] : {};
    if (!Object.hasOwn(own ?? {}, fact.refundId))
      throw new Undocumented(`a refund is lost: ${JSON.stringify(fact.refundId.slice(0, 40))}`);
  }
}
