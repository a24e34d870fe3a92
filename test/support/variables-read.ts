import { ConfigError, loadConfig, type ProcessKind } from '../../src/config/config';

/** `@temporalio/envconfig` reads these by itself; the service hands it every TEMPORAL_ variable. */
export const readByTemporal = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'];

/** The names that a start asks the environment for. `given` are variables that are set. */
export function variablesRead(kind: ProcessKind, given: Readonly<Record<string, string>> = {}): string[] {
  const names = new Set<string>();
  const env = new Proxy<Record<string, string | undefined>>(
    { ...given },
    {
      get: (set, name) => {
        names.add(String(name));
        return set[String(name)];
      },
    },
  );
  try {
    loadConfig(env, kind, { read: () => null, keepSecrets: (_, secrets) => JSON.stringify(secrets) });
  } catch (error) {
    // A web or worker process refuses to start without its variables, once it has asked for all of them.
    if (!(error instanceof ConfigError)) throw error;
  }
  return [...names];
}
