import type { Expectation } from '../../src/demo/expectation';
import { limits } from '../../src/demo/expectation';
import { playsOf } from '../../src/demo/plays';
import type { Provider } from '../../src/demo/providers';
import { providers } from '../../src/demo/providers';
import { adapterOf, adapters } from '../../src/psp';

const now = Date.UTC(2026, 10, 22, 12);
const names = providers.map(({ name }) => name);
const played = (psp: string, limit: (typeof limits)[number]) =>
  playsOf(
    providers.find(({ name }) => name === psp)!,
    limit,
    now,
  );

/** The tables of product.md, as they stand there. */
const tables = {
  off: {
    subscription: ['conversion Purchase', 'renewal Purchase'],
    free_trial: ['trial_start Purchase', 'conversion Purchase', 'renewal Purchase'],
    paid_trial: ['trial_start Purchase', 'conversion Purchase', 'renewal Purchase'],
    lifetime: ['conversion Purchase'],
  },
  on: {
    subscription: ['conversion Purchase', 'renewal –'],
    free_trial: ['trial_start Purchase', 'conversion Purchase', 'renewal –'],
    paid_trial: ['trial_start Purchase', 'conversion –', 'renewal –'],
    lifetime: ['conversion Purchase'],
  },
};
const cellText = ({ phase, outcome }: Expectation): string => `${phase} ${outcome === 'sent' ? 'Purchase' : '–'}`;

describe.each(names)('the plays of %s', (psp) => {
  it.each(limits)('expect the table of the policy, with the limit %s', (limit) => {
    const table = Object.fromEntries(played(psp, limit).map(({ type, expectations }) => [type, expectations.map(cellText)]));
    expect(table).toEqual(tables[limit]);
  });

  it('expect the checkout’s id for the first phase, and one of the payment’s for the others', () => {
    for (const { type, expectations } of played(psp, 'off'))
      expect(expectations.map(({ event }) => event.id)).toEqual(
        expectations.map(({ moneyId }, index) => (index === 0 ? `checkout_${psp}_off_${type}` : `${psp}:${moneyId}`)),
      );
  });

  it('expect what is charged, nothing for a free trial, and a price of its own for each type', () => {
    const values = Object.fromEntries(
      played(psp, 'on').map(({ type, expectations }) => [type, expectations.map(({ event }) => event.value)]),
    );
    expect(values).toEqual({
      subscription: [9.99, 9.99],
      free_trial: [0, 19.99, 19.99],
      paid_trial: [1, 29.99, 29.99],
      lifetime: [89],
    });
  });

  it('are told by webhooks that the adapter believes, and only as they are', () => {
    const provider = providers.find(({ name }) => name === psp)!;
    const secrets = Object.values(provider.environment);
    for (const { life } of played(psp, 'off'))
      for (const { body, headers } of life.webhooks) {
        expect(adapterOf(psp)?.verify(Buffer.from(body), headers, secrets, now)).toEqual({ ok: true });
        expect(adapterOf(psp)?.verify(Buffer.from(`${body} `), headers, secrets, now)).toMatchObject({ ok: false });
      }
  });
});

it('plays providers that the service can read', () => {
  for (const name of names) expect(Object.keys(adapters)).toContain(name);
});

it('plays every buyer, payment and event id once', () => {
  const all = limits.flatMap((limit) => names.flatMap((psp) => played(psp, limit).flatMap(({ expectations }) => expectations)));
  expect(new Set(all.map(({ event }) => event.id)).size).toBe(all.length);
  expect(new Set(all.map(({ psp, moneyId }) => `${psp} ${moneyId}`)).size).toBe(all.length);
  expect(new Set(all.map(({ event }) => event.externalId)).size).toBe(limits.length * names.length * 4);
});

it('refuses to play a life that lacks a phase of the table', () => {
  const provider = providers[0]!;
  const shortened: Provider = {
    ...provider,
    life: (sale, nowMs) => ({ order: 'x', webhooks: provider.life(sale, nowMs).webhooks.slice(0, 3) }),
  };
  expect(() => playsOf(shortened, 'off', now)).toThrow('the table has');
});
