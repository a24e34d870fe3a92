/** What workflows wrote before the code changed: states that they carried through continue-as-new, and facts in their histories. */
import { migrate, migrateFact } from '../../src/domain/migrate';
import { stateWaitMs, transition } from '../../src/domain/transition';
import type { Subscription } from '../../src/domain/subscription';
import { day, lifecycle, limitOff, Order, payment, refund, t0, userKey } from '../support/order-scenario';

type Carried = Parameters<typeof migrate>[0];
type CarriedV1 = Exclude<Carried, Subscription>;

const contextV1 = {
  beganAtMs: t0,
  noTrial: false,
  hasTrial: false,
  trialKind: null,
  trialStartsAtMs: null,
  trialEndsAtMs: [],
  declaredType: null,
  latest: { began: t0 },
} satisfies CarriedV1['context'];

/** The present state of an order as version 1 wrote it. */
function asV1({ context: _, ...state }: Subscription, context: Partial<CarriedV1['context']> = {}): CarriedV1 {
  const payments = Object.entries(state.payments).map(([moneyId, one]) => {
    const observations = one.observations.map(({ awaits, occasion, ...fact }) => ({
      ...fact,
      ...(awaits?.includes('trial') ? { awaitsState: true } : {}),
      ...(occasion === 'start' ? { initial: true } : {}),
    }));
    return [moneyId, { ...one, observations }];
  });
  const carried = { ...state, v: 1, payments: Object.fromEntries(payments) as CarriedV1['payments'] } as const;
  return JSON.parse(JSON.stringify({ ...carried, context: { ...contextV1, ...context } })) as CarriedV1;
}

it('leaves the present version as it is', () => {
  const { state } = new Order().receives(payment('conversion', 'in_1', 0));
  expect(migrate(state)).toBe(state);
});

