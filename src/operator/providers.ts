/** Providers as operators see them: what to set up at each, its secrets without showing them, and what has come of late. */
import { keyFormOf, problemOfSecret } from '../config/secret-forms';
import { isMadeHere } from '../application/first-secret';
import type { EnteredSecrets } from '../application/entered-secrets';
import type { SecretId } from '../crypto/secret-ids';
import { dayMs } from '../domain/duration';
import { conflict, notFound, unprocessable } from '../http/problem';
import { adapterOf, manifests } from '../psp';
import type { PspAccounts } from '../psp/accounts';
import type { PspManifest, Variable } from '../psp/manifest';
import { apiKeyVariablesOf } from '../psp/manifest';
import type { CheckState, EnteredSecret, LoggedWebhook, ProviderSecretKind, Store } from '../store';

export interface ProvidersDeps {
  readonly accounts: Pick<PspAccounts, 'configured' | 'owner'>;
  readonly enteredSecrets: Pick<EnteredSecrets, 'current' | 'refresh'>;
  readonly providerSecrets: Pick<Store['providerSecrets'], 'add' | 'remove'>;
  readonly secretId: SecretId;
  readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
  readonly tallies: Pick<Store['tallies'], 'read'>;
  readonly checks: Pick<Store['checks'], 'last'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly publicUrl: string;
  readonly liveMode: boolean;
  readonly nowMs: () => number;
}

export interface Provider {
  readonly psp: string;
  readonly label: string;
  /** True when its webhooks are taken. */
  readonly on: boolean;
  /** The integration that has the account: this one, or the one whose accounts it takes. Endpoint, secrets, webhooks and checks are there. */
  readonly account: string;
  /** Where the provider is to send its webhooks. */
  readonly endpoint: string;
  readonly secrets: readonly ProviderSecret[];
  /** What to enter, and where the provider shows it. */
  readonly webhookSecret: SecretHelp;
  /** Null for a provider whose API is not asked. */
  readonly apiKey: SecretHelp | null;
  /** To switch on at the provider. Empty where that is the merchant's own code. */
  readonly events: readonly string[];
  readonly links: PspManifest['links'];
  /** Newest first. */
  readonly webhooks: readonly LoggedWebhook[];
  readonly refused: readonly RefusedSignatures[];
  /** The last renewal check; null where there was none, or no API key. */
  readonly check: CheckState | null;
}

export interface ProviderSecret {
  readonly id: string;
  readonly kind: ProviderSecretKind;
  readonly from: 'environment' | 'console';
  /** Null for one of the environment. */
  readonly addedBy: string | null;
  readonly addedAtMs: number | null;
  /** True for one that was made here, which the console shows so that it can be copied. */
  readonly canBeShown: boolean;
  /** Null, or why it is not used. */
  readonly unusable: string | null;
}

export interface SecretHelp {
  /** The variables of the environment that hold the same. */
  readonly variables: readonly string[];
  readonly example: string;
  readonly help: string;
}

/** Webhooks that were refused, of the last 7 days. */
export interface RefusedSignatures {
  readonly reason: string;
  readonly count: number;
  readonly lastAtMs: number;
}

const webhooksShown = 5;
const refusalDays = 7;

