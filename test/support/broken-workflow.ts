/** The workflows of a release with a bug: an order fails at its first fact. */
import { setHandler } from '@temporalio/workflow';
import { factSignals } from '../../workflows/contract';

export function subscription(): Promise<void> {
  for (const { signal } of factSignals)
    setHandler(signal, () => {
      throw new Error('a bug of this release');
    });
  return new Promise(() => undefined);
}
