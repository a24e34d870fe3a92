/** Carries out the effects of a transition: deliveries side by side, each with its own cancellation scope, and records in the table. */
import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import type { DeliveryFailure, DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { UserKey } from '../src/domain/identity';
import type { PurchaseRecord } from '../src/domain/purchase';
import type { Effect, Input } from '../src/domain/transition';
import { recordCommitted, recordPurchases, reportPurchase } from './activity-options';
import type { RecordPurchasesInput } from '../activities/record-purchases';
import type { OrderRef } from './contract';
import { purchaseSummary } from './status-card';

/** The patch of docs/decisions/0020: what changes a row is written once it is committed, and compared with the row as it is. */
export const writesOnceCommitted = 'writes-once-committed';

export class EffectRunner {
  /** The scope of each delivery under way, by money id. */
  private readonly deliveries = new Map<string, CancellationScope>();
  private recordings = 0;
  private changes = 0;
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

  /** True while a change of what the table had before is being written. */
  get isChangingRows(): boolean {
    return this.changes > 0;
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
    const input = { integration, records, released, withdrawn, userKeys, decidedAtMs: Date.now() };
    // Rows are written to the end, also while the workflow is being cancelled.
    await CancellationScope.nonCancellable(() => this.write(input));
    this.recordings -= 1;
  }

  /**
   * A workflow task may be lost after its local activity ran; its next try sees more, and may decide otherwise or nothing at all. So a local
   * activity writes only what every try writes: the first record of a payment. What changes or removes a row, or releases a first
   * purchase, waits until the decision is in the history (docs/decisions/0020).
   */
  private async write(input: RecordPurchasesInput): Promise<void> {
    const first = input.records.filter(isFirstOfPayment);
    const changed = { ...input, records: input.records.filter((record) => !isFirstOfPayment(record)) };
    const isChange = changed.records.length + changed.released.length + (changed.withdrawn ?? []).length > 0;
    if (!isChange || !patched(writesOnceCommitted)) return recordPurchases(input);
    this.changes += 1;
    const firstRows = first.length === 0 ? null : recordPurchases({ ...input, records: first, released: [], withdrawn: [] });
    await recordCommitted(changed);
    await firstRows;
    this.changes -= 1;
  }
}

function isFirstOfPayment({ revision }: PurchaseRecord): boolean {
  return revision === 1;
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
