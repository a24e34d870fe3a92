import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

it('docs/settings.md is up to date (npm run settings-docs)', () => {
  const cwd = join(__dirname, '../..');
  const check = () =>
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/settings-docs.ts', '--check'], { cwd, stdio: 'pipe' });
  expect(check).not.toThrow();
});
