/** `/settings`: read, change, undo, check the connection; `/presets`; `/audit`. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { SettingsCache } from '../application/settings-cache';
import { compact } from '../domain/compact';
import type { Settings } from '../domain/settings';
import { badRequest, unprocessable } from '../http/problem';
import type { AuditFilter, Store } from '../store';
import { changeSettings } from './change-settings';
import { checkConnection, type ConnectionCheckDeps, noteConnection } from './connection-check';
import { pageSize, withCursor } from './paging';
import { presetViews } from './presets';
import { isoTime } from './purchase-view';
import { isoInstant, isPlainText } from './request';
import { byOf, defineRoute, type Route } from './route';
import { applyMergePatch, settingsView } from './settings-document';
import { historyEntry, undoChange, type UndoDeps } from './settings-history';
import {
  auditPageSchema,
  checkSchema,
  historySchema,
  presetsSchema,
  settingsPatchSchema,
  settingsSchema,
} from './settings-shown';

export interface SettingsRoutesDeps extends UndoDeps, ConnectionCheckDeps {
  readonly currentSettings: SettingsCache;
  readonly audit: Pick<Store['audit'], 'append' | 'list'>;
}

const tag = 'Settings';

/** A name for records, where the token alone does not say who it is. */
const byName = z
  .string()
  .refine((name) => isPlainText(name, 100), 'must be a name of at most 100 characters')
  .optional()
  .meta({ description: 'who does it, for the change log; default: the name that goes with the token', examples: ['ada'] });

export function settingsRoutes(deps: SettingsRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      ...{ method: 'get', path: '/settings', tag, summary: 'The settings as they are now' },
      description: 'The answer’s `ETag` is the version. Of the access token it says only whether there is one.',
      answers: { 200: { description: 'the settings', schema: settingsSchema } },
      handle: async ({ integration, res }) => shown(res, await deps.currentSettings.latest(integration)),
    }),
    defineRoute({
      ...{ method: 'patch', path: '/settings', tag, summary: 'Change settings' },
      description:
        'A JSON merge patch (RFC 7396): what it does not name stays, `null` removes. It is taken as a whole or not at all. ' +
        'With `If-Match: "<version>"` it is refused (409) when another version has been saved since.',
      query: z.strictObject({ by: byName }),
      bodyShown: settingsPatchSchema,
      answers: { 200: { description: 'the settings after the change', schema: settingsSchema } },
      problems: [409, 422],
      handle: async ({ integration, operator, query, body, req, res }) => {
        const by = byOf(operator, query.by);
        return shown(res, await changeSettings(deps, { integration, patch: body, ifVersion: ifMatch(req), by }));
      },
    }),
    defineRoute({
      ...{ method: 'get', path: '/settings/history', tag, summary: 'Who changed which setting, from what to what' },
      query: z.strictObject({
        by: byName,
        from: isoInstant.optional(),
        to: isoInstant.optional(),
        cursor: z.string().optional(),
      }),
      answers: { 200: { description: 'saved versions, newest first', schema: historySchema } },
      handle: async ({ integration, query: { by, from, to, cursor } }) => {
        const filter = compact<HistoryPeriod>({ by, fromMs: from, toMs: to, before: versionOf(cursor) });
        const versions = await deps.settings.history({ integration, ...filter, limit: pageSize + 1 });
        const items = versions.slice(0, pageSize).map(historyEntry);
        const last = items.at(-1);
        return { items, nextCursor: versions.length > pageSize && last ? String(last.version) : null };
      },
    }),
    defineRoute({
      ...{ method: 'post', path: '/settings/undo', tag, summary: 'Set back what one version changed' },
      description:
        'Makes a new version. What was changed again since is a conflict (409, `changedSince` names it) unless `force` is true. ' +
        'Everything else stays as it is now.',
      body: z.strictObject({
        version: z
          .int()
          .min(1)
          .max(2_147_483_647, 'is no version')
          .meta({ description: 'the version whose changes are set back', examples: [3] }),
        force: z.boolean().optional(),
        by: byName,
      }),
      answers: { 200: { description: 'the settings after the undo', schema: settingsSchema } },
      problems: [404, 409],
      handle: async ({ integration, operator, body: { version, force = false, by }, req, res }) => {
        const undo = { integration, version, force, ifVersion: ifMatch(req), by: byOf(operator, by) };
        return shown(res, await undoChange(deps, undo));
      },
    }),
    defineRoute({
      ...{ method: 'post', path: '/settings/check', tag, summary: 'Send one test event, and say what TikTok answered' },
      description:
        'With the given credentials or, where one is left out, the stored one. Nothing is saved. The event has a name of its own, so that ' +
        'no campaign optimises for it and no report counts it as a purchase.',
      body: credentials,
      answers: { 200: { description: 'TikTok’s answer, also a refusal', schema: checkSchema } },
      handle: async ({ integration, operator, body: given }) => {
        const stored = await deps.currentSettings.latest(integration);
        // A test code is what a check is best made with, in production too.
        const tried = applyMergePatch(stored, given, { liveMode: false });
        if (!tried.ok) throw unprocessable(tried.errors);
        const checked = await checkConnection(deps, tried.settings);
        await noteConnection(deps, { integration, by: operator.name }, tried.settings, checked);
        return checked;
      },
    }),
    defineRoute({
      ...{ method: 'get', path: '/presets', tag, summary: 'Ready-made policies', perIntegration: false },
      description: 'Each as a merge patch that can be sent to `PATCH /api/settings` as it is.',
      answers: { 200: { description: 'the presets', schema: presetsSchema } },
      handle: async () => ({ items: presetViews(), nextCursor: null }),
    }),
    defineRoute({
      ...{ method: 'get', path: '/audit', tag: 'Audit', summary: 'What operators did' },
      query: auditQuery,
      answers: { 200: { description: 'commands, newest first', schema: auditPageSchema } },
      handle: async ({ integration, query: { from, to, ...rest } }) => {
        const filter = compact<AuditFilter>({ integration, ...rest, fromMs: from, toMs: to, limit: pageSize });
        const { items, nextCursor } = await withCursor(() => deps.audit.list(filter));
        return {
          items: items.map(({ id, atMs, by, action, target, reason }) => ({ id, at: isoTime(atMs), by, action, target, reason })),
          nextCursor,
        };
      },
    }),
  ];
}

