/** What operators say: send again, skip; and what comes of it in each state (product.md, section 6). */
import { isAtRest } from '../../src/domain/transition';
import { suppressedByConsent, refused, cancelled, lifecycle, limitOn, Order, payment, refund } from '../support/order-scenario';

const start = payment('conversion', 'in_0', 0);
const it_ = payment('renewal', 'in_1', 30);

/** An order whose payment `in_1` is in each state that a payment can be in. */
const inState = {
  waiting: () =>
    new Order()
      .receives(start)
      .finish()
      .receives({ ...it_, awaits: ['order'] }),
  delivering: () => new Order().receives(start).finish().receives(it_),
  sent: () => new Order().receives(start, it_).finish(),
  suppressed_limited: () => new Order('sub_1', undefined, limitOn).receives(start, it_).finish(),
  suppressed_too_old: () => new Order().receives(start).receivesWith({ tooOld: true }, it_).finish(),
  suppressed_consent: () => new Order().receives(start).finish().receives(it_).finish(suppressedByConsent),
  proration: () =>
    new Order()
      .receives(start)
      .finish()
      .receives({ ...it_, kind: 'other_charge', otherCharge: 'proration' }),
  zero_amount: () =>
    new Order()
      .receives(start)
      .finish()
      .receives({ ...it_, amountMinor: 0 }),
  refunded: () => new Order().receives(start).finish().receives(it_, refund('in_1', 31)),
  ignored_price: () =>
    new Order()
      .receives(start)
      .finish()
      .receives({ ...it_, role: 'ignore' }),
  payment_failed: () =>
    new Order()
      .receives(start)
      .finish()
      .receives(lifecycle('payment_failed', 30, { moneyId: 'in_1' })),
  needs_attention: () => new Order().receives(start).finish().receives(it_).finish(refused),
  skipped: () => new Order().receives(start).finish().receives(it_).finish(refused).skip('in_1', 'bert'),
} as const satisfies Record<string, () => Order>;
type StateName = keyof typeof inState;

describe('an operator’s resend always sends', () => {
  it.each<[StateName, string]>([
    ['waiting', 'renewal sent'],
    ['sent', 'renewal sent'],
    ['suppressed_limited', 'renewal sent'],
    ['suppressed_too_old', 'renewal sent'],
    ['suppressed_consent', 'renewal sent'],
    ['proration', 'sent'],
    ['zero_amount', 'renewal sent'],
    ['refunded', 'renewal sent'],
    ['ignored_price', 'sent'],
    ['needs_attention', 'renewal sent'],
    ['skipped', 'renewal sent'],
  ])('what was %s', (state, outcome) => {
    const order = inState[state]();
    const before = order.sent.length;
    order.resend('in_1', 'anna');
    expect(order.underWay.map(({ record, byOperator }) => [record.moneyId, byOperator])).toEqual([['in_1', true]]);
    expect(order.cancelled).toEqual([]);
    expect(order.finish().outcomes()['in_1']).toBe(outcome);
    expect(order.sent.length).toBe(before + 1);
    expect(order.records()['in_1']).toMatchObject({ by: 'anna', lastError: null, sentAtMs: expect.any(Number) as number });
  });

  it('except what is being sent, which needs no second sender', () => {
    expect(inState.delivering().resend('in_1').underWay).toHaveLength(1);
  });

  it('except what was never paid', () => {
    expect(inState.payment_failed().resend('in_1').underWay).toHaveLength(0);
  });

  it.each(['in_9', '', '__proto__', 'constructor'])('an unknown payment changes nothing: %j', (moneyId) => {
    const order = inState.sent();
    const before = order.state;
    expect(order.resend(moneyId).skip(moneyId).state).toEqual(before);
  });

  it('with the event id of the first time', () => {
    const order = inState.sent().resend('in_1').finish();
    expect(order.sent.map(({ record }) => record.eventId)).toEqual(['stripe:in_0', 'stripe:in_1', 'stripe:in_1']);
  });

  it('shows who did it while it is being sent', () => {
    const order = inState.needs_attention().resend('in_1', 'anna');
    expect(order.records()['in_1']).toMatchObject({ state: 'pending', by: 'anna', lastError: { type: 'TikTokUnauthorized' } });
  });

  it('takes the first purchase if nobody holds it, and is never denied it', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(payment('renewal', 'in_1', 30)).resend('in_1');
    expect(order.underWay[0]?.claim).toBe('take_if_free');
    expect(inState.suppressed_limited().resend('in_1').underWay[0]?.claim).toBeNull();
  });

  it('that is refused needs attention again', () => {
    const order = inState.suppressed_limited().resend('in_1').finish(refused);
    expect(order.records()['in_1']).toMatchObject({
      state: 'needs_attention',
      by: null,
      lastError: { type: 'TikTokUnauthorized' },
    });
  });

  it('is not undone by a repetition of the payment', () => {
    const order = inState.suppressed_limited().resend('in_1').finish().receives(it_).finish();
    expect(order.outcomes()['in_1']).toBe('renewal sent');
    expect(order.sent).toHaveLength(2);
  });
});

