/** What the page's buttons do: check and save the connection, show the effect of a change, review it, save it. */
import { z } from 'zod';
import type { Settings } from '../../../domain/settings';
import { conflict, unprocessable } from '../../../http/problem';
import { changeSettings } from '../../../operator/change-settings';
import { checkConnection, noteConnection } from '../../../operator/connection-check';
import { isJsonObject, type JsonObject } from '../../../operator/merge-patch';
import { settingChanges } from '../../../operator/settings-changes';
import { applyMergePatch } from '../../../operator/settings-document';
import { changesOf } from '../../../operator/settings-history';
import { changeInWords } from '../../../operator/settings-words';
import { type SimulatedEffect, simulateSettings } from '../../../operator/simulate';
import { Banner } from '../../parts/banner';
import { Card } from '../../parts/card';
import { Diff } from '../../parts/diff';
import { Form } from '../../parts/form';
import { type Action, action, type Context, fragment, redirect, titled } from '../../route';
import { clickShare } from './attributed-only';
import { Effect } from './effect';
import { patchOf } from './form-values';
import { TikTokContent, tiktokPage } from './page';

const version = z.string().regex(/^[1-9]\d{0,8}$/, 'must be the version of the settings that the form was filled from');

/** The fields of the form for credentials. */
const connectionForm = z.strictObject({
  version,
  pixelCode: z.string(),
  accessToken: z.string(),
  removeToken: z.literal('on').optional(),
  testEventCode: z.string(),
});

const saveConnectionAction = action({
  path: '/tiktok/connection',
  page: tiktokPage,
  form: connectionForm,
  async run(ctx, form) {
    const before = Number(form.version);
    await requireUnchanged(ctx, before);
    const settings = await save(ctx, connectionPatch(form), before);
    return redirect(ctx.href('/tiktok'), savedWords(before, settings));
  },
});

const checkConnectionAction = action({
  path: '/tiktok/check',
  page: tiktokPage,
  form: connectionForm,
  async run(ctx, form) {
    const settings = await ctx.deps.currentSettings.latest(ctx.integration);
    // A test code is what a check is best made with, in production too.
    const tried = applyMergePatch(settings, connectionPatch(form), { liveMode: false });
    if (!tried.ok) throw unprocessable(tried.errors);
    const check = await checkConnection(ctx.deps, tried.settings);
    await noteConnection(ctx.deps, { integration: ctx.integration, by: ctx.operator.name }, tried.settings, check);
    const { pixelCode, testEventCode } = tried.settings;
    // The fields keep what was tried; a token is never sent back.
    const shown = { ...settings, pixelCode, testEventCode };
    return <TikTokContent ctx={ctx} settings={shown} preset={null} clicks={await clickShare(ctx)} check={check} />;
  },
});

function connectionPatch({ pixelCode, accessToken, removeToken, testEventCode }: z.infer<typeof connectionForm>): JsonObject {
  const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  return {
    pixelCode: orNull(pixelCode),
    testEventCode: orNull(testEventCode),
    ...(removeToken === 'on' ? { accessToken: null } : accessToken.trim() === '' ? {} : { accessToken }),
  };
}

/** The fields of the form for what is sent: each is named by its setting. */
const settingsForm = z.record(z.string(), z.string());

/** For htmx: what the form as it stands would have made of the last 30 days. */
const effectAction = action({
  path: '/tiktok/effect',
  page: tiktokPage,
  form: settingsForm,
  async run(ctx, values) {
    const settings = await ctx.deps.currentSettings.latest(ctx.integration);
    const patch = patchOf(values, settings);
    const patched = applyMergePatch(settings, patch, { liveMode: ctx.deps.liveMode });
    if (!patched.ok)
      return fragment(<p class="error">{patched.errors.map(({ path, message }) => `${path} ${message}`).join('; ')}</p>);
    if (patched.changedFields.length === 0) return fragment(<p class="muted">As it is saved: nothing changes.</p>);
    return fragment(<Effect ctx={ctx} effect={await effectOf(ctx, patch)} />);
  },
});

