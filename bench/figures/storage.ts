/** Bytes that a renewal leaves on the disk: our database and Temporal's, against what the bare side leaves in Temporal's alone. */
import { query } from '../../scripts/stack/postgres';
import type { Figure } from '../figure';
import type { Goal, Row } from '../results';

/** Beside one row of the list of purchases, with its indexes. */
const goal: Goal = { of: 'ratio', atMost: 1.2 };

export const storage: Figure = {
  name: 'storage',
  stacks: ['postgres'],
  async measure({ ours, bare, rounds, postgres, isShort, progress }) {
    if (postgres === null) return [];
    progress('storage');
    const count = isShort ? 200 : 500;
    const { adminUrl } = postgres;
    const urlOf = (database: string): string => adminUrl.replace(/\/postgres$/, `/${database}`);
    const databases = (await query(adminUrl, 'select datname from pg_database where not datistemplate')).map(({ datname }) =>
      String(datname),
    );
    /** Without what is dead: a renewal is not charged for what is written over. */
    const size = async (): Promise<Record<string, number>> => {
      const sizes: Record<string, number> = {};
      for (const database of databases) {
        await query(urlOf(database), 'vacuum full');
        const [row] = await query(adminUrl, `select pg_database_size('${database}') as bytes`);
        sizes[database] = Number(row?.['bytes']);
      }
      return sizes;
    };
    const grown = (before: Record<string, number>, after: Record<string, number>, of: (database: string) => boolean): number =>
      databases.filter(of).reduce((sum, name) => sum + ((after[name] ?? 0) - (before[name] ?? 0)) / count, 0);

    const values: { relay: number[]; ours: number[]; bare: number[] } = { relay: [], ours: [], bare: [] };
    for (let round = 0; round < Math.min(rounds, 3); round++)
      for (const side of [ours, bare]) {
        const before = await size();
        await side.send(side.fleet.renewals(count), 16);
        await side.drained();
        const after = await size();
        if (side.name === 'ours') values.relay.push(grown(before, after, (database) => database === 'relay'));
        values[side.name].push(grown(before, after, (database) => side.name === 'ours' || database !== 'relay'));
      }
    const [row] = await query(urlOf('relay'), `select pg_total_relation_size('purchases') / count(*) as bytes from purchases`);
    const rowBytes = Number(row?.['bytes']);
    const rows: readonly Row[] = [
      {
        ...{ name: 'a renewal, without its row in the list', unit: 'bytes', goal, bare: values.bare },
        ours: values.ours.map((bytes) => bytes - rowBytes),
        note: `the row has ${rowBytes} bytes with its indexes`,
      },
      { name: 'a renewal, in all', unit: 'bytes', goal: null, ours: values.ours, bare: values.bare },
      { name: 'a renewal, in our database', unit: 'bytes', goal: null, ours: values.relay, bare: null },
    ];
    return rows;
  },
};
