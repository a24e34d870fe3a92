/** What a process logs of the providers at start: a secret of the first start, or of the console, makes one on as well as the environment. */
import { providerSummary } from '../../src/app/provider-summary';
import { makeFirstSecret } from '../../src/application/first-secret';
import type { Config } from '../../src/config/config';
import { createPspAccounts } from '../../src/psp/accounts';
import type { EnteredSecret } from '../../src/store';

const others = 'funnelfox, lemonsqueezy, paddle, paypal, primer, revenuecat, solidgate, stripe';

const configOf = (psps: Config['integrations'][number]['psps'], ...more: readonly string[]) =>
  ({ kind: 'all', liveMode: false, integrations: ['default', ...more].map((id) => ({ id, psps })) }) as unknown as Config; // what is read of it

function summaryOf(config: Config, entered: readonly EnteredSecret[]): readonly string[] {
  const accounts = createPspAccounts(
    config,
    () => Promise.reject(new Error('is not asked')),
    () => entered,
  );
  return providerSummary(
    accounts,
    config.integrations.map(({ id }) => id),
  );
}

it('says of a first start that the generic webhook is on, with the secret that was made for it', async () => {
  const made: EnteredSecret[] = [];
  const config = configOf({});
  await makeFirstSecret(config, { all: async () => made, add: async (secret) => (made.push(secret), true) }, 0);
  expect(summaryOf(config, made)).toEqual(['generic: on, webhook secrets 1, API key absent', `off, no secrets: ${others}`]);
  expect(summaryOf(config, made).join()).not.toContain(made[0]?.secret);
});

it('says which are on, by which part', () => {
  const paddle = {
    integration: 'default',
    psp: 'paddle',
    kind: 'api',
    id: 'k',
    secret: 'key',
    addedBy: 'anna',
    addedAtMs: 0,
  } as const;
  const config = configOf({ stripe: { webhookSecrets: ['whsec_a', 'whsec_b'], apiKeys: ['rk_hush'], apiUrl: null } });
  expect(summaryOf(config, [paddle])).toEqual([
    'paddle: webhooks off, no webhook secret, API key present',
    'stripe: on, webhook secrets 2, API key present',
    'off, no secrets: funnelfox, generic, lemonsqueezy, paypal, primer, revenuecat, solidgate',
  ]);
});

it('names the integration where there are several', () => {
  expect(summaryOf(configOf({}, 'quiz'), [])).toEqual([
    `default: off, no secrets: ${withGeneric}`,
    `quiz: off, no secrets: ${withGeneric}`,
  ]);
});

const withGeneric = others.replace('funnelfox, ', 'funnelfox, generic, ');
