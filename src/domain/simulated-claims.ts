/**
 * The deliveries of all orders of a buyer, as other settings would have started them: who has the first purchase, and what is kept back at the
 * delivery.
 */
import { isPayment } from './fact';
import type { AuthorizedCheckout } from './first-purchase';
import { decideClaim, isSamePayment, isSentOrToBeSent } from './first-purchase';
import type { ClaimMode } from './limit';
import type { PaymentRef, PurchaseRecord } from './purchase';
import { refOf } from './purchase';
import type { Settings } from './settings';
import { consentPolicy } from './settings';
import type { RecordedBuyer, SimulationRules } from './simulate';
import { type Holds, isHeldAnew } from './simulated-holds';
import type { Payment, Subscription } from './subscription';
import { paymentOf } from './subscription';
import type { Effect } from './transition';

/** A delivery that is not to be. */
export interface Denied {
  readonly order: number;
  readonly moneyId: string;
  readonly reason: 'consent' | 'not_attributed' | 'limited';
  readonly holder: PaymentRef | null;
}

interface Delivery {
  readonly order: number;
  readonly record: PurchaseRecord;
  readonly payment: PaymentRef;
  readonly mode: ClaimMode | null;
  readonly atMs: number;
}

/** The deliveries of all orders of a buyer, in the order of time: who has the first purchase, and what is kept back at the delivery. */
export class Claims {
  private readonly waiting: Delivery[] = [];
  private readonly records: ReadonlyMap<string, PurchaseRecord>;
  private readonly provisional: AuthorizedCheckout | null;
  /** The payment whose claim is known to have been the first, and when it was delivered; null when another hold delivers it anew. */
  private readonly known: { readonly payment: PaymentRef; readonly atMs: number } | null;
  private readonly holds: readonly Holds[];
  private holder: PaymentRef | null;

  constructor(
    private readonly buyer: RecordedBuyer,
    private readonly rules: SimulationRules,
    { holder, holds }: { readonly holder: PaymentRef | null; readonly holds: readonly Holds[] },
  ) {
    this.holder = holder;
    this.holds = holds;
    this.records = new Map(buyer.orders.flatMap(({ records }) => records.map((record) => [keyOf(record), record] as const)));
    this.provisional = this.reportedByBrowser();
    this.known = this.firstClaim();
  }

  /** Takes up the deliveries of a step. */
  start(order: number, { state, effects }: { readonly state: Subscription; readonly effects: readonly Effect[] }): Subscription {
    for (const effect of effects) {
      if (effect.kind !== 'deliver') continue;
      const { record, claim: mode } = effect.request;
      const recorded = this.records.get(keyOf(record));
      const payment = paymentOf(state, record.moneyId);
      if (recorded && payment)
        this.waiting.push({
          order,
          record: recorded,
          payment: refOf(record),
          mode,
          atMs: this.deliveredAtMs(order, recorded, payment),
        });
    }
    return state;
  }

  /** Lets deliveries pass until one is denied; null when none is left. */
  next(): Denied | null {
    for (let delivery = this.earliest(); delivery !== undefined; delivery = this.earliest()) {
      const { order, record, payment, mode } = delivery;
      const { moneyId } = payment;
      if (isKeptBackByConsent(record, this.buyer, this.rules)) return { order, moneyId, reason: 'consent', holder: null };
      const isAttributed = this.buyer.orders[order]?.attributed.has(moneyId) ?? false;
      if (isKeptBackUnattributed(record, isAttributed, this.rules))
        return { order, moneyId, reason: 'not_attributed', holder: null };
      if (mode === null) continue;
      const claim = decideClaim({ holder: this.holder, provisional: this.provisional }, payment, mode);
      if (claim.isNew) this.holder = claim.holder;
      if (!claim.granted) return { order, moneyId, reason: 'limited', holder: claim.holder };
    }
    return null;
  }

  /** What has tried to claim, and was not the first, was delivered after the first. */
  private deliveredAtMs(order: number, record: PurchaseRecord, { acceptedAtMs }: Pick<Payment, 'acceptedAtMs'>): number {
    const atMs = Math.max(acceptedAtMs, this.holds[order]?.get(record.moneyId)?.untilMs ?? 0);
    const hasTried = (isSentOrToBeSent(record) || record.reason === 'limited') && !isHeldAnew(record, this.rules);
    return hasTried && this.known ? Math.max(atMs, this.known.atMs) : atMs;
  }

  private firstClaim(): Claims['known'] {
    const [payment] = this.buyer.claims;
    const record = payment && this.records.get(keyOf(payment));
    if (!record || isHeldAnew(record, this.rules)) return null;
    const at = this.buyer.orders.findIndex(({ records }) => records.includes(record));
    const start = this.buyer.orders[at]?.facts.find(({ fact }) => isPayment(fact) && fact.moneyId === record.moneyId);
    const heldUntilMs = this.holds[at]?.get(record.moneyId)?.untilMs ?? 0;
    return { payment, atMs: Math.max(start?.acceptedAtMs ?? record.occurredAtMs, heldUntilMs) };
  }

  private earliest(): Delivery | undefined {
    const isKnown = ({ payment }: Delivery): boolean => this.known !== null && isSamePayment(payment, this.known.payment);
    const isBefore = (a: Delivery, b: Delivery): boolean =>
      a.atMs !== b.atMs ? a.atMs < b.atMs : isKnown(a) !== isKnown(b) ? isKnown(a) : keyOf(a.payment) < keyOf(b.payment);
    const first = this.waiting.reduce<Delivery | undefined>(
      (best, one) => (best && !isBefore(one, best) ? best : one),
      undefined,
    );
    if (first) this.waiting.splice(this.waiting.indexOf(first), 1);
    return first;
  }

  /** A purchase that only the browser has reported keeps the first purchase, as its being named by a limited one shows. */
  private reportedByBrowser(): AuthorizedCheckout | null {
    for (const { heldBy, reason } of this.records.values()) {
      const held = reason === 'limited' && heldBy ? this.records.get(keyOf(heldBy)) : undefined;
      if (held?.state === 'suppressed' && held.reason === 'consent') return { hmac: '', purchase: held };
    }
    return null;
  }
}

/** What was sent by the same rule stays so: its buyer's identity may have been erased since. */
function isKeptBackUnattributed(
  { state, reason, settingsVersion }: PurchaseRecord,
  isAttributed: boolean,
  { settings, recorded }: SimulationRules,
): boolean {
  if (!settings.attributedOnly) return false;
  if (reason === 'not_attributed') return true;
  const wasSentSo = recorded.get(settingsVersion)?.attributedOnly === true && state === 'sent';
  return !wasSentSo && !isAttributed;
}

/** The buyer may have said something else since: only another rule for the same consent changes what the record says. */
function isKeptBackByConsent(
  { state, reason, settingsVersion }: PurchaseRecord,
  { consent }: RecordedBuyer,
  { settings, recorded }: SimulationRules,
): boolean {
  const keepsBack = (rules: Pick<Settings, 'consent'>): boolean => consentPolicy(rules, consent ?? undefined) === 'do_not_send';
  const now = keepsBack(settings);
  const then = keepsBack(recorded.get(settingsVersion) ?? settings);
  return now === then ? state === 'suppressed' && reason === 'consent' : now;
}

function keyOf({ psp, subscription, moneyId }: PaymentRef): string {
  return JSON.stringify([psp, subscription, moneyId]);
}
