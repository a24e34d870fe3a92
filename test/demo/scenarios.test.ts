import { loadConfig } from '../../src/config/config';
import type { ConfigFiles } from '../../src/config/files';
import type { Expectation } from '../../demo/expectation';
import { limits } from '../../demo/expectation';
import type { Scenario } from '../../demo/scenarios';
import { lostScenariosOf, scenariosOf } from '../../demo/scenarios';
import type { Provider, StandIn } from '../../demo/provider';
import { providers } from '../../demo/providers';
import { adapterOf, adapters } from '../../src/psp';

const now = Date.UTC(2026, 10, 22, 12);
const names = providers.map(({ name }) => name);
const providerOf = (psp: string): Provider => providers.find(({ name }) => name === psp)!;
const played = (psp: string, limit: (typeof limits)[number]) => scenariosOf(providerOf(psp), limit, now);

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

describe.each(names)('the scenarios of %s', (psp) => {
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
      free_trial: [providerOf(psp).freeTrialHasNoValue ? null : 0, 19.99, 19.99],
      paid_trial: [1, 29.99, 29.99],
      lifetime: [89],
    });
  });

  it('are told by webhooks, with the noise between them, in the order in which it happened', () => {
    for (const { told, lost } of played(psp, 'off')) {
      expect(lost).toEqual([]);
      const times = told.flatMap(({ payment, atMs }) => (payment ? [atMs] : []));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(told.every(({ atMs }) => Number.isFinite(atMs) && atMs <= now)).toBe(true);
    }
  });
});

describe('what the webhooks are', () => {
  const standIns: StandIn[] = [];
  const secrets = new Map<string, readonly string[]>();
  beforeAll(async () => {
    const variables: Record<string, string> = {};
    for (const provider of providers) {
      const standIn = await provider.api?.start();
      if (standIn) standIns.push(standIn);
      Object.assign(variables, provider.environment(standIn?.url ?? ''));
    }
    const files: ConfigFiles = { read: () => null, keepSecrets: (_path, made) => JSON.stringify(made) };
    const [integration] = loadConfig(variables, 'all', files).integrations;
    for (const name of names) secrets.set(name, integration?.psps[name]?.webhookSecrets ?? []);
  });
  afterAll(() => Promise.all(standIns.map((standIn) => standIn.close())));

  it.each(names)('%s: the service believes them as they are configured, and only as they are', async (psp) => {
    const verify = async (body: string, headers: Readonly<Record<string, string>>) =>
      adapterOf(psp)?.verify(Buffer.from(body), headers, secrets.get(psp) ?? [], { nowMs: now, fetch });
    // PayPal is not asked about more than a few forged webhooks.
    const forged = played(psp, 'off')
      .flatMap(({ told }) => told)
      .slice(0, 5);
    for (const { told } of played(psp, 'off'))
      for (const { body, headers } of told) expect(await verify(body, headers)).toEqual({ ok: true });
    for (const { body, headers } of forged) {
      // RevenueCat signs nothing: its header is the secret.
      if (psp !== 'revenuecat') expect(await verify(`${body} `, headers)).toMatchObject({ ok: false });
      expect(await verify(body, {})).toMatchObject({ ok: false });
    }
  });
});

describe.each(names)('the lost webhooks of %s', (psp) => {
  const provider = providerOf(psp);
  const scenarios = lostScenariosOf(provider, now);
  const lostPhases = (scenario: Scenario): string[] => scenario.lost.flatMap(({ payment }) => payment?.phase ?? []);

  it('are those of a buyer of each type, if there is an API to ask; where it tells dates, of a conversion, too', () => {
    const unheardOf = [
      ['subscription', [], ['conversion']],
      ['free_trial', [], ['trial_start']],
      ['paid_trial', [], ['trial_start']],
      ['lifetime', [], ['conversion']],
    ];
    const overdue = ['free_trial', ['trial_start'], ['conversion']];
    const expected = !adapterOf(psp)?.api ? [] : provider.api?.tellsDueDates ? [...unheardOf, overdue] : unheardOf;
    const shown = scenarios.map((scenario) => [
      scenario.type,
      scenario.told.flatMap(({ payment }) => payment?.phase ?? []),
      lostPhases(scenario),
    ]);
    expect(shown).toEqual(expected);
  });

  it('are of payments that have happened, and are expected to be sent', () => {
    for (const { lost, expectations } of scenarios) {
      expect(lost.every(({ atMs }) => atMs <= now)).toBe(true);
      expect(expectations.map(({ outcome, scene }) => [outcome, scene])).toEqual(expectations.map(() => ['sent', 'lost']));
      expect(expectations.filter(({ isLost }) => isLost)).toHaveLength(1);
    }
  });
});

it('covers every provider that the service can read', () => {
  expect([...names].sort()).toEqual(Object.keys(adapters).sort());
});

it('gives every provider a currency of its own', () => {
  expect(new Set(providers.map(({ currency }) => currency)).size).toBe(names.length);
});

it('uses every buyer, payment and event id once', () => {
  const scenarios = names.flatMap((psp) => [
    ...limits.flatMap((limit) => played(psp, limit)),
    ...lostScenariosOf(providerOf(psp), now),
  ]);
  const all = scenarios.flatMap(({ expectations }) => expectations);
  expect(new Set(all.map(({ event }) => event.id)).size).toBe(all.length);
  expect(new Set(all.map(({ psp, moneyId }) => `${psp} ${moneyId}`)).size).toBe(all.length);
  expect(new Set(all.map(({ event }) => event.externalId)).size).toBe(scenarios.length);
});

it('leaves out what is not sold somewhere', () => {
  const provider: Provider = {
    ...providerOf('stripe'),
    remark: { text: 'sells no one-offs', unsold: ['lifetime', 'free_trial'] },
  };
  expect(scenariosOf(provider, 'on', now).map(({ type }) => type)).toEqual(['subscription', 'paid_trial']);
  expect(lostScenariosOf(provider, now).map(({ type }) => type)).toEqual(['subscription', 'paid_trial']);
});

it('refuses a scenario that lacks a phase of the table', () => {
  const provider = providerOf('stripe');
  const shortened: Provider = {
    ...provider,
    webhooksOf: (sale, nowMs) => ({ order: 'x', webhooks: provider.webhooksOf(sale, nowMs).webhooks.slice(0, 3) }),
  };
  expect(() => scenariosOf(shortened, 'off', now)).toThrow('the table has');
});
