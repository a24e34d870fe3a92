/** Stripe's objects as its webhooks carry them, in the shapes of API 2024-12-18.acacia and 2026-10-28.endive. */

type Fields = Readonly<Record<string, unknown>>;

/** `acacia` is the last version before basil moved the links between objects; `endive` brought Trial Offers. */
export type StripeVersion = 'acacia' | 'endive';

const versions: Readonly<Record<StripeVersion, string>> = { acacia: '2024-12-18.acacia', endive: '2026-10-28.endive' };

/** Who bought what. All times are Unix seconds. */
export interface StripeOrder {
  readonly version: StripeVersion;
  readonly subscription: string;
  readonly customer: string;
  readonly metadata: Fields;
  readonly startedAt: number;
}

export function stripeEvent(order: StripeOrder, type: string, at: number, object: Fields, previous?: Fields): Fields {
  return {
    id: `evt_${order.subscription}_${type}_${at}`,
    object: 'event',
    api_version: versions[order.version],
    created: at,
    livemode: true,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object, ...(previous && { previous_attributes: previous }) },
  };
}

export interface SubscriptionState {
  readonly status: string;
  readonly price: string;
  readonly unitAmount: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly trialStart?: number | null;
  readonly trialEnd?: number | null;
  /** A Trial Offer's window. */
  readonly offer?: { readonly start_date: number; readonly end_date: number } | null;
  readonly more?: Fields;
}

export function subscriptionObject(order: StripeOrder, state: SubscriptionState): Fields {
  const { status, price, unitAmount, periodStart, periodEnd, trialStart = null, trialEnd = null, offer = null } = state;
  const period = { current_period_start: periodStart, current_period_end: periodEnd };
  const item = {
    id: `si_${order.subscription}`,
    object: 'subscription_item',
    created: order.startedAt,
    price: { id: price, object: 'price', type: 'recurring', unit_amount: unitAmount, recurring: { interval: 'month' } },
    quantity: 1,
    subscription: order.subscription,
    ...(order.version === 'acacia' ? {} : { ...period, current_trial: offer && { ...offer, trial_offer: 'to_1' } }),
  };
  return {
    id: order.subscription,
    object: 'subscription',
    billing_mode: { type: 'flexible' },
    cancel_at: null,
    cancel_at_period_end: false,
    created: order.startedAt,
    currency: 'usd',
    customer: order.customer,
    ended_at: null,
    items: { object: 'list', data: [item], has_more: false, total_count: 1 },
    livemode: true,
    metadata: order.metadata,
    pause_collection: null,
    start_date: order.startedAt,
    status,
    trial_start: trialStart,
    trial_end: trialEnd,
    ...(order.version === 'acacia' ? period : {}),
    ...state.more,
  };
}

export interface Line {
  readonly amount: number;
  readonly price: string;
  readonly start: number;
  readonly end: number;
  readonly description: string;
  /** An invoice item: a fee, or a proration. */
  readonly isItem?: boolean;
  readonly proration?: boolean;
  readonly discount?: number;
}

export interface Bill {
  readonly id: string;
  readonly reason: string;
  readonly at: number;
  readonly lines: readonly Line[];
  /** `open` while the charge has failed. */
  readonly status?: 'paid' | 'open';
}

export function invoiceObject(order: StripeOrder, { id, reason, at, lines, status = 'paid' }: Bill): Fields {
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const total = lines.reduce((sum, { amount, discount = 0 }) => sum + amount - discount, 0);
  const paid = status === 'paid' ? total : 0;
  const data = lines.map((line, nth) => lineObject(order, `il_${id}_${nth}`, line));
  return {
    id,
    object: 'invoice',
    amount_due: total,
    amount_paid: paid,
    amount_remaining: total - paid,
    billing_reason: reason,
    created: at,
    currency: 'usd',
    customer: order.customer,
    customer_email: null,
    lines: { object: 'list', data, has_more: false, total_count: data.length, url: `/v1/invoices/${id}/lines` },
    livemode: true,
    metadata: {},
    status,
    status_transitions: { finalized_at: at, paid_at: status === 'paid' ? at : null },
    subtotal,
    total,
    total_excluding_tax: total,
    ...(order.version === 'acacia'
      ? {
          subscription: order.subscription,
          subscription_details: { metadata: order.metadata },
          payment_intent: total > 0 ? intentOf(id) : null,
          charge: paid > 0 ? chargeOf(id) : null,
        }
      : {
          parent: {
            type: 'subscription_details',
            quote_details: null,
            subscription_details: { metadata: order.metadata, subscription: order.subscription },
          },
        }),
  };
}

function lineObject(order: StripeOrder, id: string, line: Line): Fields {
  const { amount, price, start, end, description, isItem = false, proration = false, discount = 0 } = line;
  const { subscription } = order;
  const common = {
    id,
    object: 'line_item',
    amount,
    currency: 'usd',
    description,
    discount_amounts: discount === 0 ? [] : [{ amount: discount, discount: 'di_1' }],
    period: { start, end },
    quantity: 1,
  };
  if (order.version === 'acacia') {
    const unit = { id: price, unit_amount: Math.abs(amount), type: isItem && !proration ? 'one_time' : 'recurring' };
    return { ...common, type: isItem ? 'invoiceitem' : 'subscription', price: unit, plan: null, proration, subscription };
  }
  const details = { proration, subscription, proration_details: { credited_items: null } };
  return {
    ...common,
    parent: isItem
      ? { type: 'invoice_item_details', invoice_item_details: { ...details, invoice_item: `ii_${id}` } }
      : { type: 'subscription_item_details', subscription_item_details: { ...details, subscription_item: `si_${subscription}` } },
    pricing: { type: 'price_details', price_details: { price, product: 'prod_1' }, unit_amount_decimal: String(amount) },
  };
}

export const intentOf = (invoice: string): string => `pi_${invoice}`;
export const chargeOf = (invoice: string): string => `ch_${invoice}`;

/** The PaymentIntent of an invoice, or of a one-off (`invoice` null). */
export function intentObject(order: StripeOrder, id: string, amount: number, invoice: string | null): Fields {
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_received: amount,
    currency: 'usd',
    customer: order.customer,
    description: invoice === null ? null : 'Subscription update',
    latest_charge: id.replace(/^pi_/, 'ch_'),
    livemode: true,
    metadata: {},
    status: 'succeeded',
    ...(order.version === 'acacia' ? { invoice } : {}),
  };
}

export function invoicePaymentObject(invoice: string, amount: number): Fields {
  const payment = { payment_intent: intentOf(invoice), type: 'payment_intent' };
  return {
    id: `inpay_${invoice}`,
    object: 'invoice_payment',
    amount_paid: amount,
    currency: 'usd',
    invoice,
    payment,
    status: 'paid',
  };
}

export function sessionObject(order: StripeOrder, more: Fields): Fields {
  return {
    id: `cs_${order.subscription}`,
    object: 'checkout.session',
    client_reference_id: null,
    created: order.startedAt - 60,
    currency: 'usd',
    customer: order.customer,
    customer_details: { email: null, phone: null },
    livemode: true,
    metadata: {},
    payment_status: 'paid',
    status: 'complete',
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ...more,
  };
}
