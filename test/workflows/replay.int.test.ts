/** The replay gate: today's workflow code must be able to go on with what released versions have written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { failureConverterPath } from '../../src/temporal/codec';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle';

/** Of a history as JSON, as far as these tests touch it. */
interface HistoryEvent {
  eventId: string;
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

const folder = join(__dirname, '..', 'histories');
const histories = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe('recorded histories', () => {
  let code: string;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
    code = await bundleWorkflows();
  });

  const replay = (history: unknown, of = code): Promise<void> =>
    Worker.runReplayHistory({ workflowBundle: { code: of }, dataConverter: { failureConverterPath } }, history);

  const read = (file: string): { events: HistoryEvent[] } => JSON.parse(readFileSync(join(folder, file), 'utf8')) as never;

  it('are there', () => expect(histories.length).toBeGreaterThanOrEqual(6));

  it.each(histories)('%s replays', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });

  it.each([
    [
      'asks for another activity',
      (event: HistoryEvent) => void (event.activityTaskScheduledEventAttributes!.activityType.name = 'refundPurchase'),
    ],
    ['sends something else', (event: HistoryEvent) => void (event.eventType = 'EVENT_TYPE_TIMER_STARTED')],
  ])('do not replay when a history %s', async (_, tamper) => {
    const history = read('free-trial.json');
    const event = history.events.find(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
    tamper(event!);
    await expect(replay(history)).rejects.toThrow();
  });

  it.each([
    ['continues as new earlier', /longHistory = 200\b/, 'longHistory = 5'],
    ['records nothing', /recordPurchases\)\(input\)/, 'recordPurchases, async () => undefined)(input)'],
    ['closes an order at once', /45 \* [\w.]*dayMs/, '0 * 1'],
  ])('do not replay with a workflow that %s', async (_, was, is) => {
    const changed = code.replace(was, is);
    expect(changed).not.toBe(code);
    const refused = await Promise.all(
      histories.map((file) =>
        replay(read(file), changed).then(
          () => false,
          () => true,
        ),
      ),
    );
    expect(refused).toContain(true);
  });

  it('names the violation when a step is missing', async () => {
    const history = read('paid-trial-limited.json');
    const at = history.events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_MARKER_RECORDED');
    expect(at).toBeGreaterThan(0);
    history.events.splice(at, 1);
    history.events.forEach((event, index) => (event.eventId = String(index + 1)));
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
  });
});
