/**
 * Importing buyers of before into PostgreSQL: a list of a million lines, new, and then once more. The list is made as it is read, so that it costs
 * no disk; reader, database and lines are those of `npm run import-buyers`, in one process.
 */
import { importBuyers, type ImportReport } from '../../src/application/buyer-import/import';
import { Keyring } from '../../src/crypto/keyring';
import { createUserKeys } from '../../src/crypto/user-keys';
import { openStore } from '../../src/store';
import { postgresBinaries, startPostgres } from '../../test/support/postgres';
import type { FigureAlone } from '../figure';
import type { Row } from '../results';

const goalMinutes = 10;

export const buyers: FigureAlone = {
  name: 'buyers',
  onlyWhenAsked: true,
  async measureAlone({ isShort, progress }) {
    const binaries = postgresBinaries();
    if (binaries === null) return [];
    const count = isShort ? 20_000 : 1_000_000;
    const postgres = await startPostgres(binaries);
    const keyring = new Keyring([{ id: 'bench', key: Buffer.alloc(32, 1) }]);
    const store = await openStore({ databaseUrl: postgres.url, dataDir: null, keyring });
    const timed = async (what: string): Promise<{ readonly minutes: number; readonly report: ImportReport }> => {
      progress(`buyers: ${what}`);
      const startedAtMs = performance.now();
      const deps = {
        ...{
          buyerImports: store.buyerImports,
          audit: store.audit,
          keys: createUserKeys('a pepper of the bench'),
          nowMs: Date.now,
        },
        telemetry: { usersJoined: () => undefined },
      };
      const result = await importBuyers(deps, { integration: 'default', by: 'bench', source: listOf(count) });
      if (result.kind === 'unreadable') throw new Error(result.message);
      return { minutes: (performance.now() - startedAtMs) / 60_000, report: result.report };
    };
    try {
      const first = await timed('new');
      const again = await timed('once more');
      if (first.report.imported !== count || again.report.known !== count)
        throw new Error(`of ${count} buyers ${first.report.imported} were imported, then ${again.report.known} known`);
      const name = `${count.toLocaleString('en')} lines`;
      const row = (what: string, minutes: number): Row => ({
        ...{ name: `${name}, ${what}`, unit: 'minutes', ours: [minutes], bare: null },
        ...{ goal: { of: 'median', atMost: goalMinutes }, note: `${Math.round(count / minutes / 60)} a second` },
      });
      return [row('new', first.minutes), row('once more', again.minutes)];
    } finally {
      await store.close();
      await postgres.stop();
    }
  },
};

/** A user id, an e-mail and a day on each line. */
async function* listOf(count: number): AsyncGenerator<Uint8Array> {
  const linesPerChunk = 1_000;
  yield Buffer.from('user_id,email,first_purchase_at\n');
  for (let from = 0; from < count; from += linesPerChunk) {
    const lines = Array.from({ length: Math.min(linesPerChunk, count - from) }, (_, n) => lineOf(from + n));
    yield Buffer.from(lines.join(''));
  }
}

function lineOf(n: number): string {
  const day = new Date(Date.UTC(2024, 0, 1 + (n % 700))).toISOString().slice(0, 10);
  return `user-${n},buyer.${n}@example.com,${day}\n`;
}
