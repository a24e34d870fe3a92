/** `npm run demo`: both tables of the policy, played as signed webhooks and observed at TikTok's end. Exit code 1 if they differ. */
import { demoEnvironment } from './config';
import type { Expectation, Limit } from './demo/expectation';
import { limits } from './demo/expectation';
import { LogBook } from './demo/log-book';
import type { Observation } from './demo/observation';
import { observe } from './demo/observation';
import { Notes, paymentKey, perform } from './demo/performance';
import { playsOf } from './demo/plays';
import { providers } from './demo/providers';
import {
  closing,
  delayLines,
  differenceLines,
  footnotes,
  logLines,
  opening,
  progressLine,
  tableLines,
  warningLines,
} from './demo/report';
import { createScreen } from './demo/screen';
import type { Stage } from './demo/stage';
import { setStage } from './demo/stage';
import { stepsOn } from './demo/steps';

const environment = demoEnvironment();
const screen = createScreen(process.stdout, environment.screen);
const { paint } = screen;
const log = new LogBook();
const ending = new AbortController();
const { signal } = ending;
const notes = new Notes();

void main().then((code) => process.exit(code));

async function main(): Promise<number> {
  endOnSignals();
  try {
    const startedAt = performance.now();
    screen.print(...opening(paint));
    const observation = await play();
    const { differences } = observation;
    screen.print(...tableLines(paint, observation), ...footnotes(paint, notes));
    screen.print(...delayLines(paint, observation), ...warningLines(paint, observation), ...differenceLines(paint, differences));
    if (differences.length > 0)
      screen.print(...logLines(paint, log.about(idsOf(differences.map(({ expectation }) => expectation)), 12)));
    screen.print(...closing(paint, observation, (performance.now() - startedAt) / 1000));
    return differences.length === 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      screen.print('', 'Stopped; nothing is left behind.', '');
      return 130;
    }
    screen.print('', `${paint.bad('✗')} ${explained(error)}`);
    screen.print(...logLines(paint, log.about([], 12)), '');
    return 1;
  }
}

/** Sets the stage, plays all, clears the stage; only then, when nothing can come any more, looks at what TikTok's end has. */
async function play(): Promise<Observation> {
  const stage = await setStage({ providers, environment, log, signal, step: stepsOn(screen) });
  const expectations: Expectation[] = [];
  try {
    screen.print('');
    for (const limit of limits) expectations.push(...(await act(stage, limit)));
  } finally {
    const label = 'stopping everything, so that nothing more can come';
    await screen.during(
      (spinner) => ['', `  ${paint.accent(spinner)} ${paint.dim(label)}`],
      () => stage.clear(),
    );
  }
  return observe(expectations, { events: stage.received(), records: notes.records, toldAtMs: notes.toldAtMs });
}

/** All providers at the same time, each with one life after the other. */
async function act(stage: Stage, limit: Limit): Promise<readonly Expectation[]> {
  await stage.changeSettings({ limitPurchaseEvents: limit === 'on', maxEventAgeHours: 8_760 });
  const programme = providers.map((provider) => playsOf(provider, limit, Date.now()));
  const run = { service: stage, notes, signal, deadlineMs: Date.now() + patienceMs };
  const width = Math.max(...providers.map(({ name }) => name.length));
  const lines = (spinner: string): readonly string[] =>
    programme.map((plays, index) => {
      const title = { limit: index === 0 ? `limit ${limit}` : '', psp: plays[0]?.psp ?? '', width };
      const expectations = plays.flatMap((one) => one.expectations);
      return progressLine(paint, title, expectations, (one) => notes.records.get(paymentKey(one)), paint.accent(spinner));
    });
  await screen.during(lines, () =>
    Promise.all(
      programme.map(async (plays) => {
        for (const one of plays) await perform(one, run);
      }),
    ),
  );
  screen.print(...lines('…'));
  return programme.flat().flatMap((one) => one.expectations);
}

/** For one table; a healthy service needs a few seconds. */
const patienceMs = 45_000;

/** The message where somebody can act on it; all of it where only a developer can. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return (isBug ? error.stack : undefined) ?? error.message;
}

function idsOf(expectations: readonly (Expectation | null)[]): readonly string[] {
  return expectations.flatMap((expectation) => (expectation ? [expectation.moneyId, expectation.order] : []));
}

/** The first signal ends it in order, the second at once; a reader that goes away (`| head`) is a signal too. */
function endOnSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (signal.aborted) process.exit(130);
      ending.abort();
    });
  process.stdout.on('error', () => ending.abort());
}
