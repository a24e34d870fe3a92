/** A user with 3,000 orders costs what one with three costs, and is erased in two seconds. */
import { Keyring } from '../../src/crypto/keyring';
import { createUserKeys } from '../../src/crypto/user-keys';
import { openPostgres, patient } from '../../src/store/driver/postgres';
import type { Figure, Measuring } from '../figure';
import type { Goal } from '../results';
import { seed } from '../seed';
import { median } from '../statistics';

const asOther: Goal = { of: 'ratio', atMost: 1.2 };
/** Milliseconds. */
const erased: Goal = { of: 'worst', atMost: 2_000 };

/** The ids of the two users and their first orders, beside those of the service. */
const [large, small] = [
  { id: 2_000_000_001, orders: 3_000, firstOrder: 50_000_000 },
  { id: 2_000_010_001, orders: 3, firstOrder: 60_000_000 },
];

export const user: Figure = {
  name: 'user',
  stacks: ['postgres'],
  async measure(on) {
    if (on.postgres === null) return [];
    on.progress('user: with 3,000 orders');
    await fill(on);
    const measured = { large: [] as number[], small: [] as number[] };
    const fleet = on.ours.newFleet();
    for (let round = 0; round < on.rounds; round++)
      for (const [name, { id }] of [
        ['large', large],
        ['small', small],
      ] as const) {
        const { latenciesMs } = await on.ours.send(fleet.firstPurchases(10, userName(id)), 1);
        await on.ours.drained();
        measured[name].push(median(latenciesMs));
      }
    const startedAtMs = performance.now();
    await on.api('POST', `/users/${userName(large.id)}/erase`, { by: 'bench' });
    const erasedMs = performance.now() - startedAtMs;
    return [
      {
        ...{ name: 'a new order of a user with 3,000: acknowledged in', unit: 'ms', goal: asOther, against: 'one with 3' },
        ...{ ours: measured.large, bare: measured.small },
      },
      { name: 'erasure of a user with 3,000 orders', unit: 'ms', ours: [erasedMs], bare: null, goal: erased },
    ];
  },
};

function userName(id: number): string {
  return `user-${id - 1}`;
}

async function fill({ postgres, secrets }: Measuring): Promise<void> {
  const database = await openPostgres(postgres?.databaseUrl ?? '', patient);
  try {
    const keyring = new Keyring([{ id: 'k1', key: secrets.encryptionKey }]);
    const keys = createUserKeys(secrets.pepper);
    for (const { id, orders, firstOrder } of [large, small])
      await seed({ database, keyring, keys, orders, firstOrder, nowMs: Date.now(), userOf: () => id });
  } finally {
    await database.close();
  }
}
