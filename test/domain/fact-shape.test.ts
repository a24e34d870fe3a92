/** What an order takes from a signal: every fact that adapters make, and nothing else. */
import fc from 'fast-check';
import { whyUnreadable } from '../../src/domain/fact-shape';
import { limitOff, lifecycle, payment, refund, t0, userKey } from '../support/order-scenario';
import { runs } from '../support/effort';

const accepted = { acceptedAtMs: t0, settings: limitOff, tooOld: false, userKeys: [userKey], checkoutId: null };
const facts = [
  payment('conversion', 'in_1', 0, {
    lines: [{ of: 'period', amountMinor: 1999, items: ['a'] }],
    awaits: ['trial'],
    role: 'trial',
  }),
  payment('other_charge', '__proto__', 0, { otherCharge: 'proration', unpriced: true }),
  lifecycle('began', 0, { trials: [{ kind: 'free', startsAtMs: t0, endsAtMs: t0 }], planRole: null, declaredType: 'free_trial' }),
  refund('in_1', 1, { amountMinor: 5 }),
];

it.each(facts)('takes $kind', (fact) => {
  expect(whyUnreadable({ fact, accepted })).toBeNull();
  expect(whyUnreadable({ fact: { ...fact, aNewerMember: { x: 1 } }, accepted: { ...accepted, more: 1 } })).toBeNull();
});

it.each<[unknown, RegExp]>([
  [undefined, /no object/],
  [[], /no object/],
  [{ accepted }, /no "fact"/],
  [{ fact: facts[0] }, /no "accepted"/],
  [{ fact: { ...facts[0], kind: 'constructor' }, accepted }, /kind of the fact/],
  [{ fact: { ...facts[0], amountMinor: 19.99 }, accepted }, /fact.amountMinor/],
  [{ fact: { ...facts[0], currency: 'usd<img>' }, accepted }, /fact.currency/],
  [{ fact: { ...facts[0], occurredAtMs: 1e20 }, accepted }, /fact.occurredAtMs/],
  [{ fact: { ...facts[0], moneyId: { a: 1 } }, accepted }, /fact.moneyId/],
  [{ fact: { ...facts[0], lines: 'none' }, accepted }, /fact.lines/],
  [{ fact: facts[0], accepted: { ...accepted, settings: {} } }, /accepted.settings/],
  [{ fact: facts[0], accepted: { ...accepted, userKeys: [null] } }, /accepted.userKeys/],
])('refuses %j in words that hold nothing of it', (input, why) => {
  expect(whyUnreadable(input)).toMatch(why);
});

it('never throws', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.constantFrom(...facts), (a, b, fact) => {
      for (const input of [a, { fact: a, accepted: b }, { fact: { ...fact, ...(a as object) }, accepted }]) {
        const why = whyUnreadable(input);
        expect(why === null || why.length > 0).toBe(true);
      }
    }),
    { numRuns: runs(2000) },
  );
});
