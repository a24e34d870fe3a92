/** The client's connection, over a line to the run's server that is cut. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, plainTarget } from '../../src/temporal/connection';
import { temporalAddress } from '../support/relay';
import { startWire, type Wire } from '../support/wire';

let wire: Wire;
beforeEach(async () => void (wire = await startWire(temporalAddress())));

it('closes while a call is being tried again, and nothing is thrown afterwards', async () => {
  const client = await connectClient(plainTarget(wire.address), {});
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  await wire.close();
  const called = client.connection.workflowService.getSystemInfo({}).then(
    () => 'answered',
    (error: { code?: number }) => error.code,
  );
  await sleep(500); // it has failed and is tried again
  await client.connection.close();
  // CANCELLED by the close, or UNAVAILABLE once more before it.
  expect([1, 14]).toContain(await called);
  await sleep(2_000);
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
});
