/** `/api/settings`: read, change, check the connection. */
import type { Request, Response, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { SettingsCache } from '../application/settings-cache';
import type { Settings } from '../domain/settings';
import { badRequest, unprocessable } from '../http/problem';
import { changeSettings, type ChangeSettingsDeps } from './change-settings';
import { checkConnection, type ConnectionCheckDeps } from './connection-check';
import { integrationOf, jsonBody, readBody } from './request';
import { applyMergePatch, settingsView } from './settings-document';

export interface SettingsRoutesDeps extends ChangeSettingsDeps, ConnectionCheckDeps {
  readonly currentSettings: SettingsCache;
  readonly integrations: readonly string[];
}

export function createSettingsRouter(deps: SettingsRoutesDeps): Router {
  const router = express.Router();

  router.get('/settings', async (req, res) => {
    answer(res, await deps.currentSettings.latest(integrationOf(req, deps.integrations)));
  });

  router.patch('/settings', jsonBody, async (req, res) => {
    const integration = integrationOf(req, deps.integrations);
    answer(res, await changeSettings(deps, { integration, patch: req.body, ifVersion: ifMatch(req), by: 'api' }));
  });

  router.post('/settings/check', jsonBody, async (req, res) => {
    const integration = integrationOf(req, deps.integrations);
    const given = readBody(req, credentials);
    const stored = await deps.currentSettings.latest(integration);
    // A test code is what a check is best made with, in production too.
    const tried = applyMergePatch(stored, given, { liveMode: false });
    if (!tried.ok) throw unprocessable(tried.errors);
    res.json(await checkConnection(deps, tried.settings));
  });

  return router;
}

/** Checked by the settings' own rules; what is not given is taken from the stored settings. */
const credentials = z.strictObject(
  { pixelCode: z.unknown().optional(), accessToken: z.unknown().optional(), testEventCode: z.unknown().optional() },
  'must be an object',
);

function answer(res: Response, settings: Settings): void {
  res.set('ETag', `"${settings.version}"`).json(settingsView(settings));
}

/** `"3"`, or several of them; `*` and none at all are any version. Proxies that compress make `W/"3"` of it. */
function ifMatch(req: Request): readonly number[] | null {
  const header = req.headers['if-match']?.trim();
  if (header === undefined || header === '*') return null;
  if (!/^(W\/)?"\d{1,15}"(\s*,\s*(W\/)?"\d{1,15}")*$/.test(header))
    throw badRequest('If-Match must be a version in quotes, such as "3"');
  return [...header.matchAll(/\d+/g)].map(([version]) => Number(version));
}
