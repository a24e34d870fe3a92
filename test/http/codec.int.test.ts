/** What an operator sees in the Temporal UI, in a real browser, and gets from the CLI, after `npm start` and one purchase. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { launchBrowser, newContext } from '../support/browser';
import { eventually, genericSecret } from '../support/relay';
import { freePort } from '../../src/temporal/dev-server/ports';
import { Service } from '../support/service';

const workflowId = 'subscription/default/generic/sub_ui';
const operatorToken = 'token-of-the-operators';

let dataDir: string;
let temporal: { readonly address: string; readonly uiUrl: string };
let service: Service;
let browser: Browser;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'relay-codec-'));
  const [port, temporalPort, uiPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  temporal = { address: `127.0.0.1:${temporalPort}`, uiUrl: `http://localhost:${uiPort}` };
  service = await Service.start('all', {
    DATA_DIR: dataDir,
    PORT: String(port),
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
    GENERIC_WEBHOOK_SECRETS: genericSecret,
    OPERATOR_TOKEN: operatorToken,
  });
  browser = await launchBrowser();
  // The first webhook of a cold process may be late on a slow machine; the provider sends it again.
  await eventually(async () => expect((await buy()).status).toBe(200));
  await eventually(async () => expect(await purchase()).toMatchObject({ state: 'sent' }));
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('the Temporal UI shows summary, status card, input and history in clear', async () => {
  const page = await (await newContext(browser, { viewport: { width: 1400, height: 1600 } })).newPage();
  await open(page, 'timeline');
  await sees(page, 'CompletePayment 9.99 EUR pay_ui');
  await sees(page, '"sub_ui"');
  await open(page, 'history');
  await sees(page, 'CompletePayment 9.99 EUR pay_ui');
  await open(page, 'user-metadata');
  // The card is Markdown, which the UI renders in a frame of its own.
  await eventually(async () => {
    const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
    expect(texts.join('\n')).toMatch(/at TikTok[\s\S]*✓\s*sent[\s\S]*pay_ui/);
  });
  for (const frame of page.frames()) expect(await frame.locator('body').innerText()).not.toContain('binary/encrypted');
  await page.close();
});

it('the Temporal UI shows the result of a query, and sends an operator’s update', async () => {
  const page = await (await newContext(browser, { viewport: { width: 1400, height: 1600 } })).newPage();
  await open(page, 'query');
  await page.getByRole('button', { name: 'Run Query' }).click();
  await sees(page, '"generic:pay_ui"');
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send an Update' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send an Update' });
  await dialog.getByRole('button', { name: 'Select an Update' }).click();
  await page.getByRole('option', { name: 'resendPurchase' }).click();
  await dialog
    .getByRole('textbox')
    .last()
    .fill(JSON.stringify({ moneyId: 'pay_ui', by: 'berta', force: true }));
  // Leaving the editor formats the JSON, which moves the button.
  await dialog.getByRole('button', { name: 'Submit' }).focus();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await eventually(async () => expect(await purchase()).toMatchObject({ state: 'sent', by: 'berta' }));
  await page.close();
});

it('the CLI sends an operator’s resend and shows its result, with the codec and the operator token', async () => {
  const resend = await temporalCli(
    'workflow',
    'update',
    'execute',
    '--workflow-id',
    workflowId,
    '--name',
    'resendPurchase',
    '--input',
    JSON.stringify({ moneyId: 'pay_ui', by: 'anna', force: true }),
  );
  expect(resend).toContain('pay_ui');
  const state = await temporalCli('workflow', 'query', '--workflow-id', workflowId, '--type', 'state');
  expect(state).toContain('pay_ui');
  expect(state).not.toContain('binary/encrypted');
});

async function open(page: Page, tab: string): Promise<void> {
  const { runId } = JSON.parse(await temporalCli('workflow', 'describe', '--workflow-id', workflowId, '--output', 'json'))
    .workflowExecutionInfo.execution as { runId: string };
  await page.goto(`${temporal.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/${tab}`);
}

async function sees(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}

/** As docs/operations.md has it. */
async function temporalCli(...command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.env['TEST_TEMPORAL_CLI'] ?? '', [
    ...command,
    ...['--address', temporal.address],
    ...['--codec-endpoint', `${service.url}/codec`, '--codec-auth', `Bearer ${operatorToken}`],
  ]);
  return stdout;
}

function buy(): Promise<Response> {
  const body = JSON.stringify({
    kind: 'conversion',
    subscription_id: 'sub_ui',
    money_id: 'pay_ui',
    amount: '9.99',
    currency: 'EUR',
    occurred_at: new Date(Date.now() - 60_000).toISOString(),
  });
  const headers = signGeneric(body, genericSecret, 'msg_ui', Math.floor(Date.now() / 1000));
  return fetch(`${service.url}/webhooks/generic`, {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/json' },
  });
}

async function purchase(): Promise<{ readonly state: string; readonly by: string | null } | undefined> {
  const response = await fetch(`${service.url}/api/purchases?q=pay_ui`, {
    headers: { authorization: `Bearer ${operatorToken}` },
  });
  const { items } = (await response.json()) as { items: { state: string; by: string | null }[] };
  return items[0];
}