describe('an operator’s skip', () => {
  it.each<[StateName, string]>([
    ['waiting', 'renewal skipped wrong price'],
    // What is not to be sent needs no skipping.
    ['suppressed_limited', 'renewal suppressed limited'],
    ['suppressed_too_old', 'renewal suppressed too_old'],
    ['suppressed_consent', 'renewal suppressed consent'],
    ['proration', 'not_a_purchase proration'],
    ['zero_amount', 'renewal not_a_purchase zero_amount'],
    ['refunded', 'renewal not_a_purchase refunded_before_sent'],
    ['ignored_price', 'not_a_purchase ignored_price'],
    ['needs_attention', 'renewal skipped wrong price'],
    ['skipped', 'renewal skipped'],
    ['sent', 'renewal sent'],
    ['payment_failed', 'not_a_purchase payment_failed'],
  ])('of what was %s: %s', (state, outcome) => {
    const order = inState[state]().skip('in_1', 'anna', 'wrong price');
    expect(order.outcomes()['in_1']).toBe(outcome);
    expect(order.underWay).toEqual([]);
  });

  it('never takes back what was sent before, also when sending it again is refused or stopped', () => {
    for (const end of [refused, cancelled]) {
      const order = inState.sent();
      const before = order.records()['in_1'];
      order.resend('in_1').finish(end);
      expect(order.records()['in_1']).toMatchObject({ state: 'sent', requestId: before?.requestId, sentAtMs: before?.sentAtMs });
      expect(order.table.get('in_1')).toEqual(order.records()['in_1']);
    }
  });

  it('says by whom', () => {
    expect(inState.needs_attention().skip('in_1', 'anna').records()['in_1']).toMatchObject({
      state: 'skipped',
      by: 'anna',
      reason: null,
    });
  });

  it('asks a report that is under way to stop, once, and is done when it has', () => {
    const order = inState.delivering().skip('in_1', 'anna').skip('in_1', 'bert');
    expect(order.cancelled).toEqual(['in_1']);
    expect(order.outcomes()['in_1']).toBe('renewal pending');
    order.finish(cancelled);
    expect(order.records()['in_1']).toMatchObject({ state: 'skipped', by: 'anna' });
  });

  it.each([
    ['got through after all', undefined, 'renewal sent'],
    ['was refused', refused, 'renewal skipped'],
    ['was kept back by consent', suppressedByConsent, 'renewal skipped'],
  ])('of a report that %s: %s', (_how, end, outcome) => {
    expect(inState.delivering().skip('in_1').finish(end).outcomes()['in_1']).toBe(outcome);
  });

  it('stays: neither a repetition nor a late fact has it sent', () => {
    const order = inState
      .needs_attention()
      .skip('in_1')
      .receives(it_)
      .receives(payment('trial_start', 'in_x', -7, { amountMinor: 0 }))
      .finish();
    expect(order.records()['in_1']?.state).toBe('skipped');
  });
});

