/** What the compose file sets up by shell agrees with what the code expects. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { searchAttributeTypes } from '../../src/temporal/search-attributes';

it('creates exactly the search attributes of the contract', () => {
  const script = readFileSync(join(__dirname, '..', '..', 'deploy', 'temporal', 'namespace.sh'), 'utf8');
  const created = Object.fromEntries([...script.matchAll(/\b(Tt\w+)=(\w+)/g)].map(([, name, type]) => [name, type]));
  expect(created).toEqual(searchAttributeTypes);
});
