/** The recorded inputs that once went wrong: they lie beside the repository, in the folder that all who work on it share. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PriceRole } from '../../src/domain/fact';
import type { Settings } from '../../src/domain/settings';
import type { WebhookHeaders } from '../../src/psp/adapter';

const folder = join(__dirname, '../../../shared/fixtures/faults');

/** `describe`, or `describe.skip` with the reason in its title where the folder is absent. */
export function describeFaults(title: string, tests: () => void): void {
  if (existsSync(folder)) describe(title, tests);
  else describe.skip(`${title} (left out: the shared folder fixtures/faults is not beside this repository)`, tests);
}

/** One webhook. `body` is null where the step is none, and its note says what happens instead. */
export interface Step {
  readonly psp: string;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a provider sends is not typed
  readonly headers: WebhookHeaders;
  /** When it arrives, or else when the provider says that it happened; null where neither is known. */
  readonly atMs: number | null;
  /** The pause before it; null for the usual one. */
  readonly waitMs: number | null;
  /** The object alone, where the file leaves the event around it out. */
  readonly object: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export interface FaultFile {
  readonly settings: Partial<Settings>;
  readonly prices: Readonly<Record<string, PriceRole>>;
  readonly steps: readonly Step[];
}

/** `name` is the path below the folder, without `.json`. */
export function readFault(name: string): FaultFile {
  const [psp = ''] = name.split('/');
  const file = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RawFile | readonly unknown[];
  const { settings = {}, prices = {}, steps } = isList(file) ? { steps: file.map((body) => ({ body })) } : file;
  return { settings, prices, steps: steps.map((step: RawStep) => stepOf(psp, step)) };
}

/** What the file says of each step, where it does. */
export function notesOf(name: string): readonly (string | undefined)[] {
  const { steps } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RawFile;
  return steps.map(({ note }) => note);
}

interface RawFile {
  readonly settings?: Partial<Settings>;
  readonly prices?: Readonly<Record<string, PriceRole>>;
  readonly steps: readonly RawStep[];
}

interface RawStep {
  readonly note?: string;
  readonly psp?: string;
  readonly body?: unknown;
  readonly headers?: WebhookHeaders;
  readonly at?: string;
  readonly waitMs?: number;
  readonly object?: unknown;
}

function isList(file: RawFile | readonly unknown[]): file is readonly unknown[] {
  return Array.isArray(file);
}

function stepOf(psp: string, { psp: own, body = null, headers = {}, at, waitMs, object = null }: RawStep): Step {
  const atMs = at === undefined ? happenedAtMs(body) : Date.parse(at);
  return { psp: own ?? psp, body, headers, atMs, waitMs: waitMs ?? null, object };
}

/** Where the providers say when an event happened, Unix seconds as milliseconds. */
function happenedAtMs(body: unknown): number | null {
  const event = body as Readonly<Record<string, any>> | null; // eslint-disable-line @typescript-eslint/no-explicit-any
  const seconds = event?.['created'] ?? event?.['signedAt'];
  if (typeof seconds === 'number') return seconds * 1000;
  const ms = event?.['event']?.event_timestamp_ms;
  if (typeof ms === 'number') return ms;
  const text = event?.['occurred_at'] ?? event?.['create_time'] ?? event?.['data']?.attributes?.created_at;
  return typeof text === 'string' && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : null;
}
