/** Integrations › TikTok: the pixel and its token, what is sent, and what a change would have done, before it is saved. */
import { z } from 'zod';
import { type Settings } from '../../../domain/settings';
import type { ConnectionCheck } from '../../../operator/connection-check';
import { presetViews } from '../../../operator/presets';
import { settingField, type SettingKey } from '../../../operator/settings-fields';
import { applyMergePatch } from '../../../operator/settings-document';
import { destinationWords, outcomeWords } from '../../../operator/words';
import { Banner } from '../../parts/banner';
import { Card } from '../../parts/card';
import { Check, Field, Form, Select } from '../../parts/form';
import { type Context, page } from '../../route';
import { AttributedOnly, type ClickShare, clickShare } from './attributed-only';
import { type FormValues, valuesOf } from './form-values';
import { LimitTables } from './limit-tables';
import { Prices, Products } from './maps';
import { PolicyGrid } from './policy-grid';

export const tiktokPage = page({
  path: '/tiktok',
  title: 'TikTok',
  section: 'tiktok',
  async render(ctx) {
    const { preset } = ctx.refused ? {} : ctx.query(z.strictObject({ preset: z.string().optional() }));
    const settings = await ctx.deps.currentSettings.latest(ctx.integration);
    return <TikTokContent ctx={ctx} settings={settings} preset={preset ?? null} clicks={await clickShare(ctx)} />;
  },
});

export interface TikTokContentProps {
  readonly ctx: Context;
  readonly settings: Settings;
  /** Fills the form, unsaved; null for what is saved. */
  readonly preset: string | null;
  readonly clicks: ClickShare;
  readonly check?: ConnectionCheck;
}

export function TikTokContent({ ctx, settings, preset, clicks, check }: TikTokContentProps) {
  const chosen = presetViews().find(({ name }) => name === preset);
  const patched = chosen && applyMergePatch(settings, chosen.patch, { liveMode: ctx.deps.liveMode });
  const shown = patched?.ok ? patched.settings : settings;
  // After a refusal the form is as it was sent: what is absent was switched off.
  const isRefused = ctx.refused?.action === '/tiktok/review';
  const values: FormValues = isRefused ? (ctx.refused?.values ?? {}) : valuesOf(shown);
  const destination = ctx.deps.destination(settings);
  return (
    <>
      {destination !== 'tiktok' && (
        <Banner tone="warn" title={destinationWords[destination].label}>
          {destinationWords[destination].means}.
        </Banner>
      )}
      {settings.paused && (
        <Banner tone="warn" title="Sending is paused.">
          Purchases wait, and are sent when you resume.
        </Banner>
      )}
      <Connection ctx={ctx} settings={settings} check={check} />
      <Presets ctx={ctx} chosen={chosen?.name ?? null} />
      <WhatIsSent ctx={ctx} settings={settings} values={values} shown={shown} clicks={clicks} />
    </>
  );
}

interface ConnectionProps {
  readonly ctx: Context;
  readonly settings: Settings;
  readonly check: ConnectionCheck | undefined;
}

function Connection({ ctx, settings, check }: ConnectionProps) {
  const { pixelCode, accessToken, testEventCode, version } = settings;
  const isOperator = ctx.operator.role === 'operator';
  return (
    <Card title="Connection" id="connection">
      <Form ctx={ctx} action={ctx.href('/tiktok/connection')} class="form">
        <input type="hidden" name="version" value={version} />
        <SettingText ctx={ctx} name="pixelCode" value={pixelCode ?? ''} />
        <SettingText
          ctx={ctx}
          name="accessToken"
          type="password"
          value=""
          placeholder={accessToken === null ? 'not set' : 'set: leave empty to keep it'}
        />
        {accessToken !== null && <Check name="removeToken" label="Remove the access token" checked={false} />}
        <SettingText ctx={ctx} name="testEventCode" value={testEventCode ?? ''} />
        {isOperator && (
          <div class="actions">
            <button class="button button-primary">Save connection</button>
            <button class="button" formaction={ctx.href('/tiktok/check')}>
              Check connection
            </button>
          </div>
        )}
        <p class="help">
          A check sends one marked event with what stands here, saved or not. No campaign learns from it, and no report counts it.
        </p>
      </Form>
      {check && <CheckResult check={check} />}
    </Card>
  );
}

function CheckResult({ check }: { readonly check: ConnectionCheck }) {
  const { ok, outcome, code, message, requestId, destination } = check;
  const words = outcomeWords[outcome as keyof typeof outcomeWords]; // a delivery's outcome
  return (
    <div id="check-result">
      <Banner
        tone={!ok ? 'bad' : destination === 'sandbox' ? 'warn' : 'good'}
        title={ok ? 'The connection works.' : `${words.label}.`}
      >
        {ok ? '' : `${words.means}. `}
        {code === null ? message : `TikTok’s answer: ${message} (code ${code}).`} It went to:{' '}
        {destinationWords[destination].label}
        {requestId !== null && (
          <>
            {' '}
            · request id <code>{requestId}</code>
          </>
        )}
      </Banner>
    </div>
  );
}

