import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

it('docs/providers/README.md is up to date (npm run provider-docs)', () => {
  // A process of its own: Prettier's import() is not there in Jest's sandbox.
  const check = (): unknown =>
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/provider-docs.ts', '--check'], { cwd: root, stdio: 'pipe' });
  expect(check).not.toThrow();
});
