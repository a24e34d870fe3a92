/**
 * `npm run stack`: what docker-compose starts, without Docker: PostgreSQL, a real Temporal server, web and worker from the build. Everything is in
 * a temporary folder and on free ports, and gone after Ctrl-C. `-- --webs 2 --workers 2` starts several.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ended, endOnSignals } from '../demo/ending';
import { startTikTokSandbox } from '../sandbox/tiktok/receiver';
import { temporalCliConfig } from '../src/config/config';
import { buildsFolder, currentBuild } from './stack/builds';
import { startInfrastructure } from './stack/infrastructure';
import { createService, type Service } from './stack/service';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { webs: { type: 'string', default: '1' }, workers: { type: 'string', default: '1' } },
  });
  const ending = new AbortController();
  endOnSignals(ending, () => say('stopping …'));

  const folder = mkdtempSync(join(tmpdir(), 'relay-stack-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    say('building');
    const cli = temporalCliConfig(process.env);
    const build = currentBuild(buildsFolder(cli));
    say('PostgreSQL and Temporal');
    const infrastructure = await startInfrastructure({ folder, cli, progress: say });
    stops.push(() => infrastructure.stop());
    const tiktok = await startTikTokSandbox();
    stops.push(() => tiktok.close());

    const secrets = { token: randomBytes(24).toString('hex'), password: randomBytes(12).toString('hex') };
    const genericSecret = `whsec_${randomBytes(24).toString('base64')}`;
    const env = {
      DATABASE_URL: infrastructure.databaseUrl,
      TEMPORAL_ADDRESS: infrastructure.temporal.address,
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      USER_ID_PEPPER: randomBytes(32).toString('hex'),
      OPERATOR_TOKEN: secrets.token,
      OPERATOR_PASSWORD: secrets.password,
      GENERIC_WEBHOOK_SECRETS: genericSecret,
      TIKTOK_API_URL: tiktok.url,
      TIKTOK_PIXEL_CODE: 'C4STACKPIXEL00000001',
      TIKTOK_ACCESS_TOKEN: 'the-token-of-the-stack',
    };
    const start = async (kind: 'web' | 'worker', count: string): Promise<readonly Service[]> => {
      const services: Service[] = [];
      for (let number = 1; number <= Number(count); number++) {
        const service = await createService({ kind, name: `${kind}${number}`, build, folder, env });
        await service.part.start();
        stops.push(() => service.part.stop());
        services.push(service);
      }
      return services;
    };
    const webs = await start('web', values.webs);
    const workers = await start('worker', values.workers);
    const lines = {
      'console and API': webs.map(({ url }) => url).join('  '),
      'worker health': workers.map(({ url }) => url).join('  '),
      Temporal: infrastructure.temporal.address,
      PostgreSQL: infrastructure.databaseUrl,
      'TikTok’s end': `${tiktok.url}/_sandbox/`,
      OPERATOR_PASSWORD: secrets.password,
      OPERATOR_TOKEN: secrets.token,
      GENERIC_WEBHOOK_SECRETS: genericSecret,
      logs: folder,
    };
    for (const [name, text] of Object.entries(lines)) say(`${name.padEnd(24)}${text}`);
    say('Ctrl-C ends it and leaves nothing behind');
    await ended(ending.signal);
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => console.error(error));
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
