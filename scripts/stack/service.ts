/** Web and worker of a build as parts of a stack, and `npm start` with everything embedded. */
import { join } from 'node:path';
import { freePort } from '../../src/temporal/dev-server/ports';
import type { Build } from './builds';
import { Part } from './part';

export type ServiceKind = 'web' | 'worker' | 'all';

export interface Service {
  readonly kind: ServiceKind;
  readonly part: Part;
  readonly version: string;
  /** Of a worker: its health and metrics. */
  readonly url: string;
}

export interface ServiceOptions {
  readonly kind: ServiceKind;
  /** Unique in the stack. */
  readonly name: string;
  readonly build: Build;
  /** Where its log goes. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A process on a port of its own; not started yet. */
export async function createService({ kind, name, build, folder, env }: ServiceOptions): Promise<Service> {
  const port = await freePort('127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const part = new Part({
    name,
    command: process.execPath,
    args: argumentsOf(kind, build),
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      NODE_ENV: 'production',
      ...env,
      ...(kind === 'worker' ? { METRICS_PORT: String(port) } : { PORT: String(port) }),
    },
    cwd: build.root,
    log: join(folder, `${name}.log`),
    ready: () => isReady(url),
  });
  return { kind, part, version: build.version, url };
}

/** From the sources, as package.json has them. */
function argumentsOf(kind: ServiceKind, { fromSources }: Build): readonly string[] {
  if (!fromSources) return ['--enable-source-maps', join('dist', 'src', 'bin', `${kind}.js`)];
  return [join('scripts', 'run.mjs'), `src/bin/${kind}`];
}

/** @throws while it is not ready. */
export async function isReady(url: string): Promise<void> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
  await response.text();
  if (!response.ok) throw new Error(`/readyz answers ${response.status}`);
}
