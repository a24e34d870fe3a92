import type { PaymentFact, PurchaseType } from '../../src/domain/fact';
import type { AdoptionSnapshot, CheckoutOrder, OrderCheckout } from '../../src/domain/first-purchase';
import {
  browserEventId,
  decideClaim,
  decideOrderCheckout,
  holderOfCheckout,
  isLimited,
  isReportable,
  isSentOrToBeSent,
  mayAdoptCheckout,
  mayBeFirstPhase,
  nearestOrder,
  provisionalHolder,
  sameTimeMs,
} from '../../src/domain/first-purchase';
import type { ClaimMode } from '../../src/domain/limit';
import type { PaymentRef, PurchaseState } from '../../src/domain/purchase';
import { noonMs, payment, record } from '../support/store-samples';

const mine = payment('in_1', 'sub_1');
const sameOrder = payment('in_2', 'sub_1');
const other = payment('in_9', 'sub_9');
const otherProvider = payment('in_1', 'sub_1', 'paddle');

describe('a claim', () => {
  it.each<[ClaimMode, PaymentRef | null, PaymentRef | null | 'unknown', boolean, boolean]>([
    ['this_payment', null, null, true, true],
    ['this_payment', mine, null, true, false],
    ['this_payment', sameOrder, null, false, false],
    ['this_payment', otherProvider, null, false, false],
    ['this_order', sameOrder, null, true, false],
    ['this_order', otherProvider, null, false, false],
    ['take_if_free', other, null, true, false],
    // A checkout whose order is unknown yields to a payment; one of another order does not.
    ['this_payment', null, 'unknown', true, true],
    ['this_payment', null, sameOrder, true, true],
    ['this_payment', null, other, false, false],
    ['take_if_free', null, other, true, false],
    ['this_payment', mine, other, true, false],
  ])('as %s, held by %j, reported %j: granted %s, written %s', (mode, holder, reported, granted, isNew) => {
    const purchase = reported === null || reported === 'unknown' ? null : record(reported);
    const provisional = reported === null ? null : { hmac: 'c1', purchase };
    expect(decideClaim({ holder, provisional }, mine, mode)).toMatchObject({ granted, isNew });
  });
});

it.each<[PurchaseState, string | null, boolean, boolean]>([
  ['pending', null, true, true],
  ['sent', null, true, true],
  ['needs_attention', null, true, true],
  ['suppressed', 'consent', true, false],
  ['suppressed', 'limited', false, false],
  ['not_a_purchase', null, false, false],
  ['skipped', null, false, false],
])('%s (%s): reportable %s, sent under its event id %s', (state, reason, reportable, sent) => {
  const purchase = record(mine, { state, reason });
  expect([isReportable(purchase), isSentOrToBeSent(purchase)]).toEqual([reportable, sent]);
  expect(provisionalHolder([{ hmac: 'c1', purchase }]) !== null).toBe(reportable);
});

describe('the holder of a checkout’s user', () => {
  const order: CheckoutOrder = { ...mine, firstPayment: record(mine), hasCheckout: true };
  const none = { holder: null, provisional: null, hmac: 'c1', order: null, firstPayments: [] };
  it.each([
    ['free', none],
    ['ours', { ...none, holder: mine, order }],
    ['other', { ...none, holder: mine }],
    ['other', { ...none, holder: otherProvider, order }],
    ['ours', { ...none, provisional: { hmac: 'c1', purchase: null } }],
    ['other', { ...none, provisional: { hmac: 'c2', purchase: null } }],
    ['other', { ...none, order, firstPayments: [record(other)] }],
    ['free', { ...none, order, firstPayments: [record(mine), record(other, { state: 'suppressed' })] }],
  ] as const)('is %s: case %#', (expected, snapshot) => {
    expect(holderOfCheckout(snapshot)).toBe(expected);
  });
});

it.each([
  [sameTimeMs, 'in_1'],
  [sameTimeMs + 1, undefined],
  [-sameTimeMs, 'in_1'],
])('an order that began %i ms apart is the checkout’s: %s', (apart, moneyId) => {
  expect(nearestOrder([record(mine)], noonMs + apart)?.firstPayment?.moneyId).toBe(moneyId);
});