describe('of version 1', () => {
  it.each<[string, Partial<CarriedV1['context']>, object]>([
    ['no trial that is known', {}, { beganAtMs: t0, trials: [], noTrial: false }],
    ['the word that there is none', { noTrial: true }, { trials: [], noTrial: true }],
    [
      'a trial',
      { hasTrial: true, trialKind: 'paid', trialStartsAtMs: t0 + day, trialEndsAtMs: [t0 + 7 * day] },
      { trials: [{ saidAtMs: t0, kind: 'paid', startsAtMs: t0 + day, endsAtMs: t0 + 7 * day }] },
    ],
    [
      'a trial that was extended: its latest end',
      { hasTrial: true, trialEndsAtMs: [t0 + 14 * day, t0 + 7 * day] },
      { trials: [{ saidAtMs: t0, endsAtMs: t0 + 14 * day }] },
    ],
    [
      'a trial of which nothing else is known',
      { hasTrial: true, beganAtMs: null },
      { beganAtMs: null, trials: [{ saidAtMs: 0 }] },
    ],
    [
      'a trial whose subscription did not say when it began',
      { hasTrial: true, beganAtMs: null, trialStartsAtMs: t0 + day },
      { trials: [{ saidAtMs: t0 + day, startsAtMs: t0 + day }] },
    ],
    ['times without the word that there is a trial', { trialStartsAtMs: t0, trialEndsAtMs: [t0 + day] }, { trials: [] }],
    [
      'what else was known',
      { declaredType: 'lifetime', latest: { ended: 5 } },
      { declaredType: 'lifetime', latest: { ended: 5 } },
    ],
  ])('it reads %s', (_, context, expected) => {
    const read = migrate(asV1(new Order().state, context)).context;
    expect(read).toMatchObject({ cycles: [], planRoles: [], told: [], ...expected });
    for (const old of ['hasTrial', 'trialKind', 'trialStartsAtMs', 'trialEndsAtMs']) expect(read).not.toHaveProperty(old);
  });

  it.each<[string, Parameters<typeof payment>[3]]>([
    ['a start that waits', { occasion: 'start', awaits: ['trial'] }],
    ['a start', { occasion: 'start' }],
    ['a payment that waits', { awaits: ['trial'] }],
    ['any other payment', {}],
  ])('it reads %s', (_, more) => {
    const { state } = new Order().receives(payment('conversion', 'in_1', 0, more));
    const carried = asV1(state);
    expect(carried.payments['in_1']?.observations[0]).not.toHaveProperty('awaits');
    expect(migrate(carried).payments).toEqual(state.payments);
  });

  it('it keeps all else', () => {
    const order = new Order().receives(payment('conversion', 'in_1', 0)).finish();
    const { context: _, ...state } = order.state;
    expect(migrate(asV1(order.state))).toMatchObject({ ...state, v: 2 });
  });

  it('it goes on: a payment that waits is told by the next state, or by time', () => {
    const waiting = payment('conversion', 'in_1', 0, { amountMinor: 100, occasion: 'start', awaits: ['trial'] });
    const carried = migrate(asV1(new Order().receives(waiting).state, { beganAtMs: null }));
    const accepted = { acceptedAtMs: t0, settings: limitOff, tooOld: false, userKeys: [userKey], checkoutId: null };
    const began = lifecycle('began', 0, { trials: [{ startsAtMs: t0, endsAtMs: t0 + 7 * day }] });
    const told = transition(carried, [{ kind: 'fact', fact: began, accepted }], t0 + 1);
    expect(told.state.payments['in_1']).toMatchObject({ phase: 'trial_start', progress: { state: 'delivering' } });
    const timedOut = transition(carried, [], t0 + stateWaitMs);
    expect(timedOut.state.payments['in_1']).toMatchObject({ phase: 'conversion', progress: { state: 'delivering' } });
  });

  it('it goes on: the payment at the end of a carried trial is the conversion', () => {
    const trial = { hasTrial: true, trialKind: 'free', trialStartsAtMs: t0, trialEndsAtMs: [t0 + 7 * day] } as const;
    const before = new Order().receives(payment('trial_start', 'in_0', 0, { amountMinor: 0 })).finish();
    const order = new Order();
    order.state = migrate(asV1(before.state, trial));
    order.receives(payment('renewal', 'in_1', 7, { periodStartMs: t0 + 7 * day })).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
  });
});

describe('a fact of version 1', () => {
  type Old = Parameters<typeof migrateFact>[0];
  const began = { kind: 'began', occurredAtMs: t0 } as const;

  it.each<[string, Old, object]>([
    ['a state without a trial', { ...began, trial: 'none' }, { ...began, trials: [] }],
    [
      'a state with one',
      { ...began, trial: { kind: 'free', endsAtMs: 5 } },
      { ...began, trials: [{ kind: 'free', endsAtMs: 5 }] },
    ],
    [
      'a payment that waits',
      payment('renewal', 'in_1', 0, { awaitsState: true } as object),
      payment('renewal', 'in_1', 0, { awaits: ['trial'] }),
    ],
    [
      'a one-off that waits',
      payment('one_off', 'pi_1', 0, { awaitsState: true } as object),
      payment('one_off', 'pi_1', 0, { awaits: ['order'] }),
    ],
    [
      'the payment of the checkout',
      payment('conversion', 'in_1', 0, { initial: true } as object),
      payment('conversion', 'in_1', 0, { occasion: 'start' }),
    ],
    [
      'a payment that does not wait',
      payment('renewal', 'in_1', 0, { awaitsState: false, initial: false } as object),
      payment('renewal', 'in_1', 0),
    ],
  ])('%s', (_, old, fact) => {
    expect(migrateFact(old)).toEqual(fact);
  });

  it.each([
    lifecycle('began', 0, { trials: [], tells: ['trial'] }),
    payment('conversion', 'in_1', 0, { awaits: ['buyer'], occasion: 'change', trial: true }),
    refund('in_1', 0),
  ])('of today stays as it is: %j', (fact) => {
    expect(migrateFact(fact)).toEqual(fact);
  });
});
