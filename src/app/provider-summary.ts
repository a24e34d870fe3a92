/** What a process logs at start of the providers: which are on, with how many secrets. Those that operators entered count. */
import { adapters } from '../psp';
import type { PspAccounts } from '../psp/accounts';

type Accounts = Pick<PspAccounts, 'webhooks' | 'checked' | 'on' | 'owner'>;

/** Lines for the log: one for each provider that is on, and one for all others. With several integrations each has its own. */
export function providerSummary(accounts: Accounts, integrations: readonly string[]): readonly string[] {
  const isAlone = integrations.length === 1 && integrations[0] === 'default';
  return integrations.flatMap((id) => ofIntegration(accounts, id).map((line) => (isAlone ? line : `${id}: ${line}`)));
}

function ofIntegration(accounts: Accounts, integration: string): readonly string[] {
  const checked = accounts.checked().filter((account) => account.integration === integration);
  const providers = Object.keys(adapters).map((psp) => ({
    psp,
    secrets: accounts.webhooks(integration, psp)?.secrets.length ?? 0,
    hasApi: checked.some((account) => account.psp === psp),
  }));
  const taken = accounts
    .on(integration)
    .map((psp) => accounts.owner({ integration, psp }))
    .filter((account) => account.integration !== integration);
  const isOff = ({ psp, secrets, hasApi }: (typeof providers)[number]): boolean =>
    secrets === 0 && !hasApi && !taken.some((account) => account.psp === psp);
  const off = providers.filter(isOff).map(({ psp }) => psp);
  return [
    ...providers
      .filter((one) => !isOff(one))
      .map(({ psp, secrets, hasApi }) => {
        const account = taken.find((one) => one.psp === psp);
        if (account) return `${psp}: on, the account of ${account.integration}`;
        const webhooks = secrets > 0 ? `on, webhook secrets ${secrets}` : 'webhooks off, no webhook secret';
        return `${psp}: ${webhooks}, API key ${hasApi ? 'present' : 'absent'}`;
      }),
    ...(off.length > 0 ? [`off, no secrets: ${off.join(', ')}`] : []),
  ];
}