describe('a sent purchase that an operator resends', () => {
  it.each([
    ['is refused', refused],
    ['is suppressed', suppressedByConsent],
    ['is cancelled', cancelled],
  ])('stays sent, here and in the table, when the second delivery %s', (_how, end) => {
    const order = inState.sent().resend('in_1').finish(end);
    expect(order.records()['in_1']?.state).toBe('sent');
    expect(order.table.get('in_1')?.state).toBe('sent');
  });
});

describe('a report that was cancelled in the Temporal UI', () => {
  it('is shown as skipped, and by what', () => {
    expect(inState.delivering().finish(cancelled).records()['in_1']).toMatchObject({
      state: 'skipped',
      by: 'temporal',
      reason: 'the report was cancelled',
    });
  });
});

describe('one step resends all that need attention', () => {
  const refusedWith = (type: string) => (): Parameters<Order['finish']>[0] => (order) => ({
    kind: 'failed',
    error: { type, code: null, message: type },
    holder: null,
    attempts: order.record.attempts + 1,
  });
  const unauthorized = refusedWith('TikTokUnauthorized')();
  const rejected = refusedWith('TikTokRejected')();

  const parked = (): Order =>
    new Order()
      .receives(start)
      .finish(unauthorized)
      .receives(it_)
      .finish(rejected)
      .receives(payment('renewal', 'in_2', 60))
      .finish(unauthorized)
      .receives(payment('renewal', 'in_3', 90))
      .finish()
      .receives(payment('renewal', 'in_4', 120))
      .finish(rejected)
      .skip('in_4');

  const resent = (error?: string): string[] =>
    parked()
      .applies([{ kind: 'resend_all', by: 'anna', ...(error === undefined ? {} : { error }) }])
      .underWay.map(({ record }) => record.moneyId);

  it('in the order in which they happened, and nothing else', () => {
    expect(resent()).toEqual(['in_0', 'in_1', 'in_2']);
  });

  it.each([
    ['TikTokUnauthorized', ['in_0', 'in_2']],
    ['TikTokRejected', ['in_1']],
    ['DeliveryExpired', []],
    ['', []],
    ['tiktokunauthorized', []],
  ])('or those of one error: %s', (error, moneyIds) => {
    expect(resent(error)).toEqual(moneyIds);
  });

  it('when an operator resends it', () => {
    const order = parked().applies([{ kind: 'resend_all', by: 'anna' }]);
    expect(order.underWay.every(({ byOperator, record }) => byOperator && record.by === 'anna')).toBe(true);
  });
});

describe('one bad report holds up nothing', () => {
  it('what comes after it is sent', () => {
    const order = inState
      .needs_attention()
      .receives(payment('renewal', 'in_2', 60))
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'conversion sent', in_1: 'renewal needs_attention', in_2: 'renewal sent' });
  });

  it('a slow delivery of one payment does not delay another', () => {
    const order = inState.delivering().receives(payment('renewal', 'in_2', 60));
    expect(order.finishDelivery('in_2').outcomes()).toEqual({
      in_0: 'conversion sent',
      in_1: 'renewal pending',
      in_2: 'renewal sent',
    });
  });
});

describe('an order is at rest', () => {
  it.each<[StateName, boolean]>([
    ['waiting', false],
    ['delivering', false],
    ['needs_attention', false],
    ['sent', true],
    ['suppressed_limited', true],
    ['proration', true],
    ['payment_failed', true],
    ['skipped', true],
  ])('while its payment is %s: %s', (state, atRest) => {
    expect(isAtRest(inState[state]().state)).toBe(atRest);
  });
});

describe('a result that no delivery waits for', () => {
  it('changes nothing', () => {
    const order = inState.sent();
    const before = order.state;
    const late = { kind: 'suppressed', reason: 'consent', holder: null, attempts: 0 } as const;
    order.applies([{ kind: 'delivery_result', moneyId: 'in_1', result: late }]);
    order.applies([{ kind: 'delivery_result', moneyId: 'in_9', result: late }]);
    expect(order.state).toEqual(before);
  });
});
