/**
 * The description of a provider: name, variables, events to switch on, links. Plain data, from which configuration, banner,
 * documentation and lint walls derive; a manifest imports nothing but this file.
 */

/** A variable of the environment. */
export interface Variable {
  readonly name: string;
  /** A value of the right form, for error messages and the documentation. Never a real secret. */
  readonly example: string;
  /** Where the merchant finds the value. */
  readonly help: string;
}

/**
 * How one secret is written. `text`: printable, without spaces. `stripe`: Stripe's `whsec_…`. `pair`: `public:secret`. `standard-webhooks`: `whsec_` (optional) and
 * base64, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export type SecretForm = 'text' | 'stripe' | 'pair' | 'standard-webhooks';

/** A variable that holds secrets, separated by commas, so that one can be replaced by another without an interruption. */
export interface SecretsVariable extends Variable {
  readonly form: SecretForm;
  /** True of an id that anybody may know, since the provider signs with a key of its own. */
  readonly isPublic?: boolean;
}

/** The variables that make up API keys. */
export type ApiKeyVariables =
  | { readonly kind: 'single'; readonly key: Variable }
  | { readonly kind: 'list'; readonly keys: SecretsVariable }
  /** Two variables, which become one key written `id:secret`. */
  | { readonly kind: 'id-and-secret'; readonly id: Variable; readonly secret: Variable };

export interface PspManifest {
  /** The name of the folder, in `/webhooks/:psp`, in `INTEGRATIONS_FILE` and in ids. */
  readonly name: string;
  /** The name as the provider writes it. */
  readonly label: string;
  /** The secrets that verify webhooks. Without them the provider's webhooks are off. */
  readonly webhookSecrets: SecretsVariable;
  /** Null for a provider whose API is not asked. */
  readonly api: {
    readonly keys: ApiKeyVariables;
    /** The API's address, where it is not the provider's own. */
    readonly url: Variable;
    /** How keys of the test mode begin, which `LIVE_MODE` refuses. Empty where a key does not show its mode. */
    readonly testKeyPrefixes: readonly string[];
  } | null;
  /** The events to switch on at the provider, by the names that it gives them. */
  readonly events: readonly string[];
  readonly links: {
    /** The provider's page about webhooks. */
    readonly docs: string;
    /** Where webhooks are set up; null where that is the merchant's own code. */
    readonly dashboard: string | null;
    /** Our page, from the root of the repository. */
    readonly page: string;
  };
}

/** The address of an API, which only a sandbox, a proxy or a test changes. */
export function apiUrlVariable(name: string, example: string): Variable {
  return { name, example, help: "Only for another address than the provider's own" };
}

/** All variables of a provider, in the order in which they are documented. */
export function variablesOf({ webhookSecrets, api }: PspManifest): readonly Variable[] {
  return api === null ? [webhookSecrets] : [webhookSecrets, ...apiKeyVariablesOf(api.keys), api.url];
}

/** The variables that API keys are made of: one, or an id and its secret. */
export function apiKeyVariablesOf(keys: ApiKeyVariables): readonly Variable[] {
  switch (keys.kind) {
    case 'single':
      return [keys.key];
    case 'list':
      return [keys.keys];
    case 'id-and-secret':
      return [keys.id, keys.secret];
  }
}
