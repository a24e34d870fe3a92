/**
 * One account, two pixels: at every provider the same account sells through two funnels. The first pixel takes all of it, the second what
 * one funnel sold, and TikTok's end says what each of them received.
 */
import type { ReceivedEvent } from '../sandbox/tiktok/receiver';
import { inParallel } from '../src/application/in-parallel';
import type { Paint } from '../src/app/screen';
import { boxed, padded } from '../src/app/screen';
import type { Pixel } from './environment';
import { pixelCode } from './environment';
import type { Difference, Observation } from './observation';
import { observe } from './observation';
import type { Provider } from './provider';
import type { Run } from './run-scenarios';
import { Notes, runScenario, settled } from './run-scenarios';
import type { RunningDemo } from './scenario-run';
import type { Scenario } from './scenarios';
import { funnelScenario } from './scenarios';
import type { Company } from './tables';

export const funnels = ['quiz', 'shop'] as const;
type Funnel = (typeof funnels)[number];

/** Of the second pixel, as INTEGRATIONS_FILE has it. */
export const quizPixel: Pixel = { id: 'quiz', pixelCode: 'C4DEMOPIXEL00000QUIZ', only: { metadata: { funnel: 'quiz' } } };

/** What each pixel takes, told a second time. */
const pixels: readonly { readonly code: string; readonly title: string; readonly takes: readonly Funnel[] }[] = [
  { code: pixelCode, title: 'default: all payments', takes: funnels },
  { code: quizPixel.pixelCode, title: 'quiz: funnel = quiz', takes: ['quiz'] },
];

export interface FunnelSale {
  readonly funnel: Funnel;
  readonly scenario: Scenario;
}

/** What was played, with what the service's records said, by pixel code. */
export interface PlayedPixels {
  readonly sales: readonly FunnelSale[];
  readonly notes: ReadonlyMap<string, Notes>;
}

/** A subscription of each funnel at each provider. */
export function funnelSales(providers: readonly Provider[], nowMs: number): readonly FunnelSale[] {
  return funnels.flatMap((funnel) =>
    providers.map((provider) => ({ funnel, scenario: funnelScenario(provider, funnel, nowMs) })),
  );
}

/** Plays them, and waits until both integrations have decided of all that is theirs. */
export async function playPixels(
  demo: RunningDemo,
  sales: readonly FunnelSale[],
  run: Omit<Run, 'service' | 'notes'>,
): Promise<PlayedPixels> {
  const settings = { limitPurchaseEvents: false, maxEventAgeHours: 8_760 };
  const quiz = demo.pixel(quizPixel.id);
  await demo.changeSettings(settings);
  await quiz.changeSettings(settings);
  const [first, second] = [new Notes(), new Notes()];
  await inParallel(sales, buyersAtATime, ({ scenario }) => runScenario(scenario, { ...run, service: demo, notes: first }));
  const own = sales.filter(({ funnel }) => funnel === 'quiz').map(({ scenario }) => scenario);
  await inParallel(own, buyersAtATime, async (scenario) => {
    const moneyIds = scenario.expectations.map(({ moneyId }) => moneyId);
    await settled(scenario, moneyIds, { ...run, service: { ...demo, records: quiz.records }, notes: second });
  });
  return {
    sales,
    notes: new Map([
      [pixelCode, first],
      [quizPixel.pixelCode, second],
    ]),
  };
}

const buyersAtATime = 6;

export interface ObservedPixel {
  readonly title: string;
  readonly observation: Observation;
  /** A text for each sale: `✓ ✓` what came, `–` nothing, as it should be. */
  readonly mark: (paint: Paint, sale: FunnelSale) => string;
}

/** What each pixel received, held against what it takes. Whatever the second one received belongs here. Pure. */
export function observePixels({ sales, notes }: PlayedPixels, events: readonly ReceivedEvent[]): readonly ObservedPixel[] {
  return pixels.map(({ code, title, takes }): ObservedPixel => {
    const received = events.filter((event) => event.pixelCode === code && (code !== pixelCode || isOfSales(sales, event)));
    const expectations = sales.filter(({ funnel }) => takes.includes(funnel)).flatMap(({ scenario }) => scenario.expectations);
    const { records = new Map(), toldAtMs = new Map() } = notes.get(code) ?? {};
    const observation = observe(expectations, { events: received, records, toldAtMs });
    const mark = ({ good, bad }: Paint, sale: FunnelSale): string => {
      const cells = observation.cells.filter(({ expectation }) => sale.scenario.expectations.includes(expectation));
      if (cells.length === 0) return received.some((event) => isOfSales([sale], event)) ? bad('✗') : good('–');
      return cells.map(({ differences }) => (differences.length === 0 ? good('✓') : bad('✗'))).join(' ');
    };
    return { title, observation, mark };
  });
}

/** The events that are of none of these sales: those of the tables. */
export function eventsOfTables(
  { sales }: Pick<PlayedPixels, 'sales'>,
  events: readonly ReceivedEvent[],
): readonly ReceivedEvent[] {
  return events.filter((event) => event.pixelCode !== quizPixel.pixelCode && !isOfSales(sales, event));
}

function isOfSales(sales: readonly FunnelSale[], { eventId, user }: ReceivedEvent): boolean {
  const expected = sales.flatMap(({ scenario }) => scenario.expectations.map(({ event }) => event));
  return expected.some(({ id, externalId }) => id === eventId || externalId === user['external_id']);
}

/** A row for each provider: what came of each funnel at each pixel. */
export function pixelLines(
  paint: Paint,
  observed: readonly ObservedPixel[],
  { sales }: Pick<PlayedPixels, 'sales'>,
  companies: readonly Company[],
): readonly string[] {
  const width = Math.max(...companies.map(({ name }) => name.length));
  const columns = observed.flatMap((pixel) => funnels.map((funnel) => ({ pixel, funnel })));
  const head = [
    ['', ...columns.map(({ pixel, funnel }) => (funnel === funnels[0] ? pixel.title : ''))],
    ['Purchase of', ...columns.map(({ funnel }) => funnel)],
  ];
  const rows = companies.map(({ name, currency }) => [
    `${padded(name, width)} ${paint.dim(currency)}`,
    ...columns.map(({ pixel, funnel }) => {
      const sale = sales.find((one) => one.funnel === funnel && one.scenario.psp === name);
      return sale ? pixel.mark(paint, sale) : '';
    }),
  ]);
  return [
    '',
    `${paint.bold('One account, two pixels')}, as observed at TikTok’s end of each`,
    ...boxed([head, rows]),
    paint.dim('Start and renewal of a subscription that each funnel sold · – nothing came, as it should be'),
  ];
}

export function pixelDifferences(observed: readonly ObservedPixel[]): readonly Difference[] {
  return observed.flatMap(({ title, observation }) =>
    observation.differences.map((one) => ({ ...one, text: `${one.text} (pixel ${title})` })),
  );
}
