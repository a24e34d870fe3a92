/** docker-compose.yml, read as Docker Compose reads it: there is no engine here, so that what it says is checked instead of what it does. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config/config';
import { readByTemporal, variablesRead } from '../support/variables-read';

const root = join(__dirname, '..', '..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

/** The part of https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json that the file uses, and no other key. */
const serviceSchema = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  profiles: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  restart: z.string(),
  user: z.string().optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()),
  pids_limit: z.number().optional(),
  mem_limit: z.string().optional(),
  cpus: z.string().optional(),
  shm_size: z.string().optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_healthy', 'service_completed_successfully']),
        required: z.boolean().optional(),
      }),
    )
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string().optional(),
      retries: z.number(),
    })
    .optional(),
  stop_grace_period: z.string().optional(),
});
type Service = z.infer<typeof serviceSchema>;

const { services, volumes } = z
  .object({ name: z.string(), services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(text, { merge: true }));
const own = ['web', 'worker', 'migrate'];

/** Of one machine's `npm start`, and of the image. */
const notForContainers = ['DATA_DIR', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'TEMPORAL_CLI_PATH', 'HOME', 'PATH', 'XDG_CACHE_HOME'];
const ofTheImage = ['HOST', 'PORT', 'NODE_ENV', 'METRICS_PORT'];

describe('docker-compose.yml', () => {
  it.each(['web', 'worker'] as const)('passes every variable on that %s reads', (kind) => {
    const given = Object.keys(services[kind]!.environment ?? {});
    const unused = [...notForContainers, ...ofTheImage, ...(kind === 'worker' ? ofWebAlone : [])];
    const read = [...variablesRead(kind), ...readByTemporal].filter((name) => !unused.includes(name) && !isFileOf(name, unused));
    expect(read.filter((name) => !given.includes(name))).toEqual([]);
    expect(read.length).toBeGreaterThan(30);
  });

  it('lets every variable of a provider and of TikTok stand empty, as an environment without them has it', () => {
    for (const [name, value] of Object.entries(services['web']!.environment ?? {}))
      if (/^(STRIPE|PADDLE|PAYPAL|TIKTOK|GENERIC)_/.test(name)) expect(value).toBe(`\${${name}:-}`);
  });

  it('is live unless it is told otherwise, and needs to be told its address', () => {
    expect(services['web']!.environment?.['LIVE_MODE']).toBe('${LIVE_MODE:-true}');
    expect(services['web']!.environment?.['PUBLIC_URL']).toMatch(/^\$\{PUBLIC_URL:\?/);
  });

  it.each(own)('gives %s no root, no capability, nothing to write to, and limits', (name) => {
    const service = services[name]!;
    expect(service).toMatchObject({
      user: '1000:1000',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number) as number,
      mem_limit: expect.any(String) as string,
    });
    expect(service.tmpfs).toHaveLength(1);
    expect(service.cap_add).toBeUndefined();
  });

  it('drops the capabilities of every other service, too', () => {
    for (const [name, { cap_drop, security_opt }] of Object.entries(services))
      expect({ name, cap_drop, security_opt }).toEqual({ name, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  });

  it('asks web and worker whether they live, on the ports that they listen on', () => {
    const { web, worker } = services;
    expect(web!.healthcheck?.test).toEqual(['CMD', 'relay', 'health', web!.environment?.['PORT']]);
    expect(worker!.healthcheck?.test).toEqual(['CMD', 'relay', 'health', worker!.environment?.['METRICS_PORT']]);
  });

  it('opens ports on this machine alone', () => {
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(ports).toHaveLength(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('gives each database a role of its own, and the tables to neither web nor worker', () => {
    const roleOf = (service: Service): string | undefined =>
      /postgres:\/\/(\w+):/.exec(service.environment?.['DATABASE_URL'] ?? '')?.[1] ?? service.environment?.['POSTGRES_USER'];
    const roles = Object.fromEntries(Object.entries(services).map(([name, service]) => [name, roleOf(service)]));
    expect(roles).toMatchObject({ web: 'relay', worker: 'relay', migrate: 'relay_owner', temporal: 'temporal' });
    expect(roles['temporal-schema']).toBe('temporal');
  });

  it('starts web and worker after the schema and the namespace, and without a service that does not run here', () => {
    for (const name of ['web', 'worker'])
      expect(services[name]!.depends_on).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        'temporal-namespace': { condition: 'service_completed_successfully', required: false },
      });
    for (const { depends_on = {} } of Object.values(services))
      for (const [name, { required = true }] of Object.entries(depends_on)) {
        expect(services).toHaveProperty([name]);
        // A service that is always there can't wait for one that may not be.
        if (services[name]!.profiles?.includes('postgres')) expect(required).toBe(false);
      }
  });

  it('names an exact version of every image, and files that are there', () => {
    for (const [name, { image, volumes: mounts = [] }] of Object.entries(services)) {
      if (!own.includes(name)) expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-[\w.]+)?(@sha256:[0-9a-f]{64})?$/);
      for (const mount of mounts) {
        const [from = ''] = mount.split(':');
        if (from.startsWith('./')) expect(existsSync(join(root, from))).toBe(true);
        else if (!from.startsWith('$')) expect(Object.keys(volumes)).toContain(from);
      }
    }
  });

  it('asks `.env` for nothing that deploy/make-env.sh neither makes nor leaves to be filled in', () => {
    const needed = [...text.matchAll(/\$\{([A-Z_]+):?\?/g), ...text.matchAll(/\$\{([A-Z_]*PASSWORD)/g)].map(([, name]) => name!);
    const made = madeEnv().env;
    const optional = ['OPERATOR_PASSWORD', 'VIEWER_PASSWORD'];
    expect([...new Set(needed)].filter((name) => !(name in made) && !optional.includes(name))).toEqual([]);
  });
});

const ofWebAlone = [
  'DRAIN_SECONDS',
  'ALLOWED_ORIGINS',
  'TRUST_PROXY',
  'COLLECT_LIMIT_PER_MINUTE',
  'COLLECT_COOKIE_DOMAIN',
].concat([
  'OPERATOR_PASSWORD',
  'OPERATOR_TOKEN',
  'VIEWER_PASSWORD',
  'VIEWER_TOKEN',
  'OPERATOR_PROXY_HEADER',
  'OPERATOR_PROXY_OPERATORS',
]);

function isFileOf(name: string, of: readonly string[]): boolean {
  return of.some((other) => name === `${other}_FILE`);
}

describe('deploy/make-env.sh', () => {
  it('draws secrets that a live service takes, each another one', () => {
    const { env, mode } = madeEnv();
    expect(mode).toBe(0o600);
    const secrets = Object.entries(env).filter(
      ([name]) => /PASSWORD$|TOKEN$|SECRET$|PEPPER$|KEYS$/.test(name) && env[name] !== '',
    );
    expect(new Set(secrets.map(([, value]) => value)).size).toBe(secrets.length);
    expect(secrets.length).toBeGreaterThan(9);
    const config = loadConfig(
      {
        ...env,
        PUBLIC_URL: 'https://relay.example.com',
        TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001',
        TIKTOK_ACCESS_TOKEN: 'f3a1c59e07b24d68a1e0',
        DATABASE_URL: `postgres://relay:${String(env['RELAY_DB_PASSWORD'])}@postgres:5432/relay?sslmode=verify-full`,
        TEMPORAL_ADDRESS: 'temporal:7233',
        LIVE_MODE: 'true',
      },
      'web',
    );
    expect(config).toMatchObject({ liveMode: true, generatedSecrets: [] });
    // https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup: the UI's secret is that of the token
    const codec = execFileSync('openssl', ['dgst', '-sha256', '-hmac', env['OPERATOR_TOKEN']!], { input: 'codec' }).toString();
    expect(codec).toContain(env['CODEC_SECRET']);
  });

  it('replaces no file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-env-'));
    try {
      make(folder);
      const before = readFileSync(join(folder, '.env'), 'utf8');
      expect(() => make(folder)).toThrow(/is there already/);
      expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function make(folder: string): void {
  execFileSync(join(root, 'deploy/make-env.sh'), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

function madeEnv(): { readonly env: Readonly<Record<string, string>>; readonly mode: number } {
  const folder = mkdtempSync(join(tmpdir(), 'relay-env-'));
  try {
    make(folder);
    const lines = readFileSync(join(folder, '.env'), 'utf8').split('\n');
    const pairs = lines.flatMap((line) => (/^[A-Z_]+=/.test(line) ? [line.split(/=(.*)/s).slice(0, 2) as [string, string]] : []));
    return { env: Object.fromEntries(pairs), mode: statSync(join(folder, '.env')).mode & 0o777 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
