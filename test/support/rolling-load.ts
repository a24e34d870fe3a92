/** Webhooks and calls of pages that go on while processes restart one after the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { genericWebhook } from './generic-webhook';

/** Hands calls to the processes in turn, and takes one out once its calls are answered. */
export class Balancer {
  private readonly targets = new Map<string, number>();
  private turn = 0;

  add(url: string): void {
    this.targets.set(url, 0);
  }

  async takeOut(url: string): Promise<void> {
    this.leaving.add(url);
    while ((this.targets.get(url) ?? 0) > 0) await sleep(20);
    this.targets.delete(url);
    this.leaving.delete(url);
  }

  private readonly leaving = new Set<string>();

  async call(path: string, init: RequestInit): Promise<number> {
    const open = [...this.targets.keys()].filter((url) => !this.leaving.has(url));
    const url = open[(this.turn += 1) % open.length]!;
    this.targets.set(url, (this.targets.get(url) ?? 0) + 1);
    try {
      return (await fetch(url + path, init)).status;
    } finally {
      this.targets.set(url, (this.targets.get(url) ?? 0) - 1);
    }
  }
}

/** A payment of the load. Whoever comes again was written by another process. */
export interface Paid {
  readonly buyer: number;
  readonly order: string;
  readonly kind: 'conversion' | 'renewal';
}

/** A visit and a payment, several times a second; on a slow machine fewer, which leaves it time to start processes. */
export class Load {
  private readonly failures: string[] = [];
  private readonly paid: string[] = [];
  private readonly payments = new Map<string, Paid>();
  private calls = 0;
  private isOver = false;
  private readonly finished: Promise<void>;

  /** `paidBy` says who pays what in turn `n`. */
  constructor(
    private readonly balancer: Balancer,
    private readonly paidBy: (n: number) => Paid,
  ) {
    this.finished = this.run();
  }

  orderOf(eventId: string): string {
    return this.payments.get(eventId)?.order ?? '';
  }

  async stop() {
    this.isOver = true;
    await this.finished;
    return { calls: this.calls, failures: this.failures, paid: this.paid, payments: this.payments };
  }

  private async run(): Promise<void> {
    for (let n = 0; !this.isOver; n += 1) {
      const beganAtMs = performance.now();
      const paid = this.paidBy(n);
      const { buyer, order, kind } = paid;
      const visit = { userId: `user-${buyer}`, ttclid: `click-${buyer}`, url: 'https://shop.example/' };
      await this.call('/collect', JSON.stringify(visit), { origin: 'https://shop.example', 'user-agent': 'Load/1.0' });
      const moneyId = `pay_${n}`;
      const payment = {
        ...{ kind, subscription_id: order, money_id: moneyId, amount: '9.99', currency: 'EUR' },
        occurred_at: new Date(Date.now() - 60_000).toISOString(),
        metadata: { user_id: `user-${buyer}` },
      };
      const { body, headers } = genericWebhook(payment, `msg_${moneyId}`);
      await this.call('/webhooks/generic', body, headers);
      this.paid.push(`generic:${moneyId}`);
      this.payments.set(`generic:${moneyId}`, paid);
      await sleep(Math.max(200, 3 * (performance.now() - beganAtMs)));
    }
  }

  private async call(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
    this.calls += 1;
    const ask = () =>
      this.balancer
        .call(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
        .catch((error: unknown) => String(error));
    let status = await ask();
    // A slow machine answers so when its time is up, and the caller comes again. That no key was missing is read in the logs.
    for (let again = 0; status === 503 && again < 10; again += 1) status = await sleep(300).then(ask);
    if (status !== 200 && status !== 204) this.failures.push(`${path} ${status}`);
  }
}
