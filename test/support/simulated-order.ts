/** One order's workflow without Temporal: `transition`, driven as `workflows/subscription.workflow.ts` and its effect runner drive it. */
import { ApplicationFailure } from '@temporalio/common';
import type { RecordPurchasesInput } from '../../activities/record-purchases';
import type { ReportPurchaseInput, ReportPurchaseResult } from '../../activities/report-purchase';
import type { DeliveryFailure, DeliveryRequest, DeliveryResult } from '../../src/domain/delivery-request';
import { dayMs } from '../../src/domain/duration';
import type { Subscription } from '../../src/domain/subscription';
import { newSubscription } from '../../src/domain/subscription';
import type { Effect, Input } from '../../src/domain/transition';
import { isAtRest, nextDue, transition } from '../../src/domain/transition';
import type { OrderRef } from '../../workflows/contract';

/** What the workflow asks for, and the time between TikTok's reception of an event and the workflow's knowledge of it. */
export interface Surroundings {
  readonly reportPurchase: (input: ReportPurchaseInput, scheduledAtMs: number) => Promise<ReportPurchaseResult>;
  readonly recordPurchases: (input: RecordPurchasesInput) => Promise<void>;
  readonly nowMs: () => number;
  readonly answerMs: number;
}

/** A delivery until the workflow knows its end. Without a result it is tried again at `atMs`. */
interface UnderWay {
  readonly request: DeliveryRequest;
  readonly scheduledAtMs: number;
  readonly atMs: number;
  readonly result: DeliveryResult | null;
}

const closesAfterMs = 45 * dayMs;

export class SimulatedOrder {
  state: Subscription;
  private readonly deliveries = new Map<string, UnderWay>();

  constructor(
    private readonly order: OrderRef,
    private readonly around: Surroundings,
  ) {
    this.state = newSubscription(order.psp, order.subscription);
  }

  async receives(input: Input): Promise<void> {
    await this.apply([input]);
  }

  /** When something happens next without a new fact; null when nothing is planned. */
  nextAtMs(): number | null {
    const times = [nextDue(this.state)?.untilMs ?? null, ...[...this.deliveries.values()].map(({ atMs }) => atMs)];
    const planned = times.filter((atMs) => atMs !== null);
    return planned.length === 0 ? null : Math.min(...planned);
  }

  /** Does what is due by now. */
  async wakes(): Promise<void> {
    const nowMs = this.around.nowMs();
    for (const [moneyId, delivery] of [...this.deliveries]) {
      if (delivery.atMs > nowMs) continue;
      this.deliveries.delete(moneyId);
      if (delivery.result) await this.apply([{ kind: 'delivery_result', moneyId, result: delivery.result }]);
      else await this.attempt(delivery.request, delivery.scheduledAtMs);
    }
    const dueAtMs = nextDue(this.state)?.untilMs ?? null;
    if (dueAtMs !== null && dueAtMs <= nowMs) await this.apply([]);
  }

  /** True once the workflow would have completed: the next fact starts a new one, without a memory. */
  isClosed(): boolean {
    const { status, lastAcceptedAtMs } = this.state;
    const isIdle = this.deliveries.size === 0 && isAtRest(this.state);
    return status === 'ended' && isIdle && this.around.nowMs() >= lastAcceptedAtMs + closesAfterMs;
  }

  private async apply(inputs: readonly Input[]): Promise<void> {
    const { state, effects } = transition(this.state, inputs, this.around.nowMs());
    this.state = state;
    await this.carryOut(effects);
  }

  /** Every kind of effect is carried out here, and only here: a new kind needs its case. */
  private async carryOut(effects: readonly Effect[]): Promise<void> {
    await this.record(effects);
    for (const effect of effects) {
      switch (effect.kind) {
        case 'record':
        case 'release_claim':
        case 'withdraw':
          break; // see `record`
        case 'deliver':
          await this.attempt(effect.request, this.around.nowMs());
          break;
        case 'cancel_delivery':
          this.cancel(effect.moneyId);
          break;
      }
    }
  }

  private async record(effects: readonly Effect[]): Promise<void> {
    const { integration, psp, subscription } = this.order;
    const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.record] : []));
    const namedBy = (kind: 'release_claim' | 'withdraw') =>
      effects.flatMap((effect) => (effect.kind === kind ? [{ psp, subscription, moneyId: effect.moneyId }] : []));
    const [released, withdrawn] = [namedBy('release_claim'), namedBy('withdraw')];
    if (records.length + released.length + withdrawn.length === 0) return;
    await this.around.recordPurchases({ integration, records, released, withdrawn, userKeys: this.state.userKeys });
  }

  private async attempt(request: DeliveryRequest, scheduledAtMs: number): Promise<void> {
    const { nowMs, answerMs } = this.around;
    const ended = await this.report(request, scheduledAtMs);
    const atMs = nowMs() + ('retryInMs' in ended ? ended.retryInMs : answerMs);
    const result = 'retryInMs' in ended ? null : ended;
    this.deliveries.set(request.record.moneyId, { request, scheduledAtMs, atMs, result });
  }

  private async report(request: DeliveryRequest, scheduledAtMs: number): Promise<DeliveryResult | { retryInMs: number }> {
    try {
      return await this.around.reportPurchase({ integration: this.order.integration, ...request }, scheduledAtMs);
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      if (!error.nonRetryable) return { retryInMs: Number(error.nextRetryDelay) };
      const [failure] = error.details as [DeliveryFailure];
      return { kind: 'failed', ...failure };
    }
  }

  /** What TikTok has cannot be called back; what waits for another attempt can. */
  private cancel(moneyId: string): void {
    const delivery = this.deliveries.get(moneyId);
    if (delivery && !delivery.result) {
      this.deliveries.set(moneyId, { ...delivery, atMs: this.around.nowMs(), result: { kind: 'cancelled' } });
    }
  }
}
