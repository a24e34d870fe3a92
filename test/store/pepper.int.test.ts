/** A new pepper over a database: all that the store must do while it comes, at every call anew; and the walk over what nobody meets. */
import { sql } from 'drizzle-orm';
import { createPepperLayers } from '../../src/crypto/pepper-layers';
import type { Store } from '../../src/store';
import { storeOver } from '../../src/store';
import type { Database } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { readMigrations } from '../../src/store/driver/migrations';
import { openPglite } from '../../src/store/driver/pglite';
import { storeConformance } from './conformance';

const many = createPepperLayers(Array.from({ length: 40 }, (_, n) => `secret of layer ${n + 2}`));

let growing: Database;
beforeEach(async () => void (growing && (await growing.queries.execute(sql`delete from pepper_generations`))));

storeConformance('PGlite, where a layer is added before every call', async () => {
  growing = await openPglite(null);
  await migrate(growing, readMigrations());
  return {
    open: async (keyring) => addingLayers(storeOver(growing, keyring, many)),
    raw: async (statement) =>
      ((await growing.queries.execute(sql.raw(statement))) as unknown as { rows: Record<string, unknown>[] }).rows,
    close: () => growing.close(),
  };
});

/** Before each call the database goes on by a generation, and nothing is lifted. */
function addingLayers(store: Store): Store {
  const addLayer = () =>
    growing.queries.execute(sql`
      insert into pepper_generations select coalesce(max(generation), 1) + 1, false from pepper_generations
      having coalesce(max(generation), 1) < ${many.newest}`);
  const before = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          await addLayer();
          return (member as (...given: unknown[]) => unknown)(...args);
        };
      },
    });
  const parts = ['users', 'visitors', 'firstPurchases', 'userJoins', 'purchases', 'personalData', 'quarantine'] as const;
  return new Proxy(store, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name);
      return parts.some((one) => one === name) ? before(part as object) : part;
    },
  });
}
