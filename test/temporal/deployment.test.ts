/** What the compose file sets up by shell agrees with what the code expects. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecSecret } from '../../src/app/codec-endpoint';
import { integrationVariables } from '../../src/config/integrations';
import { searchAttributeTypes } from '../../src/temporal/search-attribute-types';

it('creates exactly the search attributes of the contract', () => {
  const script = readFileSync(join(__dirname, '..', '..', 'deploy', 'temporal', 'namespace.sh'), 'utf8');
  const created = Object.fromEntries([...script.matchAll(/\b(Tt\w+)=(\w+)/g)].map(([, name, type]) => [name, type]));
  expect(created).toEqual(searchAttributeTypes);
});

describe('docker-compose.yml', () => {
  const compose = readFileSync(join(__dirname, '..', '..', 'docker-compose.yml'), 'utf8');

  it.each([...integrationVariables, 'INTEGRATIONS_FILE', 'TIKTOK_API_URL', 'ALERT_WEBHOOK_URL'])('passes %s on', (name) => {
    expect(compose).toContain(`  ${name}: \${${name}:-}\n`);
  });

  it('tells the Temporal UI the address of the codec with the secret in its path', () => {
    expect(compose).toMatch(/TEMPORAL_CODEC_ENDPOINT: \$\{PUBLIC_URL:-.*\}\/codec\/\$\{CODEC_SECRET:-\}/);
  });

  it('gets the secret from deploy/make-env.sh, which makes it as the service does', () => {
    const script = readFileSync(join(__dirname, '..', '..', 'deploy', 'make-env.sh'), 'utf8');
    const [, command = ''] = /codec_secret=\$\((.*)\)/.exec(script) ?? [];
    const made = execFileSync('sh', ['-c', command], { env: { ...process.env, operator_token: 'a token' }, encoding: 'utf8' });
    expect(made.trim()).toBe(codecSecret('a token'));
  });
});
