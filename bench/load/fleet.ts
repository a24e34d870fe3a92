/** Subscriptions and their webhooks, as Stripe would send them: first purchases, renewals, and what is no money. */
import {
  intentId,
  invoiceId,
  stripeEvent,
  stripeInvoice,
  stripeSubscription,
  type StripeScenario,
} from '../../sandbox/stripe/webhooks';
import { derivedEventId } from '../../src/domain/purchase';

export interface BenchWebhook {
  readonly body: string;
  /** By which the service's event is known at the receiver; null: nothing arrives for it. */
  readonly moneyId: string | null;
}

/** The event id under which a side's purchase arrives. */
export function arrivalId(side: string, moneyId: string): string {
  return side === 'ours' ? derivedEventId('stripe', moneyId) : moneyId;
}

/** Young enough to be sent, with room for many renewals in between. */
const startedAgoMs = 6 * 86_400_000;
const renewalSeconds = 300;

interface Member {
  readonly scenario: StripeScenario;
  renewals: number;
}

export class Fleet {
  private readonly members: Member[] = [];
  private next = 0;
  private noise = 0;

  /** Ids are unique by the name. */
  constructor(private readonly name: string) {}

  get size(): number {
    return this.members.length;
  }

  /** The ids of the orders, in the order of their creation. */
  get subscriptions(): readonly string[] {
    return this.members.map(({ scenario }) => scenario.subscriptionId);
  }

  /** The first payments of so many new subscriptions, each of a user of its own, or all of the one that is named. */
  firstPurchases(count: number, userId?: string): readonly BenchWebhook[] {
    return Array.from({ length: count }, () => {
      const key = `${this.name}${String(this.members.length + 1).padStart(6, '0')}`;
      const scenario: StripeScenario = {
        type: 'subscription',
        userId: userId ?? `user-${key}`,
        customerId: `cus_${key}`,
        subscriptionId: `sub_${key}`,
        startMs: Date.now() - startedAgoMs,
        email: `buyer.${key}@example.com`,
        metadata: { ttclid: `E.C.P.${key.repeat(8)}`, ip: '203.0.113.7', user_agent: userAgent },
      };
      const member: Member = { scenario, renewals: 0 };
      this.members.push(member);
      return invoicePaid(member, 0);
    });
  }

  /** The same with what Stripe sends beside each: the new subscription, without which a first payment waits for its state. */
  newSubscriptions(count: number): readonly BenchWebhook[] {
    return this.firstPurchases(count).flatMap((payment, index) => {
      const member = this.members[this.members.length - count + index];
      return member ? [this.stateOf(member, 'customer.subscription.created'), payment] : [];
    });
  }

  /** The next renewals, one subscription after the other. */
  renewals(count: number): readonly BenchWebhook[] {
    return Array.from({ length: count }, () => this.renewalOf(this.next++ % this.members.length));
  }

  /** The next renewal of one subscription, by its number. */
  renewalOf(index: number): BenchWebhook {
    const member = this.members[index];
    if (!member) throw new Error(`there is no subscription ${index}`);
    member.renewals += 1;
    return invoicePaid(member, member.renewals);
  }

  /** What comes beside a renewal and tells no payment: changes of customers and invoices, tax, drafts. */
  ignored(count: number): readonly BenchWebhook[] {
    return Array.from({ length: count }, () => {
      const number = this.noise++;
      const member = this.memberOf(number);
      const type = ignoredTypes[number % ignoredTypes.length] ?? 'customer.updated';
      const bill = { ...billOf(member, member.renewals), index: member.renewals };
      const event = stripeEvent(type, stripeInvoice(member.scenario, bill), {
        id: `evt_${this.name}_noise_${number}`,
        created: nowSeconds(),
      });
      return { body: JSON.stringify(event), moneyId: null };
    });
  }

  /** What comes beside a renewal and repeats it: the same invoice under its other name. */
  repeated(count: number): readonly BenchWebhook[] {
    return Array.from({ length: count }, () => {
      const number = this.noise++;
      const member = this.memberOf(number);
      const invoice = stripeInvoice(member.scenario, billOf(member, member.renewals));
      const id = `evt_${this.name}_repeated_${number}`;
      return {
        body: JSON.stringify(stripeEvent('invoice.payment_succeeded', invoice, { id, created: nowSeconds() })),
        moneyId: null,
      };
    });
  }

  /** What Stripe sends beside renewals, ten for each: eight that tell nothing, the payment once more, and the subscription. */
  besideRenewals(count: number): readonly BenchWebhook[] {
    const times = Math.ceil(count / 10);
    return Array.from({ length: times }, () => [
      ...this.ignored(8),
      ...this.repeated(1),
      this.stateOf(this.memberOf(this.noise++), 'customer.subscription.updated'),
    ]).flat();
  }

  private stateOf({ scenario }: Member, type: string): BenchWebhook {
    const id = `evt_${this.name}_state_${this.noise++}`;
    const event = stripeEvent(type, stripeSubscription(scenario, 'active'), { id, created: nowSeconds() });
    return { body: JSON.stringify(event), moneyId: null };
  }

  private memberOf(number: number): Member {
    const member = this.members[number % this.members.length];
    if (!member) throw new Error('there is no subscription');
    return member;
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

const userAgent =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

const ignoredTypes = ['customer.updated', 'invoice.created', 'invoice.finalized', 'invoice.updated', 'charge.updated'];

function billOf({ scenario }: Member, index: number) {
  const paidAt = Math.floor(scenario.startMs / 1000) + index * renewalSeconds;
  return {
    ...{ index, paidAt, periodStart: paidAt, isTrial: false },
    reason: index === 0 ? 'subscription_create' : 'subscription_cycle',
  };
}

function invoicePaid(member: Member, index: number): BenchWebhook {
  const { scenario } = member;
  const bill = billOf(member, index);
  const event = stripeEvent('invoice.paid', stripeInvoice(scenario, bill), {
    id: `evt_${intentId(scenario, index)}`,
    created: bill.paidAt + 2,
  });
  return { body: JSON.stringify(event), moneyId: invoiceId(scenario, index) };
}