/** All providers that this version knows, those that are on first. */
export async function describeProviders(deps: ProvidersDeps, integration: string): Promise<readonly Provider[]> {
  const toDay = Math.floor(deps.nowMs() / dayMs) + 1;
  const refusals = await deps.tallies.read({
    integration,
    names: ['refused_signatures'],
    fromDay: toDay - refusalDays,
    toDay,
  });
  const described = manifests.map(async (manifest): Promise<Provider> => {
    const { name: psp, label, events, links, api } = manifest;
    const { integration: account } = deps.accounts.owner({ integration, psp });
    // Another's are neither shown nor changed here.
    const secrets = secretsOf(deps, account, psp).map((secret) =>
      account === integration ? secret : { ...secret, canBeShown: false },
    );
    const [webhooks, check] = await Promise.all([
      deps.webhookLog.list({ integration: account, psp, limit: webhooksShown }),
      secrets.some(({ kind }) => kind === 'api') ? deps.checks.last(account, psp) : null,
    ]);
    return {
      ...{ psp, label, account, events, links, secrets, check },
      on: secrets.some(({ kind, unusable }) => kind === 'webhook' && unusable === null),
      endpoint: endpointOf(deps.publicUrl, account, psp),
      webhookSecret: helpOf([manifest.webhookSecrets], manifest.webhookSecrets.form === 'pair' ? 'public:secret' : null),
      apiKey:
        api &&
        helpOf(apiKeyVariablesOf(api.keys), keyFormOf(api.keys) === 'pair' ? pairExample(apiKeyVariablesOf(api.keys)) : null),
      webhooks: webhooks.items,
      refused: refusedOf(refusals.filter((one) => one.psp === psp)),
    };
  });
  const all = await Promise.all(described);
  return [...all.filter(({ on }) => on), ...all.filter(({ on }) => !on)];
}

function helpOf(variables: readonly Variable[], pair: string | null): SecretHelp {
  const [first] = variables;
  return {
    variables: variables.map(({ name }) => name),
    example: pair ?? (first?.example ?? '').split(',')[0] ?? '',
    help: variables.map(({ help }) => help).join('; '),
  };
}

/** What the environment gives as two variables is entered as one. */
function pairExample(variables: readonly Variable[]): string {
  return variables.length === 2 ? variables.map(({ example }) => example).join(':') : 'public:secret';
}

/** Where a provider is to send its webhooks. */
export function endpointOf(publicUrl: string, integration: string, psp: string): string {
  return integration === 'default' ? `${publicUrl}/webhooks/${psp}` : `${publicUrl}/webhooks/${integration}/${psp}`;
}

function secretsOf(deps: ProvidersDeps, integration: string, psp: string): readonly ProviderSecret[] {
  const { webhook, api } = deps.accounts.configured({ integration, psp });
  const configured = (kind: ProviderSecretKind, secrets: readonly string[]) =>
    secrets.map((secret): ProviderSecret => {
      const id = deps.secretId({ integration, psp, kind }, secret);
      return { id, kind, from: 'environment', addedBy: null, addedAtMs: null, canBeShown: false, unusable: null };
    });
  const entered = enteredOf(deps, integration, psp).map(({ id, kind, addedBy, addedAtMs, secret }): ProviderSecret => ({
    ...{ id, kind, from: 'console', addedBy, addedAtMs, canBeShown: isMadeHere({ id }) && secret !== null },
    unusable: secret === null ? 'ENCRYPTION_KEYS no longer lists the key that it was sealed with: enter it again' : null,
  }));
  return [...configured('webhook', webhook), ...configured('api', api), ...entered];
}

function enteredOf({ enteredSecrets }: ProvidersDeps, integration: string, psp: string): readonly EnteredSecret[] {
  return enteredSecrets.current().filter((one) => one.integration === integration && one.psp === psp);
}

function refusedOf(tallies: Awaited<ReturnType<Store['tallies']['read']>>): readonly RefusedSignatures[] {
  const byReason = new Map<string, RefusedSignatures>();
  for (const { label: reason, count, lastAtMs } of tallies) {
    const before = byReason.get(reason);
    byReason.set(reason, {
      reason,
      count: (before?.count ?? 0) + count,
      lastAtMs: Math.max(before?.lastAtMs ?? 0, lastAtMs),
    });
  }
  return [...byReason.values()].sort((one, other) => other.count - one.count);
}

/** What an operator does with a secret of a provider. */
export interface SecretCall {
  readonly integration: string;
  readonly psp: string;
  readonly by: string;
}

/** One account may have so many: enough to rotate, too few to fill a database. */
const secretsAtMost = 20;

