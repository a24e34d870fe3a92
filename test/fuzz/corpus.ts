/**
 * The bodies that fuzzing starts from: what our stand-ins of the providers send (`corpus/<provider>.json`, written by
 * `npm run fuzz -- --corpus`), what once failed (`corpus/found.json`), and, where they lie beside the repository, recorded webhooks.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { psps, sales, type Sent } from './providers';

const folder = join(__dirname, 'corpus');
const recorded = join(__dirname, '../../../shared/fixtures/psp');

/** What all providers' stand-ins send, and what was recorded of them. */
export function corpus(): readonly Sent[] {
  return [...psps.flatMap((psp) => sentBy(psp)), ...recordedBodies()];
}

function sentBy(psp: string): readonly Sent[] {
  return JSON.parse(readFileSync(join(folder, `${psp}.json`), 'utf8')) as readonly Sent[];
}

/** A folder is named after its provider; a file that begins with `_` holds headers, or a test's body. */
function recordedBodies(): readonly Sent[] {
  if (!existsSync(recorded)) return [];
  return psps.flatMap((psp) => {
    const own = join(recorded, psp === 'funnelfox' ? 'funnelfox-billing' : psp);
    const files = existsSync(own) ? readdirSync(own).filter((name) => /^[^_].*\.json$/.test(name)) : [];
    return files.map((name) => ({ psp, body: JSON.parse(readFileSync(join(own, name), 'utf8')) as unknown, headers: {} }));
  });
}

/** Writes the files of the corpus anew. */
export function writeCorpus(): void {
  for (const psp of psps) {
    const bodies = sales(psp, 'fuzz', Date.UTC(2026, 10, 1, 12));
    writeFileSync(join(folder, `${psp}.json`), `${JSON.stringify(bodies, null, 1)}\n`);
  }
}
