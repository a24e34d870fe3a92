/** The four events: what each does, whether an attribute or a call brought it. */
import { checkoutId, complete, isCompleted, isToldAgain, openCheckout } from './checkout';
import { collect, post } from './collect';
import { consent, mayIdentify, maySend, policy } from './consent';
import { line } from './guard';
import { hashed, know, person, stated } from './identity';
import type { CheckoutParams, Person, PurchaseParams } from './pixel';
import { uuid } from './random';
import { config } from './script';
import { active, firstInitiation } from './session';
import { keep, kept } from './storage';
import { tiktok } from './ttq';

/** So that TikTok knows who it is before it hears what they did, and one checkout is asked for once. */
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

/** Fires what the service allows, once per checkout, under the `event_id` that the server's report has too. */
export function completePayment(params: PurchaseParams): Promise<boolean> {
  if (!maySend()) whenAllowed(() => completePayment(params));
  // At once: a checkout that opens beside it begins another.
  const id = params.checkoutId || (!isToldAgain() && checkoutId());
  return paymentsInTurn(() => fire(id, params)).then(Boolean);
}

async function fire(id: string | false, params: PurchaseParams): Promise<boolean | undefined> {
  if (!maySend() || !config.pixelCode || !id || isCompleted(id)) return false;
  // The service decides by the person too.
  await collect();
  const question = {
    checkoutId: id,
    userId: person.userId,
    email: mayIdentify() ? person.email : undefined,
    purchaseType: params.purchaseType || kept().purchaseType,
  };
  const answer = await post('collect/purchase', JSON.stringify(question));
  const { send, eventId, eventName } = (await answer.json()) as Answer;
  const isFired = send && (await track(eventName, params, eventId));
  if (isFired) complete(id);
  return isFired;
}

interface Answer {
  readonly send: boolean;
  readonly eventId: string;
  readonly eventName: string;
}

/** Where consent is asked for first, events wait for it in memory, and a refusal drops them. */
function whenAllowed(happen: () => unknown): void {
  active();
  if (maySend()) happen();
  else if (consent !== 'denied') held.push(happen);
}

const held: (() => unknown)[] = [];

export function releaseHeld(): void {
  held.splice(0).forEach(whenAllowed);
}

function track(name: string, params: CheckoutParams, eventId = uuid()): Promise<boolean | undefined> {
  void collect();
  return inTurn(async () => {
    await introduce();
    return maySend() && tiktok('track', name, properties(params), { event_id: eventId });
  });
}

let introduced = '{}';

/** To TikTok, and to the next page: what is personal, as hashes. */
async function introduce(): Promise<void> {
  const { userId } = person;
  const who = await hashed(person);
  const text = JSON.stringify(who);
  if (!mayIdentify() || text === introduced) return;
  introduced = text;
  keep({ person: { userId, email: who.email, phone: who.phone_number } });
  tiktok('identify', who);
}

/** What TikTok knows of a checkout; anything else would only be swallowed. */
function properties(params: CheckoutParams): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const name of ['value', 'currency', 'contents', 'content_type', 'description'] as const) {
    const value = name === 'value' ? +stated(params.value)! : params[name];
    if (value || value === 0) known[name] = value;
  }
  if (policy() === 'limited_data_use') known.limited_data_use = true;
  return known;
}