/** @throws Problem 404, 409, and 422 with the rule that it breaks, which the environment's variables have too */
export async function addSecret(
  deps: ProvidersDeps,
  { integration, psp, by }: SecretCall,
  { kind, secret }: { readonly kind: ProviderSecretKind; readonly secret: string },
): Promise<ProviderSecret> {
  const manifest = manifestOf(psp);
  const { integration: account } = deps.accounts.owner({ integration, psp });
  if (account !== integration)
    throw conflict(
      `${integration} takes the ${manifest.label} account of ${account}: enter its secrets there, or take from out of INTEGRATIONS_FILE`,
    );
  const problem = problemOfSecret(manifest, kind, { secret, liveMode: deps.liveMode });
  if (problem !== null)
    throw unprocessable([{ path: kind === 'api' && manifest.api === null ? 'kind' : 'secret', message: problem }]);
  const configured = deps.accounts.configured({ integration, psp })[kind];
  if (configured.includes(secret)) throw conflict(`it is set in the environment already (${variablesOf(manifest, kind)})`);
  if (enteredOf(deps, integration, psp).length >= secretsAtMost)
    throw conflict(`${manifest.label} has ${secretsAtMost} secrets here already: remove those that are no longer used`);
  const id = deps.secretId({ integration, psp, kind }, secret);
  const addedAtMs = deps.nowMs();
  const isNew = await deps.providerSecrets.add({ integration, psp, kind, id, secret, addedBy: by, addedAtMs });
  await deps.enteredSecrets.refresh();
  if (isNew) await note(deps, { integration, psp, by }, 'secret.add', `${kind}/${id}`);
  const [added] = secretsOf(deps, integration, psp).filter((one) => one.id === id && one.kind === kind);
  return added ?? { id, kind, from: 'console', addedBy: by, addedAtMs, canBeShown: false, unusable: null };
}

/** @throws Problem 404, and 409 for one of the environment */
export async function removeSecret(deps: ProvidersDeps, { integration, psp, by }: SecretCall, id: string): Promise<void> {
  const manifest = manifestOf(psp);
  const [known] = secretsOf(deps, integration, psp).filter((one) => one.id === id);
  if (known?.from === 'environment')
    throw conflict(`it is set in the environment: take it out of ${variablesOf(manifest, known.kind)}, and restart`);
  const isGone = await deps.providerSecrets.remove(integration, psp, id);
  await deps.enteredSecrets.refresh();
  if (!isGone) throw notFound('there is no such secret');
  await note(deps, { integration, psp, by }, 'secret.remove', id);
}

/** A secret that was made here, for the operator to give to the sender. @throws Problem 404 for any other */
export async function showSecret(deps: ProvidersDeps, { integration, psp, by }: SecretCall, id: string): Promise<string> {
  const [found] = enteredOf(deps, integration, psp).filter((one) => one.id === id && isMadeHere(one));
  if (!found?.secret) throw notFound('only a secret that was made here is shown, and there is none of this id');
  await note(deps, { integration, psp, by }, 'secret.show', id);
  return found.secret;
}

function manifestOf(psp: string): PspManifest {
  const manifest = adapterOf(psp)?.manifest;
  if (!manifest) throw notFound(`there is no such provider: ${manifests.map(({ name }) => name).join(', ')} are known`);
  return manifest;
}

function variablesOf({ webhookSecrets, api }: PspManifest, kind: ProviderSecretKind): string {
  if (kind === 'webhook') return webhookSecrets.name;
  return api === null
    ? ''
    : apiKeyVariablesOf(api.keys)
        .map(({ name }) => name)
        .join(' and ');
}

async function note(deps: ProvidersDeps, { integration, psp, by }: SecretCall, action: string, id: string): Promise<void> {
  await deps.audit.append({ integration, atMs: deps.nowMs(), by, action, target: `${psp}/${id}`, reason: null });
}
