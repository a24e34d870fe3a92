/**
 * `npm run demo`: sends both tables of the policy as signed webhooks and checks what the TikTok sandbox received. Exit code 1 if they differ.
 * `npm run demo -- --keep` then leaves it running until Ctrl-C, to look around in.
 */
import { parseArgs } from 'node:util';
import { demoEnvironment } from '../src/config/config';
import { operatorToken } from './client';
import { ended, endOnSignals } from './ending';
import type { Expectation, Scene } from './expectation';
import { scenes } from './expectation';
import { failureText } from '../src/app/failure-text';
import { inParallel } from '../src/application/in-parallel';
import { LogBook } from './log-book';
import type { Observation } from './observation';
import { observe } from './observation';
import { Notes, paymentKey, runScenario, runLostScenarios } from './run-scenarios';
import type { Scenario } from './scenarios';
import { lostScenariosOf, scenariosOf } from './scenarios';
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
import { createScreen } from '../src/app/screen';
import type { ReceivedEvent } from '../sandbox/tiktok/receiver';
import { pixelCode } from './environment';
import type { PlayedHold } from './holds';
import { eventsOfHolds, heldTrials, holdDifferences, holdLines, playHolds } from './holds';
import type { CountedPurchases } from './tiktok-count';
import { countDifferencesOf, countLines, planted, purchasesOf } from './tiktok-count';
import type { ObservedPixel, PlayedPixels } from './pixels';
import { eventsOfTables, funnelSales, observePixels, pixelDifferences, pixelLines, playPixels, quizPixel } from './pixels';
import type { RunningDemo } from './scenario-run';
import { startDemo } from './scenario-run';
import { stepLine, stepsOn } from '../src/app/steps';
import { contentLines, footnotes, tableLines } from './tables';

const environment = demoEnvironment();
const screen = createScreen(process.stdout, environment.screen);
const { paint } = screen;
const log = new LogBook();
const ending = new AbortController();
const { signal } = ending;
const notes = new Notes();
const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;

void main().then((code) => process.exit(code));

async function main(): Promise<number> {
  endOnSignals(ending, () => screen.print('', '  stopping …; Ctrl-C once more ends it at once'));
  try {
    const startedAt = performance.now();
    screen.print(...opening(paint));
    const { observation: ofTables, played, observedPixels, holds, events, count, clear, addresses } = await runAll();
    const arrived = events.filter(({ fate, pixelCode: code }) => fate === 'counted' && code === pixelCode).length;
    const differences = [
      ...ofTables.differences,
      ...pixelDifferences(observedPixels),
      ...holdDifferences(holds, events),
      ...countDifferencesOf(count, arrived),
    ];
    const observation = { ...ofTables, differences };
    screen.print(...tableLines(paint, observation, providers), ...footnotes(paint, providers, notes));
    screen.print(...contentLines(paint, observation, providers));
    screen.print(...checkLines(paint, observation, providers, notes.checkErrors));
    screen.print(...pixelLines(paint, observedPixels, played, providers));
    screen.print(...holdLines(paint, holds, events), ...countLines(paint, count, arrived));
    screen.print(...delayLines(paint, observation), ...warningLines(paint, observation), ...differenceLines(paint, differences));
    if (differences.length > 0)
      screen.print(...logLines(paint, log.about(idsOf(differences.map(({ expectation }) => expectation)), 12)));
    screen.print(...closing(paint, observation, (performance.now() - startedAt) / 1000));
    if (keep) {
      screen.print(...keptLines(addresses));
      await ended(signal);
      await clear();
      screen.print('Stopped; nothing is left behind.', '');
    }
    return differences.length === 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      screen.print('', 'Stopped; nothing is left behind.', '');
      return 130;
    }
    screen.print('', `${paint.bad('✗')} ${failureText(error)}`);
    screen.print(...logLines(paint, log.about([], 12)), '');
    return 1;
  }
}

interface Ran extends Pick<RunningDemo, 'addresses' | 'clear'> {
  readonly observation: Observation;
  readonly played: PlayedPixels;
  readonly observedPixels: readonly ObservedPixel[];
  readonly holds: readonly PlayedHold[];
  readonly count: CountedPurchases;
  /** All that TikTok's end has received. */
  readonly events: readonly ReceivedEvent[];
}

/** Runs all scenarios, stops everything unless it is to be kept, so that no more events can arrive, and then compares what the TikTok sandbox received. */
async function runAll(): Promise<Ran> {
  const demo = await startDemo({ providers, pixels: [quizPixel], environment, log, signal, step: stepsOn(screen) });
  const { addresses } = demo;
  const expectations: Expectation[] = [];
  let played: PlayedPixels;
  let holds: readonly PlayedHold[];
  let count: CountedPurchases;
  let isDone = false;
  try {
    demo.loseNext(planted);
    for (const scene of scenes) expectations.push(...(await runScene(demo, scene)));
    played = await runPixels(demo);
    holds = await runHolds(demo);
    count = purchasesOf(await demo.tiktokCount(Date.now() + patienceMs));
    isDone = true;
  } finally {
    if (!keep || !isDone) await clearOn(demo);
  }
  const events = demo.received();
  const ofHolds = new Set(eventsOfHolds(holds, events));
  const ofTables = eventsOfTables(played, events).filter((event) => !ofHolds.has(event));
  const observation = observe(expectations, { events: ofTables, records: notes.records, toldAtMs: notes.toldAtMs });
  const observedPixels = observePixels(played, events);
  return { observation, played, observedPixels, holds, count, events, addresses, clear: () => demo.clear() };
}

