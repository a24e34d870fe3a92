import { screenCapabilities } from '../../src/config/config';
import type { Expectation } from '../../demo/expectation';
import { limits, scenes } from '../../demo/expectation';
import type { Observation } from '../../demo/observation';
import { observe } from '../../demo/observation';
import { lostScenariosOf, scenariosOf } from '../../demo/scenarios';
import { providers } from '../../demo/providers';
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
} from '../../demo/report';
import type { Screen, ScreenStream } from '../../src/app/screen';
import { boxed, centred, clipped, createScreen, maxColumns, padded, widthOf, wrapped } from '../../src/app/screen';
import { stepLine } from '../../src/app/steps';
import { footnotes, tableLines } from '../../demo/tables';

const escape = '\u001b';
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/; // eslint-disable-line no-control-regex -- the very thing looked for

class Recorder implements ScreenStream {
  written = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 100,
  ) {}
  write(text: string): void {
    this.written += text;
  }
  /** What a person sees in the end: codes that move and erase are followed, colours left out. */
  get visible(): string[] {
    const lines: string[] = [];
    let row = 0;
    for (const part of this.written.split(new RegExp(`(\n|${escape}\\[[0-9;?]*[A-Za-z])`))) {
      if (part === '\n') row += 1;
      else if (part.startsWith(escape)) {
        if (part.endsWith('A')) row -= Number(part.slice(2, -1));
        if (part.endsWith('J')) lines.length = row;
      } else if (part !== '') lines[row] = (lines[row] ?? '') + part;
    }
    return Array.from({ length: row }, (_, index) => lines[index] ?? '');
  }
}

const screenOn = (stream: Recorder, env: Record<string, string> = {}): Screen => createScreen(stream, screenCapabilities(env));

/** Everything that the demo ever prints. */
async function showAll(screen: Screen, observation: Observation, expectations: readonly Expectation[]): Promise<void> {
  const { paint } = screen;
  screen.print(...opening(paint));
  screen.note('    building the Temporal CLI: 5 s');
  await screen.during(
    (spinner) => [`${spinner} working`],
    () => Promise.resolve(),
  );
  for (const scene of scenes)
    screen.print(
      stepLine(paint, {
        mark: '✓',
        label: sceneTitles[scene],
        startedAt: performance.now(),
        text: sceneText(scene, expectations),
      }),
    );
  screen.print(
    progressLine(paint, { psp: 'lemonsqueezy', width: 12 }, expectations.slice(0, 9), {
      recordOf: () => undefined,
      pending: '…',
    }),
  );
  screen.print(...tableLines(paint, observation, providers), ...footnotes(paint, providers, { webhooks: 1_154 }));
  screen.print(...checkLines(paint, observation, providers, new Map([['stripe', 'PspUnauthorized: the key was refused']])));
  screen.print(...delayLines(paint, { ...observation, delays: { events: 126, medianMs: 1_000, p90Ms: 2_000, maxMs: 10_000 } }));
  screen.print(
    ...warningLines(paint, observation),
    ...differenceLines(paint, observation.differences),
    ...logLines(paint, [logLine, 'no JSON']),
  );
  screen.print(...closing(paint, observation, 12.34));
}
const logLine =
  '{"level":"error","time":"2026-11-22T10:00:00.123Z","integration":"default","psp":"stripe","lastError":null,"msg":"it broke"}';

const now = Date.UTC(2026, 10, 22, 12);
const expectations = providers
  .flatMap((one) => [...limits.flatMap((limit) => scenariosOf(one, limit, now)), ...lostScenariosOf(one, now)])
  .flatMap((scenario) => scenario.expectations);
const allMissing = observe(expectations, { events: [], records: new Map(), toldAtMs: new Map() });

describe('where control codes are not wanted', () => {
  it.each([
    ['a pipe', new Recorder(false), {}],
    ['NO_COLOR', new Recorder(true), { NO_COLOR: '1' }],
    ['TERM=dumb', new Recorder(true), { TERM: 'dumb' }],
  ])('%s gets plain text', async (_, stream, env) => {
    await showAll(screenOn(stream, env), allMissing, expectations);
    expect(stream.written).not.toMatch(controls);
    expect(stream.written).toContain('missing');
    expect(stream.written).toContain('building the Temporal CLI');
  });

  it('an empty NO_COLOR forbids nothing', async () => {
    const stream = new Recorder(true);
    await showAll(screenOn(stream, { NO_COLOR: '', TERM: 'xterm' }), allMissing, expectations);
    expect(stream.written).toContain(`${escape}[31m`);
  });
});

