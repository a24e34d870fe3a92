/** `/simulate`: what other settings would have made of the recorded payments. */
import { z } from 'zod';
import type { SettingsCache } from '../application/settings-cache';
import { type CellTotal, mostDifferences, type Simulation, SimulationsBusy, type Simulator } from '../application/simulation';
import { phases, purchaseTypes } from '../domain/fact';
import { dayMs } from '../domain/duration';
import { decimalFromMinor, decimalNumber } from '../domain/money';
import { purchaseStates } from '../domain/purchase';
import type { Settings } from '../domain/settings';
import type { Outcome, SimulatedPayment } from '../domain/simulate';
import { type FieldError, Problem, unprocessable } from '../http/problem';
import { isoTime } from './purchase-view';
import { isoInstant } from './request';
import { defineRoute, type Route } from './route';
import { applyMergePatch } from './settings-document';
import { shownChange, type ShownChange } from './settings-history';
import { settingChanges } from './settings-changes';

export interface SimulateDeps {
  readonly simulator: Simulator;
  readonly currentSettings: Pick<SettingsCache, 'latest'>;
  readonly liveMode: boolean;
  readonly nowMs: () => number;
}

export interface SimulateInput {
  readonly integration: string;
  /** A merge patch over the settings in force now. */
  readonly patch: unknown;
  /** Unix milliseconds; default: the last 30 days. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface SimulatedEffect extends Simulation {
  readonly fromMs: number;
  readonly toMs: number;
  /** The settings that are in force now, and what the patch would make of them. */
  readonly settings: Settings;
  readonly changed: Settings;
}

const defaultPeriodMs = 30 * dayMs;
const longestPeriodMs = 400 * dayMs;

/** @throws Problem: 422 with every field, 429 when too many simulations wait. */
export async function simulateSettings(deps: SimulateDeps, input: SimulateInput): Promise<SimulatedEffect> {
  const { integration, patch, signal } = input;
  const nowMs = deps.nowMs();
  const toMs = input.toMs ?? nowMs;
  const fromMs = input.fromMs ?? toMs - defaultPeriodMs;
  const settings = await deps.currentSettings.latest(integration);
  const patched = applyMergePatch(settings, patch, { liveMode: deps.liveMode });
  const errors: readonly FieldError[] = [
    ...(patched.ok
      ? []
      : patched.errors.map(({ path, message }) => ({ path: path === '' ? 'settings' : `settings.${path}`, message }))),
    ...(fromMs < toMs ? [] : [{ path: 'from', message: 'must be before to' }]),
    ...(toMs - fromMs <= longestPeriodMs ? [] : [{ path: 'from', message: 'must be at most 400 days before to' }]),
  ];
  if (!patched.ok || errors.length > 0) throw unprocessable(errors);
  const { accessToken: _secret, ...simulated } = patched.settings;
  try {
    const simulation = await deps.simulator.simulate({ integration, settings: simulated, fromMs, toMs, nowMs, signal });
    return { ...simulation, fromMs, toMs, settings, changed: patched.settings };
  } catch (error) {
    if (!(error instanceof SimulationsBusy)) throw error;
    throw new Problem(429, 'Too many requests', { detail: error.message, headers: { 'Retry-After': '5' }, cause: error });
  }
}

export function simulateRoutes(deps: SimulateDeps): readonly Route[] {
  return [
    defineRoute({
      ...{ method: 'post', path: '/simulate', tag: 'Settings', role: 'viewer' },
      summary: 'What other settings would have made of the recorded payments',
      description:
        '`before` is what the records say: it is what the settings of that time, operators and TikTok have made of each payment. `after` is ' +
        'what the settings in force now would have made of it with the patch applied, decided by the rules of the service. So a change that ' +
        'was made within the period shows up as a difference, too. What no setting decides stays: commands of operators, refunds ' +
        'before sending, charges that are no purchase, and roles of `prices`, which are read with the webhook; `products` change no outcome. Whether a ' +
        'trial would have lasted through a `hold` is asked of what its provider said; one that is not over yet is `pending`. Nothing is changed or sent.',
      body,
      answers: { 200: { description: 'the effect', schema: effectSchema } },
      handle: async ({ integration, body: { settings: patch, from: fromMs, to: toMs }, res }) => {
        const gone = new AbortController();
        res.on('close', () => gone.abort());
        const effect = await simulateSettings(deps, { integration, patch, fromMs, toMs, signal: gone.signal }).catch(
          (error: unknown) => {
            // Nobody is there to be answered.
            if (gone.signal.aborted) return undefined;
            throw error;
          },
        );
        return effect && effectView(effect);
      },
    }),
  ];
}

