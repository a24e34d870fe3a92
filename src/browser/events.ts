/** The four events, for attributes and calls alike. */
import { checkoutId, complete, isCompleted, isReportedAgain, openCheckout } from './checkout';
import { collect, post } from './collect';
import { consent, mayIdentify, maySend, policy } from './consent';
import { line } from './guard';
import { hashed, know, person, stated, who } from './identity';
import { moneyOf } from './money';
import type { CheckoutParams, Person, PurchaseParams } from './pixel';
import { uuid } from './random';
import { config } from './script';
import { active, firstInitiation } from './session';
import { keep, kept } from './storage';
import { tiktok } from './ttq';

/** Queues: TikTok gets `identify` before the events, and the service is asked about one checkout at a time. */
const inTurn = line();
const paymentsInTurn = line();

export function identify(who: Person): void {
  know(who);
  void collect();
  void inTurn(introduce);
}

export function checkoutPresented(params: CheckoutParams): void {
  openCheckout(params.purchaseType);
  whenAllowed(() => track('checkout_presented', params));
}

export function initiateCheckout(params: CheckoutParams): void {
  openCheckout(params.purchaseType);
  whenAllowed(() => firstInitiation() && track('InitiateCheckout', params));
}

export function completeRegistration(who: Person): void {
  know(who);
  whenAllowed(() => track('CompleteRegistration', {}));
}

/** Fires the purchase if the service allows it, once per checkout, with the `event_id` that the server sends too. */
export function completePayment(params: PurchaseParams): Promise<boolean> {
  if (!maySend()) whenAllowed(() => completePayment(params));
  // Read before anything is awaited: a checkout that opens meanwhile changes the current id.
  const id = stated(params.checkoutId || '') ?? (!isReportedAgain() && checkoutId());
  return paymentsInTurn(() => fire(id, params)).then(Boolean);
}

async function fire(id: string | false, params: PurchaseParams): Promise<boolean | undefined> {
  if (!maySend() || !config.pixelCode || !id || isCompleted(id)) return false;
  // The service's decision depends on the person.
  await collect();
  const question = {
    purchaseType: params.purchaseType || kept().purchaseType,
    ...who(),
    phone: undefined,
    checkoutId: id,
    contents: params.contents || [],
    currency: params.contents && moneyOf(params).currency,
  };
  const answer = await post('collect/purchase', JSON.stringify(question));
  const { send, eventId, eventName, properties } = (await answer.json()) as Answer;
  const isFired = send && (await track(eventName, params, eventId, properties));
  if (isFired) complete(id);
  return isFired;
}

interface Answer {
  readonly send: boolean;
  readonly eventId: string;
  readonly eventName: string;
  /** What the server says of the same purchase, renamed as there. */
  readonly properties?: object;
}

/** Runs an event now, or keeps it in memory until consent is granted. A refusal drops it. */
function whenAllowed(happen: () => unknown): void {
  active();
  if (maySend()) happen();
  else if (consent !== 'denied') held.push(happen);
}

const held: (() => unknown)[] = [];

export function releaseHeld(): void {
  held.splice(0).forEach(whenAllowed);
}

function track(name: string, params: CheckoutParams, eventId = uuid(), more?: object): Promise<boolean | undefined> {
  void collect();
  return inTurn(async () => {
    await introduce();
    return maySend() && tiktok('track', name, { ...properties(params), ...more }, { event_id: eventId });
  });
}

let introduced = '{}';

/** Sends the person's hashes to TikTok and stores them for the next page. */
async function introduce(): Promise<void> {
  const hashes = await hashed(person);
  const text = JSON.stringify(hashes);
  if (!mayIdentify() || text === introduced) return;
  introduced = text;
  keep({ person: { userId: person.userId, email: hashes.email, phone: hashes.phone_number } });
  tiktok('identify', hashes);
}

/** The parameters that TikTok knows. Others are dropped. */
const properties = (params: CheckoutParams) => ({
  ...moneyOf(params),
  description: params.description,
  content_type: params.content_type,
  contents: params.contents,
  limited_data_use: policy() === 'limited_data_use' || undefined,
});
