import type { SeenRecord, Service } from '../../demo/run-scenarios';
import { Notes, paymentKey, runScenario, runLostScenarios } from '../../demo/run-scenarios';
import { lostScenariosOf, scenariosOf } from '../../demo/scenarios';
import type { Webhook } from '../../demo/provider';
import { providers } from '../../demo/providers';

const now = Date.UTC(2026, 10, 22, 12);
const stripe = providers.find(({ name }) => name === 'stripe')!;
const moneyIdsOf = (webhooks: readonly Webhook[]): string[] => webhooks.flatMap(({ payment }) => payment?.moneyId ?? []);

/** A service that settles what it is told, and finds with a check what the provider has, from the n-th check on. */
function service({ findsFrom = 1, error = null as string | null } = {}) {
  const said: string[] = [];
  const sent = new Set<string>();
  const known = new Set<string>();
  let checks = 0;
  const fake: Service = {
    async deliver(_psp, { payment }) {
      said.push(payment ? `webhook ${payment.moneyId}` : 'noise');
      if (payment) sent.add(payment.moneyId);
      return payment ? [{ moneyId: payment.moneyId }] : [];
    },
    records: async () => [...sent].map((moneyId): SeenRecord => ({ moneyId, state: 'sent', reason: null, lastError: null })),
    tell: (_psp, webhooks) => moneyIdsOf(webhooks).forEach((id) => known.add(id)),
    async check(psp) {
      said.push(`check ${psp}`);
      checks += 1;
      if (checks >= findsFrom) known.forEach((id) => sent.add(id));
      return error;
    },
  };
  const notes = new Notes();
  const run = { service: fake, notes, signal: new AbortController().signal, deadlineMs: Date.now() + 100 };
  return { said, known, notes, run };
}

it('delivers a life in order, then every payment once more, and the provider’s API knows it', async () => {
  const scenario = scenariosOf(stripe, 'off', now).find(({ type }) => type === 'free_trial')!;
  const { said, known, notes, run } = service();
  await runScenario(scenario, run);
  const payments = moneyIdsOf(scenario.told).map((id) => `webhook ${id}`);
  expect(said.filter((one) => one !== 'noise')).toEqual([...payments, ...payments]);
  expect([...known]).toEqual(moneyIdsOf(scenario.told));
  expect(notes.webhooks).toBe(scenario.told.length + 3);
  expect([...notes.records.keys()].sort()).toEqual(scenario.expectations.map(paymentKey).sort());
});

it('tells the API alone what is lost, and has it looked for', async () => {
  const scenarios = lostScenariosOf(stripe, now);
  const { said, notes, run } = service();
  await runLostScenarios(scenarios, run);
  const told = scenarios.flatMap((scenario) => moneyIdsOf(scenario.told));
  expect(said.filter((one) => one.startsWith('webhook'))).toEqual([...told, ...told].map((id) => `webhook ${id}`));
  expect(said.filter((one) => one.startsWith('check'))).toEqual(['check stripe']);
  expect(said.at(-1)).toBe('check stripe');
  for (const { expectations } of scenarios)
    for (const expectation of expectations) {
      expect(notes.records.get(paymentKey(expectation))?.state).toBe('sent');
      expect(notes.toldAtMs.has(paymentKey(expectation))).toBe(!expectation.isLost);
    }
});

it.each([
  ['finds it the second time', 2, true],
  ['never finds it', 9, false],
])('looks once more, and no more than that, when a check %s', async (_, findsFrom, isFound) => {
  const scenarios = lostScenariosOf(stripe, now).slice(0, 4);
  const { said, notes, run } = service({ findsFrom });
  await runLostScenarios(scenarios, run);
  expect(said).toEqual(['check stripe', 'check stripe']);
  expect(notes.records.size > 0).toBe(isFound);
});

it('notes why a check failed', async () => {
  const { notes, run } = service({ error: 'PspUnauthorized: the key was refused' });
  await runLostScenarios(lostScenariosOf(stripe, now).slice(0, 1), run);
  expect([...notes.checkErrors]).toEqual([['stripe', 'PspUnauthorized: the key was refused']]);
});

it('asks nobody who has no API', async () => {
  const { said, run } = service();
  await runLostScenarios([], run);
  expect(said).toEqual([]);
});