/** Checked by the settings' own rules; what is not given is taken from the stored settings. */
const credentials = z.strictObject(
  { pixelCode: z.unknown().optional(), accessToken: z.unknown().optional(), testEventCode: z.unknown().optional() },
  'must be an object',
);

const word = (maxLength: number) =>
  z.string().refine((text) => isPlainText(text, maxLength), `must have at most ${maxLength} characters`);

const auditQuery = z.strictObject({
  action: word(100)
    .optional()
    .meta({ description: 'an action, or what stands before its dot', examples: ['settings'] }),
  target: word(1_000)
    .optional()
    .meta({ description: 'a part of what it was done to', examples: ['in_123'] }),
  by: word(100).optional(),
  from: isoInstant.optional(),
  to: isoInstant.optional(),
  cursor: z.string().optional(),
});

interface HistoryPeriod {
  readonly by?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly before?: number;
}

function versionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor);
  const message = 'must be the nextCursor of a page';
  throw badRequest(`cursor ${message}`, [{ path: 'cursor', message }]);
}

function shown(res: Response, settings: Settings) {
  res.set('ETag', `"${settings.version}"`);
  return settingsView(settings);
}

/** `"3"`, or several of them; `*` and none at all are any version. Proxies that compress make `W/"3"` of it. */
function ifMatch(req: Request): readonly number[] | null {
  const header = req.headers['if-match']?.trim();
  if (header === undefined || header === '*') return null;
  if (!/^(W\/)?"\d{1,15}"(\s*,\s*(W\/)?"\d{1,15}")*$/.test(header))
    throw badRequest('If-Match must be a version in quotes, such as "3"');
  return [...header.matchAll(/\d+/g)].map(([version]) => Number(version));
}
