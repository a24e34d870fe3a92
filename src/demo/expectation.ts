/** What TikTok's end should see of a payment: the policy's cell, and the limit told a second time, as plain data. */
import { createHash } from 'node:crypto';
import type { Phase, PurchaseType } from '../domain/fact';
import { phases } from '../domain/fact';
import { decimalNumber } from '../domain/money';
import { cellOf, presets } from '../domain/policy';
import type { Payment, Sale } from './providers';

export const limits = ['off', 'on'] as const;
export type Limit = (typeof limits)[number];

export interface Expectation {
  readonly psp: string;
  readonly limit: Limit;
  readonly type: PurchaseType;
  readonly phase: Phase;
  readonly order: string;
  readonly moneyId: string;
  readonly outcome: 'sent' | 'kept_back';
  readonly event: ExpectedEvent;
}

/** For what is kept back: what it would be. */
export interface ExpectedEvent {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly currency: string;
  readonly atMs: number;
  /** SHA-256 of the merchant's user id. */
  readonly externalId: string;
}

const policy = presets.default.policy;

/**
 * *Limit Purchase Events* for a user's only order. Not computed by `domain/limit.ts`, so that the two check each other: renewals
 * never; after the first purchase nothing, but a free trial keeps trial start and conversion.
 */
const keptBackByLimit: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['renewal'],
  free_trial: ['renewal'],
  paid_trial: ['conversion', 'renewal'],
  lifetime: [],
};

/** As TikTok's Events Manager shows it: Purchase. */
const eventName = 'CompletePayment';

/** The phases that the table has for a purchase type. */
export function phasesOf(type: PurchaseType): readonly Phase[] {
  return phases.filter((phase) => cellOf(policy, type, phase));
}

export function expectationOf(psp: string, limit: Limit, sale: Sale, order: string, payment: Payment): Expectation {
  const { type } = sale;
  const { phase, moneyId, atMs } = payment;
  const isSent = cellOf(policy, type, phase)?.send === true && !(limit === 'on' && keptBackByLimit[type].includes(phase));
  return {
    ...{ psp, limit, type, phase, order, moneyId },
    outcome: isSent ? 'sent' : 'kept_back',
    event: {
      // The checkout's id for the order's first phase, so that it is the browser's event too; else derived from the payment.
      id: phase === phasesOf(type)[0] ? sale.checkoutId : `${psp}:${moneyId}`,
      name: eventName,
      value: decimalNumber(amountMinor(sale, phase), sale.currency),
      currency: sale.currency,
      atMs,
      externalId: createHash('sha256').update(sale.userId).digest('hex'),
    },
  };
}

function amountMinor({ type, amountMinor, trialAmountMinor }: Sale, phase: Phase): number {
  if (phase !== 'trial_start') return amountMinor;
  return type === 'paid_trial' ? trialAmountMinor : 0;
}
