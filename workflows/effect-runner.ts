/** Carries out the effects of a transition: deliveries side by side, each with its own cancellation scope, and records in the table. */
import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ReportFailureDetails } from '../activities/failures';
import type { DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { UserKey } from '../src/domain/identity';
import type { Effect, Input } from '../src/domain/transition';
import { recordPurchases, reportPurchase } from './activity-options';
import type { OrderRef } from './contract';
import { purchaseSummary } from './status-card';

export class EffectRunner {
  /** The scope of each delivery under way, by money id. */
  private readonly deliveries = new Map<string, CancellationScope>();
  private recordings = 0;
  private releasing: Promise<void> | null = null;

  /** `onResult` receives the result of every delivery, as an input of the next transition. */
  constructor(
    private readonly order: OrderRef,
    private readonly onResult: (input: Input) => void,
  ) {}

  /** True when no delivery and no recording is under way. */
  get isIdle(): boolean {
    return this.deliveries.size === 0 && this.recordings === 0;
  }

  /** Starts everything that the effects ask for. `userKeys` identify the buyer whose first purchase is released. */
  run(effects: readonly Effect[], userKeys: readonly UserKey[]): void {
    const recorded = this.record(effects, userKeys);
    if (effects.some(({ kind }) => kind === 'release')) this.releasing = recorded;
    for (const effect of effects) if (effect.kind === 'report') void this.report(effect.request, this.releasing);
    for (const effect of effects) if (effect.kind === 'withdraw') this.deliveries.get(effect.moneyId)?.cancel();
  }

  /** `released` comes first, so that a claim that was just released is free when this delivery asks for it. */
  private async report(request: DeliveryRequest, released: Promise<void> | null): Promise<void> {
    const { integration } = this.order;
    const { moneyId } = request.record;
    const scope = new CancellationScope();
    this.deliveries.set(moneyId, scope);
    if (released) await released;
    const result = await scope
      .run(() => deliver({ integration, ...request }))
      .catch((error: unknown) => {
        if (isCancellation(error)) return { kind: 'withdrawn' } as const;
        throw error; // unexpected: blocks the workflow task until the code is fixed
      });
    this.deliveries.delete(moneyId);
    this.onResult({ kind: 'reported', moneyId, result });
  }

  private async record(effects: readonly Effect[], userKeys: readonly UserKey[]): Promise<void> {
    const { integration, psp, subscription } = this.order;
    const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.record] : []));
    const released = effects.flatMap((effect) =>
      effect.kind === 'release' ? [{ psp, subscription, moneyId: effect.moneyId }] : [],
    );
    if (records.length === 0 && released.length === 0) return;
    this.recordings += 1;
    await recordPurchases({ integration, records, released, userKeys });
    this.recordings -= 1;
  }
}

/** Runs the activity and returns its result. A refusal by TikTok is a result; an unexpected error is thrown. */
async function deliver(request: DeliveryRequest & { integration: string }): Promise<DeliveryResult> {
  try {
    return await reportPurchase.executeWithOptions({ summary: purchaseSummary(request.record) }, [request]);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure) {
      const [details] = (cause.details ?? []) as [ReportFailureDetails?];
      if (details) return { kind: 'failed', ...details };
      const failed = { type: cause.type ?? 'Error', code: null, message: cause.message };
      return { kind: 'failed', error: failed, holder: null, attempts: request.record.attempts };
    }
    const type = cause?.name ?? 'ActivityFailure';
    return {
      kind: 'failed',
      error: { type, code: null, message: cause?.message ?? '' },
      holder: null,
      attempts: request.record.attempts,
    };
  }
}
