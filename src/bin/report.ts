/** `npm run report -- [--from=2026-11-01] [--to=2026-12-01] [--psp=stripe] [--csv]`: the account, asked of the running service. */
import { parseArgs } from 'node:util';
import { ConfigError, configFromEnvironment, publicUrl } from '../config/config';
import type { ReportRow } from '../application/accounting-report';
import { purchaseStates } from '../domain/purchase';

interface Answer {
  readonly from: string;
  readonly to: string;
  readonly rows: readonly ReportRow[];
  readonly missing: readonly { readonly psp: string; readonly moneyId: string }[];
  readonly unchecked: readonly { readonly psp: string; readonly reason: string }[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      psp: { type: 'string' },
      integration: { type: 'string' },
      csv: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { csv, help, ...filters } = values;
  if (help) return void process.stdout.write(usage);
  const config = configFromEnvironment('all');
  const url = new URL('/api/report', publicUrl(config.web, config.web.port));
  for (const [name, value] of Object.entries(filters)) if (value) url.searchParams.set(name, value);

  const headers = { authorization: `Bearer ${config.operator?.token ?? ''}`, accept: csv ? 'text/csv' : 'application/json' };
  const response = await fetch(url, { headers }).catch(() => {
    throw new Error(`nothing answers at ${url.origin}: start the service (npm start), or set PUBLIC_URL`);
  });
  if (!response.ok) throw new Error(await refusalOf(response));
  process.stdout.write(csv ? await response.text() : readable((await response.json()) as Answer));
}

const usage = `npm run report -- [options]: what was charged, sent and kept back, asked of the running service

  --from=2026-11-01      from this day or time on (default: 30 days before --to)
  --to=2026-12-01        until this day or time, which is not included (default: now)
  --psp=stripe           one provider
  --integration=default  one integration, where there are several
  --csv                  as CSV
`;

/** The problem document in words, each field by its option. */
async function refusalOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as {
    readonly title?: string;
    readonly detail?: string;
    readonly errors?: readonly { readonly path: string; readonly message: string }[];
  };
  const fields = problem.errors?.map(({ path, message }) => `--${path} ${message}`) ?? [];
  if (fields.length > 0) return fields.join('\n');
  const cause = problem.detail ?? problem.title ?? `status ${response.status}`;
  const hint = response.status === 401 ? '; OPERATOR_TOKEN and DATA_DIR must be those of the service' : '';
  return `the service refused: ${cause}${hint}`;
}

/** A line per provider and currency and state that has anything, then what is missing. */
function readable({ from, to, rows, missing, unchecked }: Answer): string {
  const title = `${from.slice(0, 16)} to ${to.slice(0, 16)} (UTC)`;
  const blocks = rows.map((row) => {
    const states = (['charged', ...purchaseStates, 'failed'] as const).filter(
      (state) => state === 'charged' || row[state].count > 0,
    );
    const lines = states.map(
      (state) =>
        `  ${state.replaceAll('_', ' ').padEnd(16)}${String(row[state].count).padStart(8)}${row[state].amount.padStart(16)} ${row.currency}`,
    );
    return [`${row.psp}, ${row.currency}`, ...lines].join('\n');
  });
  const lost = missing.map(({ psp, moneyId }) => `  ${psp} ${moneyId}`);
  const notAsked = unchecked.map(({ psp, reason }) => `  ${psp}: ${reason}`);
  const sections = [
    title,
    ...(blocks.length > 0 ? blocks : ['no payments in this period']),
    lost.length > 0
      ? ['The provider has these, and we do not:', ...lost].join('\n')
      : 'Nothing is missing where providers could be asked',
    ...(notAsked.length > 0 ? [['Not compared with what they have:', ...notAsked].join('\n')] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

main().catch((error: unknown) => {
  const lines = error instanceof ConfigError ? error.lines.join('\n') : error instanceof Error ? error.message : String(error);
  process.stderr.write(`${lines}\n`);
  process.exitCode = 1;
});
