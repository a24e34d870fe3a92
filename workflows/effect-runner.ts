/** Carries out the effects of a transition: deliveries side by side, each with its own cancellation scope, and records in the table. */
import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { DeliveryFailure, DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
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

  /** True when the table has every record that was to be written. Deliveries under way write their own. */
  get hasRecorded(): boolean {
    return this.recordings === 0;
  }

  /** Starts everything that the effects ask for. `userKeys` identify the buyer whose first purchase is released. */
  run(effects: readonly Effect[], userKeys: readonly UserKey[]): void {
    const recorded = this.record(effects, userKeys);
    if (effects.some(({ kind }) => kind === 'release_claim')) this.releasing = recorded;
    for (const effect of effects) if (effect.kind === 'deliver') void this.deliver(effect.request, this.releasing);
    for (const effect of effects) if (effect.kind === 'cancel_delivery') this.deliveries.get(effect.moneyId)?.cancel();
  }

  /** `released` comes first, so that a claim that was just released is free when this delivery asks for it. */
  private async deliver(request: DeliveryRequest, released: Promise<void> | null): Promise<void> {
    const { integration } = this.order;
    const { moneyId } = request.record;
    const scope = new CancellationScope();
    this.deliveries.set(moneyId, scope);
    if (released) await released;
    const result = await scope.run(() => resultOf({ integration, ...request }));
    this.deliveries.delete(moneyId);
    this.onResult({ kind: 'delivery_result', moneyId, result });
  }

  private async record(effects: readonly Effect[], userKeys: readonly UserKey[]): Promise<void> {
    const { integration, psp, subscription } = this.order;
    const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.record] : []));
    const namedBy = (kind: 'release_claim' | 'withdraw') =>
      effects.flatMap((effect) => (effect.kind === kind ? [{ psp, subscription, moneyId: effect.moneyId }] : []));
    const released = namedBy('release_claim');
    const withdrawn = namedBy('withdraw');
    if (records.length + released.length + withdrawn.length === 0) return;
    this.recordings += 1;
    // Rows are written to the end, also while the workflow is being cancelled.
    await CancellationScope.nonCancellable(() => recordPurchases({ integration, records, released, withdrawn, userKeys }));
    this.recordings -= 1;
  }
}

/** Runs the activity. Cancellation and refusal are results; an unexpected error is thrown and blocks the workflow task until the code is fixed. */
async function resultOf(request: DeliveryRequest & { readonly integration: string }): Promise<DeliveryResult> {
  try {
    return await reportPurchase.executeWithOptions({ summary: purchaseSummary(request.record) }, [request]);
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled' };
    if (!(error instanceof ActivityFailure)) throw error;
    // An attempt was under way and failed: it would be repeated, had it not been cancelled.
    if (error.retryState === 'CANCEL_REQUESTED') return { kind: 'cancelled' };
    return { kind: 'failed', ...failureOf(error.cause, request) };
  }
}

/** The failure as the activity describes it, or by its cause when the activity could not, for example after a timeout. */
function failureOf(cause: Error | undefined, { record }: DeliveryRequest): DeliveryFailure {
  const isDescribed = cause instanceof ApplicationFailure;
  const [details] = isDescribed ? ((cause.details ?? []) as [DeliveryFailure?]) : [];
  const type = (isDescribed ? (cause.type ?? 'Error') : cause?.name) ?? 'ActivityFailure';
  return details ?? { error: { type, code: null, message: cause?.message ?? '' }, holder: null, attempts: record.attempts };
}