const reviewAction = action({
  path: '/tiktok/review',
  page: tiktokPage,
  form: settingsForm,
  async run(ctx, values) {
    const before = Number(version.parse(values['version'] ?? '1'));
    await requireUnchanged(ctx, before);
    const settings = await ctx.deps.currentSettings.latest(ctx.integration);
    const patch = patchOf(values, settings);
    const patched = applyMergePatch(settings, patch, { liveMode: ctx.deps.liveMode });
    if (!patched.ok) throw unprocessable(patched.errors);
    if (patched.changedFields.length === 0) return redirect(ctx.href('/tiktok'), 'Nothing was changed.');
    const effect = await effectOf(ctx, patch);
    return titled(
      'Review changes',
      <Review ctx={ctx} settings={settings} changed={patched.settings} patch={patch} effect={effect} />,
    );
  },
});

interface ReviewProps {
  readonly ctx: Context;
  readonly settings: Settings;
  readonly changed: Settings;
  readonly patch: JsonObject;
  readonly effect: SimulatedEffect;
}

function Review({ ctx, settings, changed, patch, effect }: ReviewProps) {
  return (
    <>
      <Card title="What changes">
        <Diff changes={settingChanges(settings, changed).map(changeInWords)} />
        <Form ctx={ctx} action={ctx.href('/tiktok/save')}>
          <input type="hidden" name="version" value={settings.version} />
          <input type="hidden" name="patch" value={JSON.stringify(patch)} />
          <div class="actions">
            <button class="button button-primary">Save</button>
            <a class="button" href={ctx.href('/tiktok')}>
              Discard
            </a>
          </div>
        </Form>
        <p class="help">
          It holds for payments that come in from then on, within 5 seconds, and can be undone in the change log.
        </p>
      </Card>
      <Card title="Its effect on the last 30 days">
        <Effect ctx={ctx} effect={effect} />
      </Card>
      {changed.paused && !settings.paused && (
        <Banner tone="warn" title="Sending will be paused.">
          Purchases wait until you resume.
        </Banner>
      )}
    </>
  );
}

const saveAction = action({
  path: '/tiktok/save',
  page: tiktokPage,
  form: z.strictObject({ version, patch: z.string() }),
  async run(ctx, { version: before, patch }) {
    await requireUnchanged(ctx, Number(before));
    const settings = await save(ctx, parsed(patch), Number(before));
    return redirect(ctx.href('/tiktok'), savedWords(Number(before), settings));
  },
});

function parsed(patch: string): JsonObject {
  try {
    const read: unknown = JSON.parse(patch);
    if (isJsonObject(read)) return read;
  } catch {
    // not what the review wrote
  }
  throw unprocessable([{ path: 'patch', message: 'must be as the review made it' }]);
}

function save(ctx: Context, patch: JsonObject, before: number): Promise<Settings> {
  const { integration, operator, deps } = ctx;
  return changeSettings(deps, { integration, patch, ifVersion: [before], by: operator.name });
}

function savedWords(before: number, { version: now }: Settings): string {
  return now === before ? 'Nothing was changed.' : `Saved as version ${now}. It holds for payments that come in from now on.`;
}

function effectOf(ctx: Context, patch: JsonObject): Promise<SimulatedEffect> {
  return simulateSettings(ctx.deps, { integration: ctx.integration, patch, signal: AbortSignal.timeout(60_000) });
}

/** @throws a 409 problem that says who changed what meanwhile. */
async function requireUnchanged({ integration, deps }: Context, before: number): Promise<void> {
  const newer = (await deps.settings.history({ integration, limit: 20 })).filter(({ settings }) => settings.version > before);
  if (newer.length === 0) return;
  const changes = newer.flatMap((saved) =>
    changesOf(saved).map((change) => {
      const { what, from, to } = changeInWords(change);
      return `${what}: ${from} → ${to} (${saved.by}, version ${saved.settings.version})`;
    }),
  );
  throw conflict(
    `the settings were changed meanwhile: ${changes.join('; ')}. The form shows them as they are now: make your change again`,
  );
}

/** All of the page. */
export const tiktokActions: readonly Action[] = [
  checkConnectionAction,
  saveConnectionAction,
  effectAction,
  reviewAction,
  saveAction,
];
