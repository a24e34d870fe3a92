/** The whole service as a process of its own, with all providers on, and what is asked of it after it was fuzzed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { startPaypalApi } from '../../sandbox/paypal/api';
import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { freePort } from '../../src/temporal/dev-server/ports';
import { createNamespace, eventually, temporalAddress } from '../support/relay';
import { Service } from '../support/service';
import { accountOf, environmentOf, paypalClient, paypalVerifies } from './providers';
import { Undocumented } from './run';

export const operatorToken = 'operator-token-of-the-fuzzer-0123456789';
export const operatorPassword = 'operator-password-of-the-fuzzer';

const pixelCode = 'C4FUZZPIXEL000000001';
const accessToken = 'token-of-the-fuzzer';

export interface FuzzedService {
  readonly url: string;
  /** Megabytes that the process holds, and those of its heap, by its own metrics. */
  memory(): Promise<{ readonly residentMb: number; readonly heapMb: number }>;
  /** What no longer works; empty when all does. It puts the settings back to where sending works. */
  faults(): Promise<readonly string[]>;
  /** Lines of its log of level `error` and above, each kind once. */
  errorLines(): readonly string[];
  /** Why it answered 503, each reason once. */
  refusals(): readonly string[];
  close(): Promise<void>;
}

/** On the run's Temporal server and a database of its own. It ends with an error when it holds more than a gigabyte of heap. */
export async function startFuzzedService(): Promise<FuzzedService> {
  const dataDir = mkdtempSync(join(tmpdir(), 'relay-fuzz-'));
  const tiktok = await startTikTokSandbox({ accessTokens: [accessToken], pixelCodes: [pixelCode] });
  const paypal = await startPaypalApi({ keys: [paypalClient], signer: paypalVerifies() });
  const namespace = await createNamespace('fuzz');
  const port = await freePort('127.0.0.1');
  const service = await Service.start('all', {
    HOME: dataDir,
    DATA_DIR: dataDir,
    PORT: String(port),
    METRICS_PORT: '0',
    TEMPORAL_ADDRESS: temporalAddress(),
    TEMPORAL_NAMESPACE: namespace,
    TIKTOK_API_URL: tiktok.url,
    TIKTOK_PIXEL_URL: `${tiktok.url}/i18n/pixel/events.js`,
    TIKTOK_PIXEL_CODE: pixelCode,
    TIKTOK_ACCESS_TOKEN: accessToken,
    OPERATOR_TOKEN: operatorToken,
    OPERATOR_PASSWORD: operatorPassword,
    ALLOWED_ORIGINS: 'https://shop.example.com',
    COLLECT_PER_MINUTE: '10000000',
    LOG_LEVEL: 'info',
    NODE_OPTIONS: '--max-old-space-size=1024',
    ...environmentOf(paypal.url),
  });
  let ended: string | null = null;
  void service.exited.then((code) => (ended = `the process ended with ${String(code)}: ${service.output.slice(-2_000)}`));
  const log = readLog(service);
  const { url } = service;

  return {
    url,
    memory: () => memoryOf(url),
    errorLines: () => [...log.errors.values()],
    refusals: () => [...log.refusals],
    async faults() {
      if (ended !== null) return [ended];
      const found = await Promise.all([
        pagesFail(url),
        blockedWorkflows(url, namespace),
        purchaseFails(url, () => tiktok.events()),
      ]);
      return found.flat();
    },
    async close() {
      await service.stop();
      await paypal.close();
      await tiktok.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The log is read while it comes, so that a long run does not keep it. */
function readLog(service: Service): { readonly errors: ReadonlyMap<string, string>; readonly refusals: ReadonlySet<string> } {
  const errors = new Map<string, string>();
  const refusals = new Set<string>();
  let rest = '';
  service.child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    if (service.output.length > 1_000_000) service.output = service.output.slice(-100_000);
    for (const line of lines.filter((each) => /"level":(50|60|"error"|"fatal")/.test(each))) {
      const kind = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 100);
      if (!errors.has(kind)) errors.set(kind, line.slice(0, 2_000));
    }
    for (const line of lines) {
      if (!/"outcome":"unavailable"|"msg":"a request could not be answered now"/.test(line)) continue;
      refusals.add(/"reason":"([^"]*)"/.exec(line)?.[1] ?? line);
    }
  });
  return { errors, refusals };
}

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: authorization })).text();
}

const authorization = { authorization: `Bearer ${operatorToken}` };

async function memoryOf(url: string) {
  const text = await metricsOf(url);
  const megabytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? NaN) / 1e6);
  return { residentMb: megabytes('process_resident_memory_bytes'), heapMb: megabytes('nodejs_heap_size_used_bytes') };
}

