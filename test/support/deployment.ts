/** Web and worker as processes of their own, as a deployment has them: on one PostgreSQL and one namespace, with TikTok's end beside them. */
import type { RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { createDatabase, postgresBinaries, type PostgresServer, startPostgres } from './postgres';
import { createNamespace, genericSecret, temporalAddress } from './relay';
import { type Entry, Service } from './service';

const binaries = postgresBinaries();

/** Left out where there is no PostgreSQL; in CI it fails there. */
export const onPostgres = binaries === null && process.env['CI'] !== 'true' ? it.skip : it;

type Environment = Readonly<Record<string, string>>;

export class Deployment {
  private readonly running = new Set<Service>();

  private constructor(
    readonly postgres: PostgresServer,
    readonly tiktok: RunningTikTokSandbox,
    /** What all its processes have. */
    readonly env: Environment,
  ) {}

  /** `more` comes on top of what every process needs. @throws where there is no PostgreSQL */
  static async start(name: string, more: Environment = {}): Promise<Deployment> {
    if (binaries === null) throw new Error('initdb and postgres were not found');
    const postgres = await startPostgres(binaries);
    const tiktok = await startTikTokSandbox();
    return new Deployment(postgres, tiktok, {
      DATABASE_URL: await createDatabase(postgres, name),
      TEMPORAL_ADDRESS: temporalAddress(),
      TEMPORAL_NAMESPACE: await createNamespace(name),
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
      USER_ID_PEPPER: 'a pepper of the tests, long enough',
      OPERATOR_TOKEN: 'token-of-the-operators',
      OPERATOR_PASSWORD: 'a pass phrase of the operators',
      GENERIC_WEBHOOK_SECRETS: genericSecret,
      TIKTOK_API_URL: tiktok.url,
      TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001',
      TIKTOK_ACCESS_TOKEN: 'tiktok-token',
      ...more,
    });
  }

  /** A process that serves. */
  async started(entry: 'web' | 'worker', more: Environment = {}): Promise<Service> {
    const service = await Service.start(entry, { ...this.env, ...more });
    this.running.add(service);
    return service;
  }

  /** A process that ends by itself. */
  run(entry: Entry, more: Environment = {}, args: readonly string[] = []): Service {
    const service = Service.run(entry, { ...this.env, ...more }, args);
    this.running.add(service);
    return service;
  }

  /** Asks it to end, and answers how it ended. */
  async stopped(service: Service, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | null> {
    this.running.delete(service);
    service.child.kill(signal);
    return service.exited;
  }

  /** What TikTok counted, by event id. */
  counted(): string[] {
    return this.tiktok.events().flatMap(({ fate, eventId }) => (fate === 'counted' ? [String(eventId)] : []));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running].map((service) => service.kill()));
    await this.tiktok.close();
    await this.postgres.stop();
  }
}
