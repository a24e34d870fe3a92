/** One of the two that are compared: where its webhooks go, which subscriptions it has, and what has arrived of it. */
import { arrivalId, type BenchWebhook, Fleet } from './load/fleet';
import { send, type Sent, type Target } from './load/driver';
import { type PacedSent, sendPaced } from './load/paced';
import type { Receiver } from './receiver/client';

export type SideName = 'ours' | 'bare';

export interface SideOptions {
  readonly name: SideName;
  readonly target: Target;
  readonly receiver: Receiver;
  /** Of its processes, by what they do. */
  readonly pids: () => Readonly<Record<string, number>>;
}

export class Side {
  readonly name: SideName;
  readonly fleet = new Fleet('b');
  readonly pids: SideOptions['pids'];
  private readonly target: Target;
  private readonly receiver: Receiver;
  private expected = 0;
  private fleets = 0;

  constructor({ name, target, receiver, pids }: SideOptions) {
    this.name = name;
    this.target = target;
    this.receiver = receiver;
    this.pids = pids;
  }

  /** A fleet with ids of its own. */
  newFleet(): Fleet {
    this.fleets += 1;
    return new Fleet(`f${this.fleets}x`);
  }

  /** Sends all; those that tell a payment will arrive. */
  async send(webhooks: readonly BenchWebhook[], atOnce: number): Promise<Sent> {
    this.expected += webhooks.filter(({ moneyId }) => moneyId !== null).length;
    return send(this.target, webhooks, atOnce);
  }

  /** Sends what is acknowledged and then not reported, as it is suppressed. */
  sendSuppressed(webhooks: readonly BenchWebhook[], atOnce: number): Promise<Sent> {
    return send(this.target, webhooks, atOnce);
  }

  /** Sends at a pace, however slowly the side answers. */
  sendPaced(webhooks: readonly BenchWebhook[], perSecond: number): Promise<PacedSent> {
    this.expected += webhooks.length;
    return sendPaced(this.target, webhooks, perSecond);
  }

  /** Resolves when all that was sent has arrived. @throws when it has not in time. */
  drained(withinMs?: number): Promise<void> {
    return this.receiver.until(this.name, this.expected, withinMs);
  }

  /** When the last of these arrived. Unix milliseconds. @throws when one has not. */
  async lastArrivalMs(webhooks: readonly BenchWebhook[]): Promise<number> {
    return Math.max(...(await this.arrivalsMs(webhooks)));
  }

  /** When each of these arrived. Unix milliseconds. @throws when one has not. */
  async arrivalsMs(webhooks: readonly BenchWebhook[]): Promise<readonly number[]> {
    const arrivals = await this.receiver.arrivals(this.name);
    return webhooks.map(({ moneyId }) => {
      const atMs = arrivals.get(arrivalId(this.name, moneyId ?? ''));
      if (atMs === undefined) throw new Error(`${this.name}: ${moneyId ?? 'nothing'} has not arrived`);
      return atMs;
    });
  }
}
