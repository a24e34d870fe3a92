/** What a full database costs: the acknowledgement of a renewal, and what operators look at, before and after it is filled. */
import { Keyring } from '../../src/crypto/keyring';
import { createUserKeys } from '../../src/crypto/user-keys';
import { openPostgres, patient } from '../../src/store/driver/postgres';
import type { Figure, Measuring } from '../figure';
import { signIn } from '../load/console';
import type { Goal, Row } from '../results';
import { seed } from '../seed';
import { median } from '../statistics';

const asBefore: Goal = { of: 'ratio', atMost: 1.2 };
/** Milliseconds. */
const shown: Goal = { of: 'median', atMost: 300 };

const pages = [
  ...['/metrics', '/console/', '/console/purchases', '/console/purchases?state=needs_attention', '/console/attention'],
  ...['/console/report', '/console/match-quality', '/console/checks'],
];

export const size: Figure = {
  name: 'size',
  stacks: ['postgres'],
  onlyWhenAsked: true,
  async measure(on) {
    if (on.postgres === null) return [];
    const orders = on.isShort ? 20_000 : 200_000;
    const purchases = `${(orders * 5).toLocaleString('en')} purchases`;
    on.progress('size: before');
    const before = await acknowledgements(on);
    const pagesBefore = await pageTimes(on);
    on.progress(`size: filling in ${purchases}`);
    await fill(on, orders);
    on.progress('size: after');
    const after = await acknowledgements(on);
    const pagesAfter = await pageTimes(on);
    const rows: readonly Row[] = [
      { name: `${purchases}: acknowledged in`, unit: 'ms', ours: after, bare: before, against: 'before', goal: asBefore },
      ...pages.map((page): Row => ({
        ...{ name: `${purchases}: ${page}`, unit: 'ms', goal: shown, against: 'before' },
        ours: pagesAfter.get(page) ?? [],
        bare: pagesBefore.get(page) ?? null,
      })),
    ];
    return rows;
  },
};

/** Medians of one renewal after the other, by rounds. */
async function acknowledgements({ ours, rounds }: Measuring): Promise<readonly number[]> {
  const medians: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { latenciesMs } = await ours.send(ours.fleet.renewals(60), 1);
    await ours.drained();
    medians.push(median(latenciesMs));
  }
  return medians;
}

async function pageTimes({ url, secrets, rounds }: Measuring): Promise<ReadonlyMap<string, readonly number[]>> {
  const cookie = await signIn(url, secrets.operatorToken);
  const headers = { cookie, authorization: `Bearer ${secrets.operatorToken}` };
  const times = new Map<string, number[]>();
  // The first round warms up.
  for (let round = 0; round <= rounds; round++)
    for (const page of pages) {
      const startedAtMs = performance.now();
      const answer = await fetch(url + page, { headers });
      await answer.text();
      if (!answer.ok) throw new Error(`${page} was answered with ${answer.status}`);
      if (round > 0) times.set(page, [...(times.get(page) ?? []), performance.now() - startedAtMs]);
    }
  return times;
}

async function fill({ postgres, secrets }: Measuring, orders: number): Promise<void> {
  const database = await openPostgres(postgres?.databaseUrl ?? '', patient);
  try {
    const keyring = new Keyring([{ id: 'k1', key: secrets.encryptionKey }]);
    const nowMs = Date.now();
    // Beside the users whom the service has made.
    await seed({ database, keyring, keys: createUserKeys(secrets.pepper), orders, nowMs, userOf: (order) => 1e9 + order });
  } finally {
    await database.close();
  }
}