const body = z.strictObject({
  settings: z
    .record(z.string(), z.unknown())
    .meta({ description: 'a merge patch of the settings', examples: [{ limitPurchaseEvents: true }] }),
  from: isoInstant.optional(),
  to: isoInstant.optional(),
});

/** The effect as `/api` shows it. */
export function effectView({ payments, cells, totals, differences, ...effect }: SimulatedEffect) {
  const changes: readonly ShownChange[] = settingChanges(effect.settings, effect.changed).map(shownChange);
  return {
    from: isoTime(effect.fromMs),
    to: isoTime(effect.toMs),
    settings: { version: effect.settings.version, changes },
    payments,
    cells: cells.map(({ purchaseType, phase, before, after }) => ({
      purchaseType,
      phase,
      before: totalView(before),
      after: totalView(after),
    })),
    totals,
    differences: { total: differences.total, items: differences.items.map(differenceView) },
  };
}

function totalView({ payments, sent, valueMinor }: CellTotal) {
  const value = [...valueMinor]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, minor]) => ({ currency, amount: decimalFromMinor(minor, currency) }));
  return { payments, sent, keptBack: payments - sent, value };
}

function differenceView({ record, before, after }: SimulatedPayment) {
  const { psp, subscription, moneyId, purchaseType, phase, occurredAtMs, settingsVersion } = record;
  return {
    ...{ psp, subscription, moneyId, purchaseType, phase, settingsVersion },
    occurredAt: isoTime(occurredAtMs),
    before: outcomeView(before),
    after: outcomeView(after),
  };
}

function outcomeView({ state, reason, heldBy, eventName, value }: Outcome) {
  const amount = value === null ? null : decimalNumber(value.amountMinor, value.currency);
  return { state, reason, heldBy, eventName, value: amount, currency: value?.currency ?? null };
}

const cellTotalSchema = z.object({
  payments: z.int(),
  sent: z.int().meta({ description: 'sent, or waiting to be' }),
  keptBack: z.int(),
  value: z
    .array(z.object({ currency: z.string(), amount: z.string() }))
    .meta({ description: 'what TikTok is told, by currency' }),
});

const outcomeSchema = z.object({
  state: z.enum(purchaseStates),
  reason: z.string().nullable(),
  heldBy: z.object({ psp: z.string(), subscription: z.string(), moneyId: z.string() }).nullable(),
  eventName: z.string(),
  value: z.number().nullable(),
  currency: z.string().nullable(),
});

const effectSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  settings: z.object({
    version: z.int(),
    changes: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
  }),
  payments: z.int().meta({ description: 'the payments of the period' }),
  cells: z.array(
    z.object({
      purchaseType: z.enum(purchaseTypes),
      phase: z.enum(phases),
      before: cellTotalSchema,
      after: cellTotalSchema,
    }),
  ),
  totals: z.array(
    z.object({
      state: z.enum(purchaseStates),
      reason: z.string().nullable(),
      before: z.int(),
      after: z.int(),
    }),
  ),
  differences: z.object({
    total: z.int(),
    items: z
      .array(
        z.object({
          psp: z.string(),
          subscription: z.string(),
          moneyId: z.string(),
          purchaseType: z.enum(purchaseTypes),
          phase: z.enum(phases).nullable(),
          settingsVersion: z.int(),
          occurredAt: z.iso.datetime(),
          before: outcomeSchema,
          after: outcomeSchema,
        }),
      )
      .meta({ description: `newest first, at most ${mostDifferences}` }),
  }),
});
