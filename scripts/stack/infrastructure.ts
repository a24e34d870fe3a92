/** What a real deployment stands on: PostgreSQL and a Temporal server, in a folder, on free ports. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { TemporalCliConfig } from '../../src/config/config';
import { type Postgres, postgresBinaries, query, startPostgres } from './postgres';
import { startTemporalServer, type TemporalServer } from './temporal';
import { temporalBinaries } from './temporal-binaries';

export interface Infrastructure {
  readonly postgres: Postgres;
  readonly temporal: TemporalServer;
  /** Of the service's own database. */
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

export interface InfrastructureOptions {
  readonly folder: string;
  readonly cli: TemporalCliConfig;
  readonly progress?: (line: string) => void;
  readonly historyShards?: number;
  readonly dynamicConfig?: string;
}

/** @throws when PostgreSQL or Go is missing, or a part does not start. */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  const { folder, cli, progress, historyShards, dynamicConfig } = options;
  const programs = postgresBinaries();
  if (programs === null) throw new Error('PostgreSQL is missing (apt-get install postgresql)');
  const binaries = await temporalBinaries(cli, progress);

  chmodSync(folder, 0o711); // PostgreSQL, as another user, passes through
  // Temporal's four services have pools of their own.
  const postgres = await startPostgres(programs, join(folder, 'postgres'), ['max_connections=300']);
  try {
    const temporal = await startTemporalServer({
      ...{ binaries, postgres, folder },
      ...(historyShards === undefined ? {} : { historyShards }),
      ...(dynamicConfig === undefined ? {} : { dynamicConfig }),
    });
    await query(postgres.url, 'create database relay');
    const stop = async (): Promise<void> => {
      await temporal.part.stop();
      await postgres.part.stop('SIGINT');
    };
    return { postgres, temporal, databaseUrl: postgres.url.replace(/\/postgres$/, '/relay'), stop };
  } catch (error) {
    await postgres.part.stop('SIGINT');
    throw error;
  }
}
