import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig, type ProcessKind } from '../../src/config/config';

/** `@temporalio/envconfig` reads these by itself; the service hands it every TEMPORAL_ variable. */
const readByTemporal = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'];
/** Of the system, not of the service. */
const ofTheSystem = ['HOME', 'PATH', 'XDG_CACHE_HOME'];

/** The names that a start asks the environment for. */
function variablesRead(kind: ProcessKind): string[] {
  const names = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        names.add(String(name));
        return undefined;
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

describe('.env.example', () => {
  const text = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');
  const named = [...text.matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);

  it('names every variable that the service reads, once, and no other', () => {
    const read = new Set((['all', 'web', 'worker', 'reproject', 'migrate'] as const).flatMap(variablesRead));
    const expected = [...read].filter((name) => !ofTheSystem.includes(name)).concat(readByTemporal);
    expect([...named].sort()).toEqual(expected.sort());
  });

  it('sets none: a copy of it is a first start', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
