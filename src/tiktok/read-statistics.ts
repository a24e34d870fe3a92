/**
 * Reads the answers of `/pixel/list/` and `/pixel/event/stats/`. Their shape is known from public clients alone (github
 * bububa/tiktok-business `model/pixel/` @051f6c0), so it is read loosely: what has another name or form is looked for, and what cannot be
 * read is said in a note, never guessed.
 */
import { comparedName, standardName } from './event-names';

/** What TikTok received of one event on one day. Null: TikTok did not say, or not as a number. */
export interface EventStatistics {
  /** As the event is compared: `Purchase`, or a custom event's own name. */
  readonly event: string;
  readonly total: number | null;
  readonly browser: number | null;
  readonly server: number | null;
}

export interface ReadStatistics {
  readonly events: readonly EventStatistics[];
  /** Types that TikTok calls standard events and that have no name here. Their counts are not in `events`. */
  readonly unknownTypes: readonly string[];
  /** What could not be read, in a sentence each. */
  readonly notes: readonly string[];
}

/** The id that belongs to a pixel's code; null where the list does not have it. Undefined: the answer is no list at all. */
export function readPixelId(text: string, pixelCode: string): string | null | undefined {
  const pixels = listIn(dataOf(text), ['pixels', 'list', 'pixel_list']);
  if (pixels === null) return undefined;
  for (const pixel of pixels.map(fieldsOf)) {
    const id = textIn(pixel, ['pixel_id', 'id', 'pixelId']);
    const code = textIn(pixel, ['pixel_code', 'code', 'pixelCode']);
    if (code === pixelCode && id !== null && /^\d{1,30}$/.test(id)) return id;
  }
  return null;
}

/**
 * The counts of one pixel on one day. Null when the answer holds no list: then nothing is known, not even that nothing was received.
 * @param day `2026-11-22`: rows that name another day are left out
 */
export function readStatistics(text: string, pixelId: string, day: string): ReadStatistics | null {
  const listed = listIn(dataOf(text), ['list', 'stats', 'statistics', 'pixels']);
  if (listed === null) return null;
  const reading = new Reading(day);
  for (const entry of listed.map(fieldsOf)) {
    const id = textIn(entry, ['pixel_id', 'pixelId', 'id']);
    if (id !== null && id !== pixelId) continue;
    const rows = listIn(entry, ['statistics', 'stats', 'event_statistics', 'events']);
    // A pixel without rows has received nothing; rows may also stand in the list itself.
    const isPixel = id !== null && !hasCounts(entry);
    for (const row of rows ?? (isPixel ? [] : [entry])) reading.add(fieldsOf(row));
  }
  return reading.end();
}

const eventTypes = ['pixel_event_type', 'event_type', 'event', 'event_name', 'type', 'name'];
const customTypes = ['custom_event_type', 'custom_event', 'custom_event_name'];

class Reading {
  private readonly events = new Map<string, EventStatistics>();
  private readonly unknown = new Set<string>();
  private unreadable = 0;
  private otherDays = 0;
  constructor(private readonly day: string) {}

  add(row: Fields): void {
    const day = textIn(row, ['date', 'day', 'stat_time_day', 'stat_date']);
    if (day !== null && day.slice(0, 10) !== this.day) return void (this.otherDays += 1);
    const type = textIn(row, eventTypes);
    const custom = textIn(row, customTypes);
    if (type === null && custom === null) return void (this.unreadable += 1);
    const event = type === null ? comparedName(custom ?? '') : standardName(type);
    if (event === null) return void this.unknown.add(shown(type ?? ''));
    const counts = countsIn(row);
    if (counts === null) return void (this.unreadable += 1);
    const before = this.events.get(event);
    this.events.set(event, before === undefined ? { event, ...counts } : added(before, counts));
  }

  end(): ReadStatistics {
    const { events, unknown, unreadable, otherDays } = this;
    const notes = [
      ...(unknown.size > 0
        ? [`TikTok counts events by names that are not known here: ${[...unknown].slice(0, 5).join(', ')}`]
        : []),
      ...(unreadable > 0
        ? [`${rows(unreadable)} of TikTok’s answer could not be read: an event’s name or its number is missing`]
        : []),
      ...(otherDays > 0 ? [`${rows(otherDays)} of TikTok’s answer are of another day than was asked for, and left out`] : []),
    ];
    return { events: [...events.values()], unknownTypes: [...unknown], notes };
  }
}

function rows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function hasCounts(entry: Fields): boolean {
  return textIn(entry, [...eventTypes, ...customTypes]) !== null || countsIn(entry) !== null;
}

type Counts = Omit<EventStatistics, 'event'>;

function countsIn(row: Fields): Counts | null {
  const browser = countIn(row, ['browser_event_total_count', 'browser_event_count', 'browser_count', 'browser']);
  const server = countIn(row, ['server_event_total_count', 'server_event_count', 'server_count', 'server']);
  const said = countIn(row, ['total_count', 'totalCount', 'total', 'event_count', 'count']);
  // By TikTok's own formula the total is the sum of both, and it was seen to be 0 beside a sum that was not.
  const sum = browser !== null && server !== null ? browser + server : null;
  const total = said === null || said === 0 ? (sum ?? atLeast(said, browser, server)) : said;
  if (total === null) return null;
  return {
    total,
    browser: browser ?? restOf(total, server),
    server: server ?? restOf(total, browser),
  };
}

/** With one part unknown nothing more than the other is known. */
function atLeast(...counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function restOf(total: number, part: number | null): number | null {
  return part === null || part > total ? null : total - part;
}

function added(a: EventStatistics, b: Counts): EventStatistics {
  const sum = (one: number | null, other: number | null): number | null => (one === null || other === null ? null : one + other);
  return { event: a.event, total: sum(a.total, b.total), browser: sum(a.browser, b.browser), server: sum(a.server, b.server) };
}

type Fields = Readonly<Record<string, unknown>>;

/** `data` of the answer, or an empty object. */
function dataOf(text: string): unknown {
  return fieldsOf(parsedWhole(text))['data'];
}

/** JSON whose ids of 16 and more digits become strings: as numbers of JavaScript they would be others. */
function parsedWhole(text: string): unknown {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (part) =>
    /^\d{16,}$/.test(part) ? `"${part}"` : part,
  );
  try {
    return JSON.parse(quoted);
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The value itself where it is a list, or the first member of these names that is one. */
function listIn(value: unknown, names: readonly string[]): readonly unknown[] | null {
  if (Array.isArray(value)) return value as unknown[]; // checked
  const fields = fieldsOf(value);
  const found = names.map((name) => own(fields, name)).find((member): member is unknown[] => Array.isArray(member));
  return found ?? null;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function textIn(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const value = own(fields, name);
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 200);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  }
  return null;
}

/** A whole number, not negative, also as a string (`"1,204"` too). */
function countIn(fields: Fields, names: readonly string[]): number | null {
  for (const name of names) {
    const value = own(fields, name);
    const number =
      typeof value === 'string' && /^\d{1,3}(,\d{3})*$|^\d+$/.test(value.trim()) ? Number(value.replaceAll(',', '')) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  }
  return null;
}

/** An event's name as a note may repeat it. */
function shown(type: string): string {
  return /^[\w .:-]{1,64}$/.test(type) ? type : '(a name with odd characters)';
}
