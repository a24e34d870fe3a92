/** The service as a process of its own, started as `npm start`, `npm run web` and `npm run worker` start it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from './relay';

const root = join(__dirname, '..', '..');

export type Entry = 'all' | 'web' | 'worker' | 'reproject' | 'reseal' | 'migrate';

export class Service {
  output = '';
  readonly exited: Promise<number | null>;

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  static run(entry: Entry, env: Readonly<Record<string, string>>, args: readonly string[] = []): Service {
    const child = spawn(process.execPath, ['scripts/run.mjs', `src/bin/${entry}`, ...args], {
      cwd: root,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        TEMPORAL_CLI_PATH: process.env['TEST_TEMPORAL_CLI'] ?? '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Service(child, `http://127.0.0.1:${env['PORT'] ?? '3000'}`);
  }

  /** Runs it and waits until it takes webhooks. */
  static async start(entry: Entry, env: Readonly<Record<string, string>>): Promise<Service> {
    const service = Service.run(entry, env);
    try {
      await service.until(entry === 'worker' ? 'worker is ready' : entry === 'web' ? 'web is ready' : '"msg":"ready"');
      return service;
    } catch (error) {
      await service.kill(); // whoever starts it never gets it, and cannot end it
      throw error;
    }
  }

  async until(text: string): Promise<void> {
    let code: number | null | undefined;
    void this.exited.then((exit) => (code = exit));
    await eventually(() => {
      if (code !== undefined) return;
      if (!this.output.includes(text)) throw new Error(`not yet "${text}":\n${this.output}`);
    });
    if (code !== undefined) throw new Error(`ended with ${String(code)}:\n${this.output}`);
  }

  /** Ctrl-C. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.exited;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