const pages = [
  '/',
  '/purchases',
  '/attention',
  '/providers',
  '/checks',
  '/report',
  '/users',
  '/quarantine',
  '/changes',
  '/tiktok',
];

/** Reports, lists and pages answer 200. */
async function pagesFail(url: string): Promise<readonly string[]> {
  const day = (n: number): string => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  const span = `from=${day(-200)}&to=${day(2)}`;
  const everything = 'from=1971-01-01&to=2999-12-31';
  const asked: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ...['/healthz', '/readyz', '/metrics', '/pixel.js', '/pixel/config'].map((path) => [path, authorization] as const),
    ...[`/api/report?${span}`, `/api/report?${everything}`, `/api/report?${everything}&detail=payments`].map(
      (path) => [path, authorization] as const,
    ),
    [`/api/report?${everything}`, { ...authorization, accept: 'text/csv' }],
    ['/api/purchases', authorization],
    ['/api/purchases', { ...authorization, accept: 'text/csv' }],
    [`/api/coverage?${span}`, authorization],
    ['/api/attention', authorization],
    ['/api/quarantine', authorization],
    ['/api/webhook-log', authorization],
  ];
  const cookie = await signIn(url);
  const faults = await Promise.all([
    ...asked.map(([path, headers]) => notOk(`${url}${path}`, headers)),
    ...pages.map((path) => notOk(`${url}/console${path}`, { cookie })),
  ]);
  return faults.flat();
}

async function notOk(address: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const response = await fetch(address, { headers, redirect: 'manual', signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  return response.status === 200 ? [] : [`GET ${new URL(address).pathname} is ${response.status}: ${text.slice(0, 300)}`];
}

/** The session's cookie. */
export async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ name: 'fuzzer', secret: operatorPassword }).toString(),
  });
  if (response.status !== 303) throw new Undocumented(`signing in is ${response.status}`);
  return response.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ');
}

/** Settings with which purchases are sent, whatever was patched. */
const workingSettings = {
  ...{ pixelCode, accessToken, testEventCode: null, paused: false, limitPurchaseEvents: false },
  consent: { denied: 'do_not_send', unknown: 'send' },
  policy: { subscription: { conversion: { send: true, eventName: null, value: null } } },
};

/** A good webhook of an order that nobody has seen is accepted, and TikTok gets its purchase. */
async function purchaseFails(
  url: string,
  received: () => readonly { readonly eventId: string | null }[],
): Promise<readonly string[]> {
  const patched = await fetch(`${url}/api/settings`, {
    method: 'PATCH',
    headers: { ...authorization, 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(workingSettings),
  });
  if (patched.status !== 200) return [`PATCH /api/settings is ${patched.status}: ${await patched.text()}`];
  const moneyId = `after-${Date.now()}`;
  const raw = Buffer.from(
    JSON.stringify({
      kind: 'conversion',
      subscription_id: `order-${moneyId}`,
      money_id: moneyId,
      amount: '19.99',
      currency: 'USD',
      occurred_at: new Date().toISOString(),
      metadata: { user_id: `user-${moneyId}` },
    }),
  );
  try {
    await eventually(async () => {
      const headers = { 'content-type': 'application/json', ...accountOf('generic').sign(raw, Date.now()) };
      const { status } = await fetch(`${url}/webhooks/generic`, { method: 'POST', headers, body: new Uint8Array(raw) });
      if (status !== 200) throw new Error(`a good webhook is ${status}`);
      if (!received().some(({ eventId }) => eventId === `generic:${moneyId}`)) throw new Error('a good purchase was not sent');
    }, 180_000);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Orders whose workflow cannot go on: a task of theirs has failed, and was tried again. */
async function blockedWorkflows(url: string, namespace: string): Promise<readonly string[]> {
  const failed = /^temporal_workflow_task_execution_failed(?:_total)?\{([^}]*)\} ([1-9]\S*)/gm;
  const metric = [...(await metricsOf(url)).matchAll(failed)].map(
    ([, labels = '', count = '']) => `${count} failed workflow tasks (${labels})`,
  );
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    const blocked: string[] = [];
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await connection.workflowService.listOpenWorkflowExecutions({
        namespace,
        maximumPageSize: 500,
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      });
      for (const { execution } of page.executions ?? []) {
        const { pendingWorkflowTask } = await connection.workflowService.describeWorkflowExecution({
          namespace,
          execution: execution ?? null,
        });
        if (Number(pendingWorkflowTask?.attempt ?? 0) > 2) blocked.push(`${String(execution?.workflowId)} is blocked`);
      }
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
    return [...metric, ...blocked.slice(0, 20)];
  } finally {
    await connection.close();
  }
}