it.each<[boolean, number, PurchaseState, string]>([
  [false, 0, 'pending', 'stripe:in_1'],
  [true, 0, 'pending', 'c1'],
  [true, 1, 'pending', 'stripe:in_1'],
  [true, 1, 'suppressed', 'c1'],
])('bound %s, revision %i, %s: the event id is %s', (hasCheckout, revision, state, eventId) => {
  expect(browserEventId({ ...mine, firstPayment: record(mine, { revision, state }), hasCheckout }, 'c1')).toBe(eventId);
});

describe('an order’s checkout', () => {
  const brought: OrderCheckout = { hmac: 'h1', checkoutId: null, eventId: null };
  const reported: OrderCheckout = { hmac: 'h2', checkoutId: 'c2', eventId: 'c2' };
  const underPayment: OrderCheckout = { hmac: 'h3', checkoutId: 'c3', eventId: 'stripe:in_1' };
  it.each<[OrderCheckout | null, OrderCheckout[], boolean, string | null, boolean]>([
    [null, [], false, null, true],
    [brought, [brought], true, null, true],
    [reported, [reported], true, null, false],
    [null, [reported], false, 'c2', false],
    [brought, [reported, brought], false, 'c2', false],
    [underPayment, [underPayment], false, null, false],
  ])('brings %j, has %j', (own, all, ownsCheckout, adoptedCheckoutId, isOpen) => {
    expect(decideOrderCheckout(own, all)).toEqual({ ownsCheckout, adoptedCheckoutId, isOpen });
  });
});

describe('an order may adopt a checkout that the browser has reported', () => {
  const begins: AdoptionSnapshot = {
    isLimited: false,
    hasCheckout: false,
    hasOtherPayments: false,
    isDecided: false,
    holder: null,
  };

  it.each<[string, Partial<AdoptionSnapshot>, boolean]>([
    ['that begins', {}, true],
    ['that begins, with a payment decided before its checkout came', { isDecided: true }, true],
    ['with another payment', { hasOtherPayments: true }, false],
    ['with a checkout of its own', { hasCheckout: true }, false],
    ['of a user with a first purchase, while the limit is off', { holder: other }, true],
    ['limited, of a user without a first purchase', { isLimited: true }, true],
    ['limited, with a checkout of its own', { isLimited: true, hasCheckout: true }, true],
    ['limited, with a checkout of its own, and decided under it', { isLimited: true, hasCheckout: true, isDecided: true }, false],
    ['limited, with another payment', { isLimited: true, hasOtherPayments: true }, false],
    ['limited, which holds the first purchase itself', { isLimited: true, holder: sameOrder }, true],
    ['limited by another order’s first purchase', { isLimited: true, holder: other }, false],
    ['limited by the same id at another provider', { isLimited: true, holder: otherProvider }, false],
  ])('%s: %j, %s', (_what, snapshot, adopts) => {
    expect(mayAdoptCheckout({ ...begins, ...snapshot }, mine)).toBe(adopts);
  });
});

describe('a fact', () => {
  const fact = (kind: PaymentFact['kind'], amountMinor = 100, declaredType?: PurchaseType) =>
    ({ kind, moneyId: 'in_1', amountMinor, currency: 'USD', occurredAtMs: noonMs, declaredType }) as PaymentFact;
  const first = { limitPurchaseEvents: true, limitFreeTrials: 'first_order' } as const;
  const always = { limitPurchaseEvents: true, limitFreeTrials: 'always' } as const;

  it.each([
    [fact('conversion'), true],
    [fact('conversion', 0), false],
    [fact('conversion', 100, 'paid_trial'), false],
    [fact('trial_start', 0), true],
    [fact('renewal'), false],
    [fact('other_charge'), false],
  ])('may be a first phase: case %#', (one, expected) => {
    expect(mayBeFirstPhase(one)).toBe(expected);
  });

  it.each([
    [fact('conversion'), always, true],
    [fact('conversion'), { ...always, limitPurchaseEvents: false }, false],
    [fact('trial_start', 0), always, false],
    [fact('trial_start', 0), first, true],
    [fact('trial_start', 100), always, true],
  ])('is limited: case %#', (one, settings, expected) => {
    expect(isLimited(one, settings)).toBe(expected);
  });
});