it('says on a terminal in the end what it says in a pipe', async () => {
  const [terminal, pipe] = [new Recorder(true), new Recorder(false)];
  await showAll(screenOn(terminal), allMissing, expectations);
  await showAll(screenOn(pipe), allMissing, expectations);
  const told = pipe.visible.filter((line) => !line.includes('building the Temporal CLI'));
  expect(terminal.visible.map((line) => line.trimEnd())).toEqual(told);
});

it.each([
  ['as many differences as can be', allMissing],
  ['none', { ...allMissing, differences: [] }],
])(`fits into ${maxColumns} columns, with %s`, async (_, observation) => {
  const stream = new Recorder(false);
  await showAll(screenOn(stream), observation, expectations);
  expect(stream.visible.filter((line) => widthOf(line) > maxColumns)).toEqual([]);
});

describe('a terminal', () => {
  it('shows changing lines while work is done, no wider than it is, and takes them away', async () => {
    const stream = new Recorder(true, 20);
    const screen = screenOn(stream);
    screen.print('before');
    const result = await screen.during(
      (spinner) => [`${spinner} ${'long '.repeat(20)}`, 'second'],
      async () => {
        expect(stream.visible).toEqual(['before', expect.stringMatching(/^⠋ long long .*…$/), 'second']);
        expect(widthOf(stream.visible[1]!)).toBe(19);
        screen.print('in between');
        expect(stream.visible.slice(0, 2)).toEqual(['before', 'in between']);
        return 7;
      },
    );
    expect(result).toBe(7);
    expect(stream.visible).toEqual(['before', 'in between']);
  });

  it('that does not say how wide it is gets what fits', async () => {
    const stream = new Recorder(true, 0);
    await screenOn(stream).during(
      () => ['working'],
      async () => expect(stream.visible).toEqual(['working']),
    );
  });

  it('has its cursor back and its lines gone, also when the work fails', async () => {
    const stream = new Recorder(true);
    await expect(
      screenOn(stream).during(
        () => ['working'],
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no');
    expect(stream.visible).toEqual([]);
    expect(stream.written.lastIndexOf(`${escape}[?25h`)).toBeGreaterThan(stream.written.lastIndexOf(`${escape}[?25l`));
  });
});

describe('layout', () => {
  const { paint } = screenOn(new Recorder(true));

  it('measures text without its colours', () => {
    expect(widthOf(paint.good('✓ Purchase €19.99'))).toBe(17);
    expect(widthOf(padded(paint.bold('ab'), 5))).toBe(5);
  });

  it.each([
    ['short', 'short'],
    ['exactly10!', 'exactly10!'],
    ['more than ten', 'more than…'],
  ])('clips %j to ten columns', (text, result) => expect(clipped(text, 10)).toBe(result));

  it('ends a colour that it clips', () => {
    expect(clipped(`${paint.bad('red and long')} rest`, 6)).toBe(paint.bad('red a…'));
  });

  it.each([
    ['', ['']],
    ['one two three', ['one two', 'three']],
    ['an-unbroken-word', ['an-unbro', 'ken-word']],
    ['a an-unbroken-word b', ['a', 'an-unbro', 'ken-word', 'b']],
  ])('wraps %j at eight columns', (text, lines) => expect(wrapped(text, 8)).toEqual(lines));

  it('gives every line of a box the same width, also with colours', () => {
    const lines = boxed([[['type', 'cell']], [['a', paint.good('✓ yes')]], [['longer than that', '']]]);
    expect(new Set(lines.map(widthOf)).size).toBe(1);
    expect(lines).toHaveLength(7);
  });

  it.each([
    ['✓', 5, '  ✓  '],
    ['✓', 6, '  ✓   '],
    ['too long', 5, 'too long'],
  ])('centres %j in %i columns', (text, width, result) => expect(centred(text, width)).toBe(result));
});
