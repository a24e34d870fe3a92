/** The command itself, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Its temporary folder is ours; what else it may need of the environment is little. */
function run(
  command: string,
  args: readonly string[],
  { watch, cliPath }: { watch?: (output: string, child: ChildProcess) => void; cliPath?: string } = {},
): Promise<Ended> {
  const { PATH, HOME, TEST_TEMPORAL_CLI } = process.env;
  const env = { PATH, HOME, TEMPORAL_CLI_PATH: cliPath ?? TEST_TEMPORAL_CLI, TMPDIR: temporary };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      watch?.(output, child);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** No process has our folder in its command line, and nothing of the demo is in it. */
function expectNothingLeft(): void {
  expect(readdirSync(temporary).filter((name) => name.startsWith('relay-demo-'))).toEqual([]);
  const commands = readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? [commandLine(pid)] : []));
  expect(commands.filter((command) => command.includes(temporary))).toEqual([]);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Of each provider: name, currency, how many payments a check has to find. */
const providers: readonly (readonly [string, string, number | null])[] = [
  ['stripe', 'USD', 5],
  ['paddle', 'GBP', 5],
  ['solidgate', 'PLN', 5],
  ['paypal', 'CAD', 5],
  ['primer', 'SEK', 4],
  ['funnelfox', 'AUD', null],
  ['revenuecat', 'CHF', null],
  ['lemonsqueezy', 'BRL', null],
  ['generic', 'EUR', null],
];

/** The tables of product.md, a text per purchase type. */
const tables = {
  off: {
    policy: ['9.99 9.99', '0.00 19.99 19.99', '1.00 29.99 29.99', '89.00'],
    marks: ['✓ ✓', '✓ ✓ ✓', '✓ ✓ ✓', '✓'],
  },
  on: {
    policy: ['9.99 –', '0.00 19.99 –', '1.00 – –', '89.00'],
    marks: ['✓ –', '✓ ✓ –', '✓ – –', '✓'],
  },
};

/** A table's rows, each a list of its cells. */
function tableOf(output: string, limit: 'off' | 'on'): string[][] {
  return rowsUnder(output, `Limit Purchase Events ${limit}, as observed`);
}

/** The rows of the table under a title. */
function rowsUnder(output: string, title: string): string[][] {
  const table = output.slice(output.indexOf(`\n${title}`)).split('└')[0] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('│'));
  return rows.map((row) =>
    row
      .split('│')
      .slice(1, -1)
      .map((text) => text.trim().replace(/ +/g, ' ')),
  );
}

it('plays both tables at every provider, sees at TikTok’s end what the policy says, and leaves nothing behind', async () => {
  const { code, output } = await run('npm', ['run', 'demo']);
  if (code !== 0) throw new Error(output);
  for (const limit of ['off', 'on'] as const) {
    const [types, , policy, ...rows] = tableOf(output, limit);
    expect(types).toEqual(['', 'Subscription only', 'Free trial', 'Paid trial', 'Lifetime']);
    expect(policy).toEqual(['Purchase of', ...tables[limit].policy]);
    const expected = providers.map(([name, currency]) => [`${name} ${currency}`, ...tables[limit].marks]);
    expect(rows.map(([name = '', ...marks]) => [name.replace(/[¹²³⁴⁵⁶⁷⁸⁹]/, ''), ...marks])).toEqual(expected);
  }
  for (const [name, , lost] of providers) {
    const found = new RegExp(`✓ ${name} +found by the check: (\\d+) of (\\d+)\n`).exec(output);
    expect([name, found?.[1], found?.[2]]).toEqual([name, lost?.toString(), lost?.toString()]);
  }
  expect(output).toMatch(/From webhook to TikTok +median \d+ ms, p90 \d+ ms, max \d+ ms of 130 events\n/);
  for (const [name, currency] of providers)
    expect(rowsUnder(output, 'One account, two pixels')).toContainEqual([`${name} ${currency}`, '✓ ✓', '✓ ✓', '✓ ✓', '–']);
  for (const [name] of providers) expect(rowsUnder(output, 'Who is new').find(([first]) => first === name)).toBeDefined();
  expect(rowsUnder(output, 'Held trials (24 hours)')).toEqual([
    ['Trial', 'Purchase', 'its record says'],
    ['lasts 24 hours', expect.stringMatching(/^sent, \d+\.\d s after its hold ended$/), ''],
    ['cancelled after an hour', '–', 'cancelled_in_hold'],
    ['paid, refunded after two hours', '–', 'cancelled_in_hold'],
  ]);
  expect(output).toContain('✓ 191 purchases sent, TikTok counts 188: 3 fewer; 3 were planted');
  expect(output).toContain('TikTok’s end warned of nothing');
  expect(output).toContain('154 events counted (24 found by checks), 36 payments kept back');
  for (const unwanted of ['✗', '\u001b', '"level"']) expect(output).not.toContain(unwanted); // a difference, a control code, the log
  const lines = output.slice(output.indexOf('Every purchase')).split('\n'); // without npm's own
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  expectNothingLeft();
});

/** As `npm run demo` starts it. */
const entry = ['scripts/run.mjs', 'demo/demo'];

it.each([
  ['while it plays', '✓ Worker'],
  ['while it starts', '✓ Temporal server'],
])('cleans up when it is interrupted %s', async (_, after) => {
  let isInterrupted = false;
  const { code, output } = await run(process.execPath, entry, {
    watch: (said, child) => {
      if (isInterrupted || !said.includes(after)) return;
      isInterrupted = true;
      child.kill('SIGINT');
    },
  });
  expect({ code, output }).toEqual({ code: 130, output: expect.stringContaining('nothing is left behind') });
  expect(output).not.toContain('as observed');
  expectNothingLeft();
});

it('takes its Temporal server and its folder along when it is interrupted twice', async () => {
  let interrupts = 0;
  const { code } = await run(process.execPath, entry, {
    watch: (said, child) => {
      if (interrupts > 0 || !said.includes('✓ Temporal server')) return;
      interrupts = child.kill('SIGINT') ? 1 : 0;
      setTimeout(() => child.kill('SIGINT'), 50);
    },
  });
  expect(code).toBe(130);
  expectNothingLeft();
});

it('says why it cannot start, and leaves nothing behind', async () => {
  const { code, output } = await run(process.execPath, entry, { cliPath: '/nowhere/temporal' });
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringContaining('TEMPORAL_CLI_PATH: /nowhere/temporal is not an executable file'),
  });
  expectNothingLeft();
});
