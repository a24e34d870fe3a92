/** A PostgreSQL of its own for a test run: a cluster in a temporary folder, on a free port, gone afterwards. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as stack from '../../scripts/stack/postgres';

export { postgresBinaries, query } from '../../scripts/stack/postgres';

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Its files. */
  readonly dataDir: string;
  stop(): Promise<void>;
}

export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-postgres-'));
  chmodSync(folder, 0o711);
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const { url, port, part } = await stack.startPostgres(binaries, join(folder, 'postgres'));
    return { url, port, dataDir: join(folder, 'postgres', 'data'), stop: () => part.stop('SIGINT').finally(clear) };
  } catch (error) {
    clear();
    throw error;
  }
}

/** A database of its own within the server; a copy of `template`, where one is named. */
export async function createDatabase(server: Pick<PostgresServer, 'url'>, name: string, template?: string): Promise<string> {
  await stack.query(server.url, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  return server.url.replace(/\/postgres$/, `/${name}`);
}
