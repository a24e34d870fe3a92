/** Bodies as Paddle sent or documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paddle } from '../../../src/psp/paddle';
import { withoutBought } from '../../support/without-bought';
import { withoutMetadata } from '../../support/without-metadata';

const folder = join(__dirname, '../../../../shared/fixtures/psp/paddle');
const context = { roleOf: () => undefined };

const subscription = 'sub_01hv8x29kz0t586xy6zn1a62ny';
const identity = { customerId: 'ctm_01hv6y1jedq4p1n0yqn5ba3ky4' };
const tracked = { ...identity, userId: 'usr_42', ttclid: 'E.C.P.CqgBdemo', ttp: '2N0demoTtpCookie' };
const ms = (text: string): number => Date.parse(text);
const trial = { startsAtMs: ms('2024-04-12T11:30:29.637Z'), endsAtMs: ms('2024-04-26T11:30:29.637Z') };
const [monthly, addOn, custom] = [
  'pri_01gsz8x8sawmvhz1pv30nge1ke',
  'pri_01h1vjfevh5etwq3rb416a23h2',
  'pri_01gsz98e27ak2tyhexptwc58yk',
];

const expected: Readonly<Record<string, object>> = {
  'adjustment.created.json': { kind: 'ignored', reason: 'no money went back: refund, pending_approval' },
  'subscription.activated.json': told({
    kind: 'updated',
    occurredAtMs: ms('2024-04-12T10:18:48.831Z'),
    nextDueAtMs: ms('2024-05-12T10:18:47.635Z'),
  }),
  'subscription.canceled.json': told({ kind: 'ended', occurredAtMs: ms('2024-04-12T11:24:54.868Z') }),
  'subscription.created.json': told({ kind: 'began', occurredAtMs: ms('2024-04-12T10:18:47.635Z'), trials: [] }),
  'subscription.trialing.json': told({ kind: 'began', occurredAtMs: ms('2024-04-12T11:30:29.637Z'), trials: [trial] }),
  'transaction.completed.free_trial_start.json': told(
    {
      kind: 'trial_start',
      moneyId: 'txn_01derivedzerotrial0000000',
      occurredAtMs: ms('2024-04-12T10:18:48.294Z'),
      amountMinor: 0,
      netMinor: 0,
      regularMinor: 40000,
      currency: 'USD',
      inferredType: 'free_trial',
      occasion: 'start',
      lines: [
        { amountMinor: 0, of: 'period', trial: true, items: [monthly] },
        { amountMinor: 0, of: 'period', trial: true, items: [addOn] },
        { amountMinor: 0, of: 'once', items: [custom] },
      ],
      periodStartMs: ms('2024-04-12T10:18:47.635Z'),
      periodEndMs: ms('2024-04-26T10:18:47.635Z'),
    },
    tracked,
  ),
  'transaction.completed.json': told({
    kind: 'conversion',
    moneyId: 'txn_01hv8wptq8987qeep44cyrewp9',
    occurredAtMs: ms('2024-04-12T10:18:47.635Z'),
    amountMinor: 65215,
    netMinor: 59900,
    regularMinor: 40000,
    currency: 'USD',
    inferredType: 'subscription',
    occasion: 'start',
    lines: [
      { amountMinor: 30000, of: 'period', trial: false, items: [monthly] },
      { amountMinor: 10000, of: 'period', trial: false, items: [addOn] },
      { amountMinor: 19900, of: 'once', items: [custom] },
    ],
    periodStartMs: ms('2024-04-12T10:18:47.635Z'),
    periodEndMs: ms('2024-05-12T10:18:47.635Z'),
  }),
  'transaction.completed.paid_trial_start.json': told(
    {
      kind: 'trial_start',
      moneyId: 'txn_01derivedpaidtrial0000000',
      occurredAtMs: ms('2024-04-12T10:18:47.635Z'),
      amountMinor: 100,
      netMinor: 92,
      regularMinor: 3000,
      currency: 'USD',
      inferredType: 'paid_trial',
      occasion: 'start',
      // The line of the sample that this one was derived from still has the regular price.
      lines: [{ amountMinor: 30000, of: 'period', trial: true, items: [monthly] }],
      periodStartMs: ms('2024-04-12T10:18:47.635Z'),
      periodEndMs: ms('2024-04-19T10:18:47.635Z'),
    },
    tracked,
  ),
  'transaction.completed.renewal.json': told(
    {
      kind: 'renewal',
      moneyId: 'txn_01hywqfe6yxhxcsfb4ays8mqt3',
      occurredAtMs: ms('2024-05-27T09:53:04.956Z'),
      amountMinor: 950,
      netMinor: 792,
      currency: 'GBP',
      occasion: 'cycle',
      lines: [{ amountMinor: 792, of: 'period', trial: false, items: ['pri_01hszn72dfz9mef1n7f9atmt14'] }],
      periodStartMs: ms('2024-05-27T09:52:50.189Z'),
      periodEndMs: ms('2024-06-27T09:52:50.189Z'),
    },
    { customerId: 'ctm_01hszn72m8kqyqm8g1jxwxc3t3' },
    'sub_01hszn787vc5vkkdah3rtd4nft',
  ),
  'transaction.past_due.json': told({
    kind: 'payment_failed',
    moneyId: 'txn_01hv8xbtmb6zc7c264ycteehth',
    occurredAtMs: ms('2024-04-12T10:23:59.430Z'),
    amountMinor: 43549,
    currency: 'USD',
  }),
  'transaction.payment_failed.json': { kind: 'ignored', reason: 'an attempt in a checkout, which may still succeed' },
};

function told(fact: object, who: object = identity, of = subscription): object {
  return { kind: 'facts', facts: [{ fact, subscription: of, identity: who, paymentIds: [] }] };
}

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("Paddle's samples", () => {
  it('are all named here', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (name) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    expect(withoutBought(withoutMetadata(paddle.read(body, context)))).toEqual(expected[name]);
    expect(paddle.isTestMode(body)).toBeNull();
    expect(name).toContain(paddle.typeOf(body));
  });
});
