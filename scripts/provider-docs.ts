/** Writes docs/providers/README.md, the table of providers and their variables, from the manifests: `npm run provider-docs`. `--check` only compares. */
import { basename } from 'node:path';
import { manifests } from '../src/psp';
import type { PspManifest, SecretForm, Variable } from '../src/psp/manifest';
import { apiKeyVariablesOf } from '../src/psp/manifest';
import { keepGeneratedPage } from './generated-page';

const forms: Readonly<Record<SecretForm, string>> = {
  text: 'text without spaces; several separated by commas',
  stripe: '`whsec_…`, separated by commas',
  pair: '`public:secret`; several separated by commas',
  'standard-webhooks': '`whsec_` and base64; several separated by commas',
};

function providerDocs(): string {
  return `<!-- Written by \`npm run provider-docs\` from src/psp/*/manifest.ts. -->

# Providers

A provider is on when its webhook secrets are set. With API keys, renewal checks ask it for payments whose webhook never came.
Each page says which events to switch on and which metadata to pass.

| provider | endpoint | its documentation | dashboard |
| --- | --- | --- | --- |
${manifests.map(providerRow).join('\n')}

## Variables

| variable | form | example | where to find it |
| --- | --- | --- | --- |
${manifests.flatMap(variableRows).join('\n')}

Instead of these, \`INTEGRATIONS_FILE\` describes several integrations, with \`webhookSecrets\`, \`apiKey\` or \`apiKeys\`, and
\`apiUrl\` under the name of the provider; one account may feed [several pixels](../operations.md#several-pixels).

What each says was bought, and the metadata for where it says nothing: [contents](../contents.md).
`;
}

function providerRow({ name, label, links }: PspManifest): string {
  const dashboard = links.dashboard === null ? '' : `[dashboard](${links.dashboard})`;
  return `| [${label}](${basename(links.page)}) | \`/webhooks/${name}\` | [webhooks](${links.docs}) | ${dashboard} |`;
}

function variableRows({ webhookSecrets, api }: PspManifest): readonly string[] {
  const secrets = variableRow(webhookSecrets, forms[webhookSecrets.form]);
  if (api === null) return [secrets];
  const keyForm = api.keys.kind === 'list' ? forms[api.keys.keys.form] : 'text without spaces';
  return [secrets, ...apiKeyVariablesOf(api.keys).map((key) => variableRow(key, keyForm)), variableRow(api.url, 'URL')];
}

function variableRow({ name, example, help }: Variable, form: string): string {
  return `| \`${name}\` | ${form} | \`${example}\` | ${help} |`;
}

keepGeneratedPage('providers/README.md', 'npm run provider-docs', providerDocs());
