/** The accounts of providers: their webhook secrets and their APIs, from the environment and as operators entered them. */
import { Agent, fetch as pooledFetch } from 'undici';
import type { Config } from '../config/config';
import { integrationSources } from '../config/sources';
import { deepEqual } from '../domain/deep-equal';
import type { Taker } from '../domain/routing';
import type { Settings } from '../domain/settings';
import type { PspAdapter, PspApi, ReadingContext } from './adapter';
import { adapterOf, adapters } from '.';
import { storableApi } from './storable';
import type { AccountRef } from '../../workflows/contract';
import type { EnteredSecret } from '../store';

export interface PspAccounts {
  /** The adapter and secrets of a provider whose webhooks are on; null when it is unknown or off. */
  webhooks(integration: string, psp: string): { readonly adapter: PspAdapter; readonly secrets: readonly string[] } | null;
  /** The provider's API, read as this integration reads it; null when it has none or no key is configured. */
  api(account: AccountRef): Promise<PspApi | null>;
  /** The account that the integration takes of the provider: its own, or that of the one whose accounts it takes. */
  owner(account: AccountRef): AccountRef;
  /** The integrations that take the account, its owner first. */
  takers(account: AccountRef): readonly Taker[];
  /** The APIs of those takers that give prices other roles than the owner, so that what they read may differ. */
  otherReaders(account: AccountRef): Promise<readonly { readonly integration: string; readonly api: PspApi }[]>;
  /** Those of the environment, or of INTEGRATIONS_FILE, alone. */
  configured(account: AccountRef): AccountSecrets;
  /** The providers whose webhooks or API are on, also those of which it takes another's account. */
  on(integration: string): readonly string[];
  /** Those of its own. */
  own(integration: string): readonly string[];
  /** The accounts whose API renewal checks can read. */
  checked(): readonly AccountRef[];
  /** The accounts whose provider has an API, but for which no key is configured. */
  unchecked(): readonly AccountRef[];
  close(): Promise<void>;
}

export interface AccountSecrets {
  readonly webhook: readonly string[];
  readonly api: readonly string[];
}

/** The context of a reading: the roles that the merchant's settings give to prices. The same for webhooks and for the API. */
export function readingContext({ prices }: Pick<Settings, 'prices'>): ReadingContext {
  return { roleOf: (price) => (Object.hasOwn(prices, price) ? prices[price] : undefined) };
}

const answerMs = 30_000;

/** `entered` are the secrets that operators entered, as they are known now. */
export function createPspAccounts(
  config: Config,
  settings: (integration: string) => Promise<Settings>,
  entered: () => readonly EnteredSecret[],
): PspAccounts {
  const agent = new Agent({ headersTimeout: answerMs, bodyTimeout: answerMs, connect: { timeout: 10_000 } });
  // undici's own types, which are those of Node's fetch, differ from the DOM's in small things.
  const fetch = ((url: string | URL, init?: object) =>
    pooledFetch(url, { ...init, dispatcher: agent })) as unknown as typeof globalThis.fetch;
  const configOf = (integration: string, psp: string) => {
    const psps = config.integrations.find(({ id }) => id === integration)?.psps ?? {};
    return Object.hasOwn(psps, psp) ? psps[psp] : undefined;
  };
  const configured = ({ integration, psp }: AccountRef): AccountSecrets => {
    const { webhookSecrets = [], apiKeys = [] } = configOf(integration, psp) ?? {};
    return { webhook: webhookSecrets, api: apiKeys };
  };
  const secrets = (account: AccountRef): AccountSecrets => {
    const { webhook, api } = configured(account);
    const added = entered().filter(({ integration, psp }) => integration === account.integration && psp === account.psp);
    const of = (kind: EnteredSecret['kind']) => added.flatMap((one) => (one.kind === kind ? (one.secret ?? []) : []));
    return { webhook: [...webhook, ...of('webhook')], api: [...api, ...of('api')] };
  };
  const hasOwn = (account: AccountRef): boolean => {
    const { webhook, api } = secrets(account);
    return webhook.length + api.length > 0;
  };
  const owner = ({ integration, psp }: AccountRef): AccountRef => {
    const known = integrationSources(config.integrations, integration).find(({ id }) => hasOwn({ integration: id, psp }));
    return { integration: known?.id ?? integration, psp };
  };
  const taking = config.integrations.filter(({ from }) => from !== undefined);
  const takers = (account: AccountRef): readonly Taker[] => {
    const own = config.integrations.find(({ id }) => id === account.integration);
    const others = taking.filter(
      ({ id }) => id !== account.integration && owner({ ...account, integration: id }).integration === account.integration,
    );
    return [
      { integration: account.integration, only: own?.only ?? null },
      ...others.map(({ id, only = null }) => ({ integration: id, only })),
    ];
  };
  const api = async (account: AccountRef): Promise<PspApi | null> => {
    const { integration, psp } = account;
    const from = owner(account);
    const keys = secrets(from).api;
    const open = adapterOf(psp)?.api;
    if (!open || keys.length === 0) return null;
    const context = readingContext(await settings(integration));
    const baseUrl = configOf(from.integration, psp)?.apiUrl ?? null;
    return storableApi({ integration, psp }, open({ keys, baseUrl, context, fetch, nowMs: Date.now }));
  };
  const isChecked = (account: AccountRef): boolean =>
    adapterOf(account.psp)?.api !== undefined && secrets(account).api.length > 0;
  const askable = Object.values(adapters).filter(({ api }) => api !== undefined);
  const all = config.integrations.flatMap(({ id }) =>
    askable.map(({ manifest }): AccountRef => ({ integration: id, psp: manifest.name })),
  );
  return {
    webhooks(integration, psp) {
      const adapter = adapterOf(psp);
      const { webhook } = secrets({ integration, psp });
      return adapter && webhook.length > 0 ? { adapter, secrets: webhook } : null;
    },
    ...{ api, owner, takers },
    async otherReaders(account) {
      const { prices } = await settings(account.integration);
      const others = takers(account).slice(1);
      const readers = await Promise.all(
        others.map(async ({ integration }) => {
          if (deepEqual((await settings(integration)).prices, prices)) return [];
          const reader = await api({ ...account, integration });
          return reader ? [{ integration, api: reader }] : [];
        }),
      );
      return readers.flat();
    },
    configured,
    on: (integration) => Object.keys(adapters).filter((psp) => hasOwn(owner({ integration, psp }))),
    own: (integration) => Object.keys(adapters).filter((psp) => hasOwn({ integration, psp })),
    checked: () => all.filter(isChecked),
    unchecked: () => all.filter((account) => !isChecked(account)),
    close: () => agent.close(),
  };
}
