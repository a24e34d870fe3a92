/** `npm run demo:funnel`: a funnel to click through, with TikTok's end beside it. */
import { demoEnvironment } from '../../src/config/config';
import { ended, endOnSignals } from '../../demo/ending';
import { LogBook } from '../../demo/log-book';
import { createScreen } from '../../src/app/screen';
import { stepsOn } from '../../src/app/steps';
import type { Funnel } from './funnel';
import { startFunnel } from './funnel';

const environment = demoEnvironment();
const screen = createScreen(process.stdout, environment.screen);
const { paint } = screen;
const log = new LogBook();
const ending = new AbortController();
const { signal } = ending;

void main().then((code) => process.exit(code));

async function main(): Promise<number> {
  endOnSignals(ending, () => screen.print('', '  stopping …; Ctrl-C once more ends it at once'));
  screen.print(...opening());
  try {
    const funnel = await startFunnel({ environment, log, signal, step: stepsOn(screen), onFailure });
    screen.print(...ready(funnel));
    await ended(signal);
    await funnel.clear();
  } catch (error) {
    if (!signal.aborted) {
      screen.print('', `${paint.bad('✗')} ${error instanceof Error ? error.message : String(error)}`);
      screen.print(...log.about([], 12).map((line) => paint.dim(`  ${line}`)), '');
      return 1;
    }
  }
  screen.print('', 'Stopped; nothing is left behind.', '');
  return 0;
}

function opening(): readonly string[] {
  return [
    '',
    paint.bold('A subscription funnel with the pixel in it, from the ad to the renewal.'),
    'The pages, the checkout and TikTok’s end are stand-ins on this machine; the service between them is the real one.',
    '',
  ];
}

function ready({ url, tiktokUrl, temporalUiUrl }: Funnel): readonly string[] {
  return [
    '',
    `  ${paint.good('➜')} Open ${paint.bold(url)}`,
    '',
    paint.dim(`    the funnel alone     ${url}/landing?ttclid=E.C.P.example`),
    paint.dim(`    TikTok’s end alone   ${tiktokUrl}/_sandbox/`),
    paint.dim(`    Temporal UI          ${temporalUiUrl}`),
    paint.dim('    the pages’ code      examples/funnel/pages'),
    '',
    '  Ctrl-C ends it and leaves nothing behind.',
  ];
}

function onFailure(error: unknown): void {
  if (!signal.aborted) screen.print(`  ${paint.bad('✗')} ${error instanceof Error ? error.message : String(error)}`);
}
