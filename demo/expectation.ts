/** What TikTok's end should see of a payment: the policy's cell, and the limit told a second time, as plain data. */
import { createHash } from 'node:crypto';
import type { Phase, PurchaseType } from '../src/domain/fact';
import { phases } from '../src/domain/fact';
import { decimalNumber } from '../src/domain/money';
import { cellOf, presets } from '../src/domain/policy';
import type { Payment, Provider, Sale, SoldItem } from './provider';

export const limits = ['off', 'on'] as const;
export type Limit = (typeof limits)[number];

/** What is played, in this order: a table for each setting of the limit, and payments of which no webhook comes (the limit is off). */
export const scenes = ['off', 'lost', 'on'] as const;
export type Scene = (typeof scenes)[number];

export interface Expectation {
  readonly psp: string;
  readonly scene: Scene;
  /** No webhook tells it: a renewal check has to find it. */
  readonly isLost: boolean;
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
  /** Null, as the currency is: without value. */
  readonly value: number | null;
  readonly currency: string | null;
  readonly atMs: number;
  readonly contents: readonly SoldItem[];
  readonly customerType: 'new' | 'returning';
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
export const purchaseName = 'CompletePayment';

/** The phases that the table has for a purchase type. */
export function phasesOf(type: PurchaseType): readonly Phase[] {
  return phases.filter((phase) => cellOf(policy, type, phase));
}

/** A payment, when it was made, of which order, and how it is told. */
export interface ToldPayment extends Payment {
  readonly atMs: number;
  readonly order: string;
  readonly isLost: boolean;
}

export function expectationOf(provider: Provider, scene: Scene, sale: Sale, payment: ToldPayment): Expectation {
  const { name: psp, freeTrialHasNoValue } = provider;
  const { type } = sale;
  const { phase, moneyId, atMs, order, isLost } = payment;
  const isSent = cellOf(policy, type, phase)?.send === true && !(scene === 'on' && keptBackByLimit[type].includes(phase));
  const isUnpriced = freeTrialHasNoValue === true && type === 'free_trial' && phase === 'trial_start';
  return {
    ...{ psp, scene, isLost, type, phase, order, moneyId },
    outcome: isSent ? 'sent' : 'kept_back',
    event: {
      // The checkout's id for the order's first phase, so that it is the browser's event too; else derived from the payment.
      id: phase === phasesOf(type)[0] ? sale.checkoutId : `${psp}:${moneyId}`,
      name: purchaseName,
      value: isUnpriced ? null : decimalNumber(amountMinor(sale, phase), sale.currency),
      currency: isUnpriced ? null : sale.currency,
      atMs,
      contents: isUnpriced ? provider.soldAs(sale, phase).map(({ id }) => ({ id, price: null })) : provider.soldAs(sale, phase),
      // Each buyer has one order: it makes them a customer.
      customerType: phase === 'renewal' ? 'returning' : 'new',
      externalId: createHash('sha256').update(sale.userId).digest('hex'),
    },
  };
}

function amountMinor({ type, amountMinor, trialAmountMinor }: Sale, phase: Phase): number {
  if (phase !== 'trial_start') return amountMinor;
  return type === 'paid_trial' ? trialAmountMinor : 0;
}