interface SettingTextProps {
  readonly ctx: Context;
  readonly name: SettingKey;
  readonly value: string;
  readonly type?: 'text' | 'password' | 'number';
  readonly placeholder?: string;
}

/** A text field from the description of its setting. */
function SettingText({ ctx, name, value, type = 'text', placeholder }: SettingTextProps) {
  const { label, help, example } = settingField(name);
  const hint = placeholder ?? (typeof example === 'string' ? example : undefined);
  return (
    <Field
      ctx={ctx}
      {...{ name, label, help, value, type }}
      input={{ autocomplete: 'off', spellcheck: false, ...(hint === undefined ? {} : { placeholder: hint }) }}
    />
  );
}

function Presets({ ctx, chosen }: { readonly ctx: Context; readonly chosen: string | null }) {
  return (
    <Card title="Presets">
      <p class="help">A preset fills the form below. Nothing is saved before you have seen its effect.</p>
      <ul class="presets">
        {presetViews().map(({ name, title, help }) => (
          <li>
            <a
              class="button"
              href={`${ctx.href('/tiktok', { preset: name })}#sent`}
              {...(name === chosen ? { 'aria-current': 'true' as const } : {})}
            >
              {title}
            </a>
            <span class="help">{help}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface WhatIsSentProps {
  readonly ctx: Context;
  readonly settings: Settings;
  readonly values: FormValues;
  /** What the form was filled from. */
  readonly shown: Settings;
  readonly clicks: ClickShare;
}

function WhatIsSent({ ctx, settings, values, shown, clicks }: WhatIsSentProps) {
  const isOperator = ctx.operator.role === 'operator';
  return (
    <Card title="What is sent" id="sent">
      <Form
        ctx={ctx}
        action={ctx.href('/tiktok/review')}
        class="settings-form"
        attributes={{
          'hx-post': ctx.href('/tiktok/effect'),
          'hx-trigger': 'change delay:300ms',
          'hx-target': '#effect',
          'hx-sync': 'this:replace',
        }}
      >
        <input type="hidden" name="version" value={settings.version} />
        <fieldset disabled={!isOperator}>
          <legend class="unseen">What is sent</legend>
          <Switch name="limitPurchaseEvents" values={values} />
          <LimitTables settings={shown} />
          <div id="effect" aria-live="polite">
            <p class="muted">
              When you change something, its effect on the last 30 days stands here. Without scripts it stands on the next page.
            </p>
          </div>
          <Choices ctx={ctx} name="limitFreeTrials" values={values} />
          <Choices ctx={ctx} name="eventName" values={values} />
          <h3>{settingField('policy').label}</h3>
          <p class="help">{settingField('policy').help}</p>
          <PolicyGrid ctx={ctx} policy={settings.policy} values={values} />
          <Switch name="sendZeroValue" values={values} />
          <SettingText ctx={ctx} name="maxEventAgeHours" value={values['maxEventAgeHours'] ?? ''} />
          <AttributedOnly {...{ ctx, clicks, isOn: settings.attributedOnly }} isChecked={values['attributedOnly'] === 'on'} />
          <Switch name="requireUserToken" values={values} />
          <Products ctx={ctx} values={values} />
          <Consent ctx={ctx} values={values} />
          <Prices ctx={ctx} values={values} />
          <SettingText ctx={ctx} name="countTolerancePercent" value={values['countTolerancePercent'] ?? ''} />
          <Switch name="paused" values={values} />
        </fieldset>
        {isOperator && (
          <div class="actions">
            <button class="button button-primary">Review changes</button>
            <a class="button" href={ctx.href('/tiktok')}>
              Discard
            </a>
          </div>
        )}
      </Form>
    </Card>
  );
}

function Switch({ name, values }: { readonly name: SettingKey; readonly values: FormValues }) {
  const { label, help } = settingField(name);
  return <Check name={name} label={label} help={help} checked={values[name] === 'on'} isSwitch />;
}

function Choices({ ctx, name, values }: { readonly ctx: Context; readonly name: SettingKey; readonly values: FormValues }) {
  const { label, help, choices = [] } = settingField(name);
  const select = (attributes: Parameters<typeof Select>[0]['attributes']) => (
    <Select attributes={attributes} value={values[name] ?? ''} options={choices} />
  );
  return <Field ctx={ctx} name={name} label={label} help={help} control={select} />;
}

function Consent({ ctx, values }: { readonly ctx: Context; readonly values: FormValues }) {
  const { help, choices = [] } = settingField('consent');
  const field = (name: string, label: string) => (
    <Field
      ctx={ctx}
      name={name}
      label={label}
      control={(attributes) => <Select attributes={attributes} value={values[name] ?? ''} options={choices} />}
    />
  );
  return (
    <>
      <h3>{settingField('consent').label}</h3>
      <p class="help">{help}</p>
      {field('consent.denied', 'Buyers who refused')}
      {field('consent.unknown', 'Buyers who have not said')}
    </>
  );
}
