/** The operators' side with 100,000 purchases: `bench/console.ts`, which writes its own table. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { FigureAlone } from '../figure';

export const operatorsConsole: FigureAlone = {
  name: 'console',
  onlyWhenAsked: true,
  async measureAlone() {
    execFileSync(process.execPath, ['--import', 'tsx', join(__dirname, '..', 'console.ts')], { stdio: 'inherit' });
    return [];
  },
};
