/**
 * `npm run import-buyers -- FILE.csv [--integration=default]`: buyers of before this service, sent to the running service in parts. Killed, it is
 * started again: what is there is known, and costs next to nothing.
 */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ImportProblem, ImportReport } from '../application/buyer-import/import';
import { type ListPart, partsOf } from '../application/buyer-import/parts';
import { ConfigError, configFromEnvironment, publicUrl } from '../config/config';

/** Some 2 MB, and seconds of work: far from the limits of servers and proxies, and what a repetition does again. */
const linesPerPart = 20_000;

/** Problems that are printed; the rest is counted. */
const mostPrinted = 1_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { integration: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [file] = positionals;
  if (values.help) return void process.stdout.write(usage);
  if (file === undefined || positionals.length > 1) throw new Error(usage);
  const config = configFromEnvironment('all');
  const url = new URL('/api/buyers/import', publicUrl(config.web, config.web.port));
  if (values.integration) url.searchParams.set('integration', values.integration);

  const sum = { imported: 0, known: 0, refused: 0, leftOut: 0 };
  let printed = 0;
  const print = ({ line, column, message }: ImportProblem): void => {
    printed += 1;
    if (printed <= mostPrinted) process.stderr.write(`line ${line}: ${column === null ? '' : `${column} `}${message}\n`);
    if (printed === mostPrinted + 1) process.stderr.write('… and more\n');
  };
  let lines = 0;
  for await (const part of partsOf(createReadStream(file), linesPerPart)) {
    const report = await send(url, part, config.operator?.token ?? '');
    for (const name of ['imported', 'known', 'refused', 'leftOut'] as const) sum[name] += report[name];
    sum.refused += part.problems.length;
    const problems = [...part.problems, ...report.problems.map((problem) => ({ ...problem, line: part.lineOf(problem.line) }))];
    problems.sort((a, b) => a.line - b.line).forEach(print);
    lines += part.lines;
    process.stderr.write(`${lines} lines: ${inWords(sum)}\n`);
  }
  process.stdout.write(`${inWords(sum)}\n`);
  if (sum.leftOut > 0) process.stdout.write(`${sum.leftOut} values that name nobody were left out of lines that were taken\n`);
  if (sum.imported + sum.known === 0) throw new Error('no line could be taken');
}

function inWords({ imported, known, refused }: Pick<ImportReport, 'imported' | 'known' | 'refused'>): string {
  return `${imported} imported, ${known} known before, ${refused} refused`;
}

const usage = `npm run import-buyers -- FILE.csv [options]: buyers of before this service, sent to the running service

  --integration=default  one integration, where there are several

FILE.csv has a header and a buyer a line:
  user_id, email or email_sha256 (or customer_id with psp)   who; one of them is enough
  first_purchase_at                                          2025-03-31 or 2025-03-31T14:05:00Z
`;

/** Pauses between tries, while the service starts again or has others to answer. */
const pausesMs = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

async function send(url: URL, { csv, lines }: ListPart, token: string): Promise<ImportReport> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' };
  if (lines === 0) return { imported: 0, known: 0, refused: 0, leftOut: 0, ignoredColumns: 0, problems: [] };
  for (const pauseMs of [...pausesMs, null]) {
    const response = await fetch(url, { method: 'POST', headers, body: csv }).catch(() => null);
    if (response?.ok) return (await response.json()) as ImportReport;
    const mayPass = response === null || response.status === 503 || response.status === 429;
    if (!mayPass) throw new Error(await refusalOf(response));
    if (pauseMs === null) break;
    await sleep(pauseMs);
  }
  throw new Error(
    `nothing answers at ${url.origin}: start the service (npm start), or set PUBLIC_URL; then run this again, which goes on where it ended`,
  );
}

async function refusalOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { readonly title?: string; readonly detail?: string };
  const hint = response.status === 401 ? '; OPERATOR_TOKEN and DATA_DIR must be those of the service' : '';
  return `the service refused: ${problem.detail ?? problem.title ?? `status ${response.status}`}${hint}`;
}

main().catch((error: unknown) => {
  const lines = error instanceof ConfigError ? error.lines.join('\n') : error instanceof Error ? error.message : String(error);
  process.stderr.write(`${lines}\n`);
  process.exitCode = 1;
});
