import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { seed } from '../bench/seed';
import { createSimulationThread, createSimulator } from '../src/application/simulation';
import { Keyring } from '../src/crypto/keyring';
import { createUserKeys } from '../src/crypto/user-keys';
import { presets } from '../src/domain/policy';
import { defaultSettings } from '../src/domain/settings';
import { storeOver } from '../src/store';
import { migrate } from '../src/store/driver/migrate';
import { readMigrations } from '../src/store/driver/migrations';
import { openPglite } from '../src/store/driver/pglite';

async function main() {
  const database = await openPglite(join(mkdtempSync(join(tmpdir(), 'relay-m-')), 'data'));
  await migrate(database, readMigrations());
  const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 7) }]);
  const nowMs = Date.UTC(2026, 10, 22, 12);
  await seed({ database, keyring, keys: createUserKeys('a pepper of the bench'), orders: 20_000, nowMs });
  const store = storeOver(database, keyring);
  await store.settings.load('default', defaultSettings);
  const thread = createSimulationThread();
  const simulator = createSimulator({ buyers: store.recordedBuyers, count: thread.count });
  const { accessToken: _secret, ...settings } = defaultSettings;
  const measure = async (name: string, more: object) => {
    for (let n = 0; n < 3; n += 1) {
      const at = performance.now();
      const result = await simulator.simulate({ integration: 'default', settings: { ...settings, ...more, version: 2 }, fromMs: nowMs - 30 * 86_400_000, toMs: nowMs, nowMs, signal: new AbortController().signal });
      console.log(name, Math.round(performance.now() - at), 'ms', result.payments, result.differences.total);
    }
  };
  await measure('limit', { limitPurchaseEvents: true });
  await measure('hold', { policy: presets.qualified_trials.policy });
  await database.queries.execute(sql`update purchases set matched_by = '["email"]' where state = 'sent'`);
  await measure('attributed, told by rows', { attributedOnly: true });
  const sealedIdentity = keyring.sealJson({ emailSha256: 'a'.repeat(64), ttclid: 'E.C.P.'.padEnd(200, 'x'), ip: '203.0.113.7', userAgent: 'Mozilla/5.0 '.padEnd(120, 'y'), pageUrl: 'https://funnel.example/checkout' });
  await database.queries.execute(sql`update users set identity = ${sealedIdentity}`);
  await database.queries.execute(sql`update user_orders set own_identity = ${keyring.sealJson({ emailSha256: 'a'.repeat(64) })}`);
  await database.queries.execute(sql`update purchases set matched_by = null`);
  await measure('attributed, all opened', { attributedOnly: true });
  process.exit(0);
}
void main();
