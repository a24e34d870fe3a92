/** Changes of settings and operators' commands in one list, newest first. */
import { badRequest } from '../http/problem';
import { type AuditRow, auditCursor, type SavedVersion, type Store } from '../store';
import { compact } from '../domain/compact';
import { pageSize, withCursor } from './paging';

export interface ChangeLogDeps {
  readonly settings: Pick<Store['settings'], 'history'>;
  readonly audit: Pick<Store['audit'], 'list'>;
}

export interface ChangeLogFilter {
  readonly integration: string;
  readonly kind?: 'settings' | 'commands' | undefined;
  readonly by?: string | undefined;
  /** A part of what a command was done to; settings have none. */
  readonly target?: string | undefined;
  readonly cursor?: string | undefined;
}

export type ChangeLogEntry =
  /** `atMs` is null for the first version. */
  | { readonly kind: 'settings'; readonly atMs: number | null; readonly saved: SavedVersion }
  | { readonly kind: 'command'; readonly atMs: number; readonly command: AuditRow };

export interface ChangeLogPage {
  readonly items: readonly ChangeLogEntry[];
  readonly nextCursor: string | null;
}

/**
 * A page of both lists. What the audit says of settings is left out, since their history says more.
 * @throws Problem: 400 for a cursor that no page has given.
 */
export async function changeLog(deps: ChangeLogDeps, filter: ChangeLogFilter): Promise<ChangeLogPage> {
  const { integration, kind, by, target, cursor } = filter;
  const after = placeOf(cursor);
  const limit = pageSize + 1;
  const versions =
    kind === 'commands' || target !== undefined
      ? []
      : await deps.settings.history({
          integration,
          limit,
          ...compact<{ by?: string; before?: number }>({ by, before: after.before }),
        });
  const audited = { integration, exceptAction: 'settings', limit };
  const more = compact<{ by?: string; target?: string; cursor?: string }>({ by, target, cursor: after.audit });
  const commands = kind === 'settings' ? [] : (await withCursor(() => deps.audit.list({ ...audited, ...more }))).items;
  const all: readonly ChangeLogEntry[] = [
    ...versions.map((saved) => ({ kind: 'settings', atMs: saved.savedAtMs, saved }) as const),
    ...commands.map((command) => ({ kind: 'command', atMs: command.atMs, command }) as const),
  ];
  const items = [...all].sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0)).slice(0, pageSize);
  return { items, nextCursor: all.length > items.length ? cursorAfter(items, after) : null };
}

/** The cursor of a page whose newest version of the settings is this one. */
export function cursorAtVersion(version: number): string {
  return `${version + 1}.`;
}

/** How far each of the two lists was shown. */
interface Place {
  readonly before: number | undefined;
  readonly audit: string | undefined;
}

function cursorAfter(items: readonly ChangeLogEntry[], after: Place): string {
  const version = items.reduce(
    (last, entry) => (entry.kind === 'settings' ? entry.saved.settings.version : last),
    after.before ?? 0,
  );
  const audit = items.reduce((last, entry) => (entry.kind === 'command' ? auditCursor(entry.command) : last), after.audit ?? '');
  return `${version}.${audit}`;
}

function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return { before: undefined, audit: undefined };
  const [, version, audit] = /^(\d{1,9})\.([\w-]*)$/.exec(cursor) ?? [];
  if (version === undefined) throw badRequest('cursor must be the nextCursor of a page');
  return { before: version === '0' ? undefined : Number(version), audit: audit === '' ? undefined : audit };
}
