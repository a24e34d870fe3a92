/** The command itself, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

jest.setTimeout(240_000);

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

const cell = (currency: string, amount: string): string => `✓ Purchase ${currency}${amount}`;
const rows = (currency: string) => ({
  off: [
    ['', cell(currency, '9.99'), cell(currency, '9.99')],
    [cell(currency, '0.00'), cell(currency, '19.99'), cell(currency, '19.99')],
    [cell(currency, '1.00'), cell(currency, '29.99'), cell(currency, '29.99')],
    ['', cell(currency, '89.00'), ''],
  ],
  on: [
    ['', cell(currency, '9.99'), '✓ – limited'],
    [cell(currency, '0.00'), cell(currency, '19.99'), '✓ – limited'],
    [cell(currency, '1.00'), '✓ – limited', '✓ – limited'],
    ['', cell(currency, '89.00'), ''],
  ],
});

/** A table's rows of one provider, without the columns of names. */
function tableOf(output: string, limit: 'off' | 'on', psp: string): string[][] {
  const table = output.slice(output.indexOf(`Limit Purchase Events ${limit}, as observed`)).split('└')[0] ?? '';
  const cells = table.split('\n').map((line) => line.split('│').map((text) => text.trim()));
  return cells.filter((row) => row[2] === psp).map((row) => row.slice(3, 6));
}

it('plays both tables, sees at TikTok’s end what the policy says, and leaves nothing behind', async () => {
  const { code, output } = await run('npm', ['run', 'demo']);
  expect({ code, output }).toMatchObject({ code: 0 });
  for (const limit of ['off', 'on'] as const) {
    expect(tableOf(output, limit, 'stripe')).toEqual(rows('$')[limit]);
    expect(tableOf(output, limit, 'generic')).toEqual(rows('€')[limit]);
  }
  expect(output).toMatch(/From webhook to TikTok +events +median +p90 +max\nstripe +14 +\d+ ms +\d+ ms +\d+ ms\ngeneric +14 /);
  expect(output).toContain('TikTok’s end warned of nothing');
  expect(output).toContain('28 events counted, 8 payments kept back');
  for (const unwanted of ['✗', '\u001b', '"level"']) expect(output).not.toContain(unwanted); // a difference, a control code, the log
  expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(150); // npm's own lines included
  expectNothingLeft();
});

const entry = ['--import', 'tsx', join(root, 'src', 'demo.ts')];

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
