/** Ends what `global-setup.ts` started. */
import { rmSync } from 'node:fs';
import type { TestRun } from './global-setup';

export default async function globalTeardown(): Promise<void> {
  const { testRun } = globalThis as { testRun?: TestRun };
  if (!testRun) return;
  await testRun.server.stop();
  rmSync(testRun.folder, { recursive: true, force: true });
}
