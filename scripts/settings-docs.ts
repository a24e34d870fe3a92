/** Writes docs/settings.md from the descriptions of the settings: `npm run settings-docs`. `--check` only compares. */
import { presetViews } from '../src/operator/presets';
import { settingEntries } from '../src/operator/settings-fields';
import { keepGeneratedPage } from './generated-page';

function settingsDocs(): string {
  const rows = settingEntries.map(
    ([key, { label, help, initial, example, choices }]) =>
      `| \`${key}\` | ${label} | ${help}${choices ? ` ${choices.map(({ value, label: means }) => `\`${value}\`: ${means}`).join('; ')}.` : ''} | ${
        key === 'policy' ? 'everything is sent' : `\`${JSON.stringify(initial)}\``
      } | \`${JSON.stringify(example)}\` |`,
  );
  return `<!-- Written by \`npm run settings-docs\` from src/operator/settings-fields.ts. -->

# Settings

Change them in the console under Integrations › TikTok, or with \`PATCH /api/settings\`, which takes a JSON merge patch.

| setting | in the console | what it does | default | example |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

A cell of the policy may have \`eventName\` and \`value\`: \`{"mode":"charged"}\`, \`{"mode":"net"}\`, \`{"mode":"percent","percent":30}\`,
\`{"mode":"fixed","amount":"9.99","currency":"USD"}\`, \`{"mode":"zero"}\`, \`{"mode":"omit"}\`.

A trial start's cell may also have \`hold\`: \`{"hours":24}\`, from 1 to 72. The start is sent when so many hours have passed since it, and only if
the subscription is then alive, not paused, not set to end, its payments made and the start's own not given back; else it is recorded as
\`cancelled_in_hold\`. What counts is what had happened by then, however late the provider's webhooks come. The event has the time of the start, the browser does
not report it, and a trial that did not last claims no first purchase. What is held waits as \`waitingFor: hold\`; an operator may send or skip it at once. A change
of the setting holds for trials that start from then on.

## Presets

\`GET /api/presets\` has them as patches.

| preset | name | what it is good for |
| --- | --- | --- |
${presetViews()
  .map(({ name, title, help }) => `| ${title} | \`${name}\` | ${help} |`)
  .join('\n')}

## Before and after a change

- \`POST /api/simulate {"settings": <patch>}\` says what the patch would have made of the last 30 days. Before is what the records say, after
  is what the settings in force now would have made of the payments with the patch applied.
- \`GET /api/settings/history\` says who changed what, from what to what.
- \`POST /api/settings/undo {"version": 3}\` sets back what version 3 changed. Where a later version changed the same, it is refused unless
  \`"force": true\` is sent.
`;
}

keepGeneratedPage('settings.md', 'npm run settings-docs', settingsDocs());
