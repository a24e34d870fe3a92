/** docs/benchmarks.md and its pictures, from a report. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { barsOf } from './pictures';
import type { Report } from './report';
import { cellsOf, columns, isMet, type Result } from './results';

const docs = join(__dirname, '..', 'docs');
const picturesFolder = 'pictures/benchmarks';

/** Figures that are worth a picture, with its title. */
const pictured: Readonly<Record<string, string>> = {
  ack: 'Renewals acknowledged per second',
  'end-to-end': 'Purchases that reach TikTok’s end per second',
  latency: 'From the webhook to TikTok’s end, unloaded',
  start: 'From the start to ready',
  storage: 'Bytes on the disk for a renewal',
  peer: 'Processor time for one event',
};

export async function writeDocs(report: Report): Promise<void> {
  mkdirSync(join(docs, picturesFolder), { recursive: true });
  const pictures = new Map<string, string>();
  for (const [figure, title] of Object.entries(pictured)) {
    // One unit to a picture: for `ack` the rates.
    const unit = report.results.find((result) => result.figure === figure)?.unit;
    const picture = barsOf(
      title,
      report.results.filter((result) => result.figure === figure && result.unit === unit),
    );
    if (picture === null) continue;
    const file = `${picturesFolder}/${figure}.svg`;
    writeFileSync(join(docs, file), picture);
    pictures.set(figure, `![${title}](${file})`);
  }
  const file = join(docs, 'benchmarks.md');
  const text = pageOf(report, pictures);
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}

/** The page as Markdown; `pictures` by the figure's name. */
export function pageOf({ machine, isShort, results }: Report, pictures: ReadonlyMap<string, string>): string {
  const met = results.map((result) => isMet(result)).filter((one) => one !== null);
  const figures = [...new Set(results.map(({ figure }) => figure))];
  return `# Benchmarks

Written by \`npm run bench -- --docs\`; do not edit. ${met.filter(Boolean).length} of ${met.length} goals are met.

| machine | |
| --- | --- |
| day, commit | ${machine.day}, ${machine.commit} |
| processors | ${machine.cpus} |
| memory | ${machine.memoryGb} GB |
| Node.js | ${machine.node} |
| Temporal SDK | ${machine.temporalSdk} |
| rounds | ${roundsOf(results)}, ours and bare in turns |
| size | ${isShort ? 'a look: few webhooks for each figure' : 'full'} |

## How to read this

- **bare** is the least code that does the same with the same Temporal SDK, server, codec and sizes: a webhook becomes a signal-with-start, the
  workflow runs an activity for each signal, the activity posts to the receiver. It verifies no signature, keeps no row, limits nothing
  (\`bench/bare\`). Nobody could run it; it says what Temporal and HTTP alone cost here.
- **embedded** is \`npm start\`: one process with PGlite and a Temporal dev server, beside a bare web and worker with a dev server of the same
  kind. **postgres** is web and worker on a real Temporal server and PostgreSQL 15, which bare shares.
- Web, worker, Temporal and receiver are processes of their own; all share this machine, and so does the sender.
- Values are the median of the rounds, with the least and the most in parentheses. The ratio is taken round by round: absolute numbers say what
  this machine can do, ratios say what the service costs on any.
- A figure alone: \`npm run bench -- --only ack --stack postgres --rounds 5\`. The quick look of CI: \`npm run bench -- --short\`.

## Results

${row(columns)}
${row(columns.map(() => '---'))}
${results.map((result) => row(cellsOf(result))).join('\n')}

${figures
  .map((figure) => sectionOf(figure, results, pictures.get(figure)))
  .filter(Boolean)
  .join('\n\n')}
`;
}

/** Of what is compared. */
function roundsOf(results: readonly Result[]): string {
  const counts = results.filter(({ bare, figure }) => bare !== null && figure !== 'start').map(({ ours }) => ours.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(most) : `${least} to ${most}`;
}

function sectionOf(figure: string, results: readonly Result[], picture: string | undefined): string {
  const notes = results.flatMap((result) =>
    result.figure === figure && result.note !== undefined
      ? [`- ${[result.stack, result.name].filter(Boolean).join(', ')}: ${result.note}`]
      : [],
  );
  if (picture === undefined && notes.length === 0) return '';
  return [`## ${figure}`, ...(picture === undefined ? [] : [picture]), ...(notes.length === 0 ? [] : [notes.join('\n')])].join(
    '\n\n',
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