function clearOn(demo: RunningDemo): Promise<void> {
  const label = 'stopping everything, so that nothing more can come';
  const lines = (spinner: string): readonly string[] => ['', `  ${paint.accent(spinner)} ${paint.dim(label)}`];
  return screen.during(lines, () => demo.clear());
}

function keptLines({ relay, temporalUi, tiktok }: RunningDemo['addresses']): readonly string[] {
  return [
    `  It is left running, as --keep says:`,
    `    the service    ${relay}`,
    `    Temporal UI    ${temporalUi}`,
    `    TikTok’s end   ${tiktok}/_sandbox/`,
    `    for a shell    export OPERATOR_TOKEN=${operatorToken}`,
    '',
    '  Ctrl-C ends it and leaves nothing behind.',
    '',
  ];
}

/** All providers at the same time; only so many buyers, that none waits long. */
async function runScene(demo: RunningDemo, scene: Scene): Promise<readonly Expectation[]> {
  const startedAt = performance.now();
  await demo.changeSettings({ limitPurchaseEvents: scene === 'on', maxEventAgeHours: 8_760 });
  const nowMs = Date.now();
  const scenariosByProvider = providers
    .map((provider) => (scene === 'lost' ? lostScenariosOf(provider, nowMs) : scenariosOf(provider, scene, nowMs)))
    .filter((scenarios) => scenarios.length > 0);
  const run = { service: demo, notes, signal, deadlineMs: nowMs + patienceMs };
  const width = Math.max(...providers.map(({ name }) => name.length));
  const expectations = scenariosByProvider.flat().flatMap((one) => one.expectations);
  const line = (mark: string): string =>
    stepLine(paint, { mark, label: sceneTitles[scene], startedAt, text: sceneText(scene, expectations) });
  const lines = (spinner: string): readonly string[] => [
    line(paint.accent(spinner)),
    ...scenariosByProvider.map((scenarios) => {
      const title = { psp: scenarios[0]?.psp ?? '', width };
      const own = scenarios.flatMap((one) => one.expectations);
      return progressLine(paint, title, own, {
        recordOf: (one) => notes.records.get(paymentKey(one)),
        pending: paint.accent(spinner),
      });
    }),
  ];
  await screen.during(lines, () =>
    scene === 'lost'
      ? inParallel(scenariosByProvider, buyersAtATime, (scenarios) => runLostScenarios(scenarios, run))
      : inParallel(takingTurns(scenariosByProvider), buyersAtATime, (scenario) => runScenario(scenario, run)),
  );
  screen.print(line(paint.good('✓')));
  return expectations;
}

/** The same accounts once more, for two pixels. */
function runPixels(demo: RunningDemo): Promise<PlayedPixels> {
  const sales = funnelSales(providers, Date.now());
  const text = `${sales.length} subscriptions of two funnels at ${providers.length} providers`;
  return playedInStep('Two pixels', text, () => playPixels(demo, sales, { signal, deadlineMs: Date.now() + patienceMs }));
}

/** Three trials with a hold of a day. */
function runHolds(demo: RunningDemo): Promise<readonly PlayedHold[]> {
  const trials = heldTrials(Date.now());
  const text = `${trials.length} trials with a hold of 24 hours`;
  return playedInStep('Held trials', text, () => playHolds(demo, trials, { notes, signal, deadlineMs: Date.now() + patienceMs }));
}

/** Plays something under a line of its own. */
async function playedInStep<T>(label: string, text: string, play: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const line = (mark: string): string => stepLine(paint, { mark, label, startedAt, text });
  const played = await screen.during((spinner) => [line(paint.accent(spinner))], play);
  screen.print(line(paint.good('✓')));
  return played;
}

const buyersAtATime = 6;

/** Each provider's first buyer, then each one's second: so all of them are seen to move. */
function takingTurns(scenariosByProvider: readonly (readonly Scenario[])[]): readonly Scenario[] {
  const longest = Math.max(...scenariosByProvider.map((scenarios) => scenarios.length));
  return Array.from({ length: longest }, (_, turn) => scenariosByProvider.flatMap((scenarios) => scenarios[turn] ?? [])).flat();
}

/** For one scene. A payment may wait a minute for a word of its provider that does not come. */
const patienceMs = 240_000;

function idsOf(expectations: readonly (Expectation | null)[]): readonly string[] {
  return expectations.flatMap((expectation) => (expectation ? [expectation.moneyId, expectation.order] : []));
}
