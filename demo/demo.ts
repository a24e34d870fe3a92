/** `npm run demo`: both tables of the policy, played as signed webhooks and observed at TikTok's end. Exit code 1 if they differ. */
import { demoEnvironment } from '../src/config/config';
import { endOnSignals } from './ending';
import type { Expectation, Scene } from './expectation';
import { scenes } from './expectation';
import { inParallel } from '../src/application/in-parallel';
import { LogBook } from './log-book';
import type { Observation } from './observation';
import { observe } from './observation';
import { Notes, paymentKey, perform, performLost } from './run-scenarios';
import type { Play } from './scenarios';
import { lostPlaysOf, playsOf } from './scenarios';
import { providers } from './providers';
import {
  checkLines,
  closing,
  delayLines,
  differenceLines,
  logLines,
  opening,
  progressLine,
  sceneText,
  sceneTitles,
  warningLines,
} from './report';
import { createScreen } from './screen';
import type { Stage } from './scenario-run';
import { setStage } from './scenario-run';
import { stepLine, stepsOn } from './steps';
import { footnotes, tableLines } from './tables';

const environment = demoEnvironment();
const screen = createScreen(process.stdout, environment.screen);
const { paint } = screen;
const log = new LogBook();
const ending = new AbortController();
const { signal } = ending;
const notes = new Notes();

void main().then((code) => process.exit(code));

async function main(): Promise<number> {
  endOnSignals(ending);
  try {
    const startedAt = performance.now();
    screen.print(...opening(paint));
    const observation = await play();
    const { differences } = observation;
    screen.print(...tableLines(paint, observation, providers), ...footnotes(paint, providers, notes));
    screen.print(...checkLines(paint, observation, providers, notes.checkErrors));
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
    for (const scene of scenes) expectations.push(...(await act(stage, scene)));
  } finally {
    const label = 'stopping everything, so that nothing more can come';
    await screen.during(
      (spinner) => ['', `  ${paint.accent(spinner)} ${paint.dim(label)}`],
      () => stage.clear(),
    );
  }
  return observe(expectations, { events: stage.received(), records: notes.records, toldAtMs: notes.toldAtMs });
}

/** All providers at the same time; only so many buyers, that none waits long. */
async function act(stage: Stage, scene: Scene): Promise<readonly Expectation[]> {
  const startedAt = performance.now();
  await stage.changeSettings({ limitPurchaseEvents: scene === 'on', maxEventAgeHours: 8_760 });
  const nowMs = Date.now();
  const programme = providers
    .map((provider) => (scene === 'lost' ? lostPlaysOf(provider, nowMs) : playsOf(provider, scene, nowMs)))
    .filter((plays) => plays.length > 0);
  const run = { service: stage, notes, signal, deadlineMs: nowMs + patienceMs };
  const width = Math.max(...providers.map(({ name }) => name.length));
  const expectations = programme.flat().flatMap((one) => one.expectations);
  const line = (mark: string): string =>
    stepLine(paint, { mark, label: sceneTitles[scene], startedAt, text: sceneText(scene, expectations) });
  const lines = (spinner: string): readonly string[] => [
    line(paint.accent(spinner)),
    ...programme.map((plays) => {
      const title = { psp: plays[0]?.psp ?? '', width };
      const own = plays.flatMap((one) => one.expectations);
      return progressLine(paint, title, own, {
        recordOf: (one) => notes.records.get(paymentKey(one)),
        pending: paint.accent(spinner),
      });
    }),
  ];
  await screen.during(lines, () =>
    scene === 'lost'
      ? inParallel(programme, buyersAtATime, (plays) => performLost(plays, run))
      : inParallel(takingTurns(programme), buyersAtATime, (play) => perform(play, run)),
  );
  screen.print(line(paint.good('✓')));
  return expectations;
}

const buyersAtATime = 6;

/** Each provider's first buyer, then each one's second: so all of them are seen to move. */
function takingTurns(programme: readonly (readonly Play[])[]): readonly Play[] {
  const longest = Math.max(...programme.map((plays) => plays.length));
  return Array.from({ length: longest }, (_, turn) => programme.flatMap((plays) => plays[turn] ?? [])).flat();
}

/** For one scene; a healthy service needs a few seconds. */
const patienceMs = 90_000;

/** The message where somebody can act on it; all of it where only a developer can. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return (isBug ? error.stack : undefined) ?? error.message;
}

function idsOf(expectations: readonly (Expectation | null)[]): readonly string[] {
  return expectations.flatMap((expectation) => (expectation ? [expectation.moneyId, expectation.order] : []));
}
