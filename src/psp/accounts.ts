/** The accounts of providers: their webhook secrets and their APIs, from the environment and as operators entered them. */
import { Agent, fetch as pooledFetch } from 'undici';
import type { Config } from '../config/config';
import type { Settings } from '../domain/settings';
import type { PspAdapter, PspApi, ReadingContext } from './adapter';
import { adapterOf, adapters } from '.';
import { storableApi } from './storable';
import type { AccountRef } from '../../workflows/contract';
import type { EnteredSecret } from '../store';

export interface PspAccounts {
  /** The adapter and secrets of a provider whose webhooks are on; null when it is unknown or off. */
  webhooks(integration: string, psp: string): { readonly adapter: PspAdapter; readonly secrets: readonly string[] } | null;
  /** The provider's API; null when it has none or no key is configured. */
  api(account: AccountRef): Promise<PspApi | null>;
  /** Those of the environment, or of INTEGRATIONS_FILE, alone. */
  configured(account: AccountRef): AccountSecrets;
  /** The providers whose webhooks or API are on. */
  on(integration: string): readonly string[];
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
    async api({ integration, psp }) {
      const keys = secrets({ integration, psp }).api;
      const open = adapterOf(psp)?.api;
      if (!open || keys.length === 0) return null;
      const context = readingContext(await settings(integration));
      const baseUrl = configOf(integration, psp)?.apiUrl ?? null;
      const api = open({ keys, baseUrl, context, fetch, nowMs: Date.now });
      return storableApi({ integration, psp }, api);
    },
    configured,
    on: (integration) =>
      Object.keys(adapters).filter((psp) => {
        const { webhook, api } = secrets({ integration, psp });
        return webhook.length + api.length > 0;
      }),
    checked: () => all.filter(isChecked),
    unchecked: () => all.filter((account) => !isChecked(account)),
    close: () => agent.close(),
  };
}
