import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/config';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-data-dir-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes a folder several levels deep, and leaves only its secrets in it', () => {
  const dataDir = join(folder, 'a', 'b');
  loadConfig({ DATA_DIR: dataDir }, 'all');
  expect(readdirSync(dataDir)).toEqual(['secrets.json']);
});

it.each([
  [
    'a folder that the system refuses to make',
    '/proc/nope/deep',
    /^DATA_DIR: \/proc\/nope\/deep cannot be written to \(ENOENT\).*example/,
  ],
  ['a file in its place', 'file/below', /^DATA_DIR: .*file\/below.*example/],
])('says which variable names %s', (_what, path, message) => {
  writeFileSync(join(folder, 'file'), '');
  const dataDir = path.startsWith('/') ? path : join(folder, path);
  expect(() => loadConfig({ DATA_DIR: dataDir }, 'all')).toThrow(message);
});

it('touches no folder where nothing is embedded', () => {
  const secrets = {
    OPERATOR_PASSWORD: 'a long pass phrase',
    OPERATOR_TOKEN: 'token',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    USER_ID_PEPPER: 'a pepper of the tests',
  };
  const elsewhere = { DATABASE_URL: 'postgres://db.test/relay', TEMPORAL_ADDRESS: 'temporal.test:7233' };
  const dataDir = join(folder, 'none');
  loadConfig({ DATA_DIR: dataDir, ...secrets, ...elsewhere }, 'web');
  expect(existsSync(dataDir)).toBe(false);
});
