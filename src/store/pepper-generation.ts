/** The generation of the pepper that the database is at. While a transaction holds it nobody changes it. */
import { desc, sql } from 'drizzle-orm';
import type { PepperLayers } from '../crypto/pepper-layers';
import { PepperLayerMissing } from '../crypto/pepper-layers';
import type { Queries } from './driver/database';
import { pepperGenerations } from './schema';

export interface PepperGeneration {
  /** Everything new is written with so many layers; 1 is the pepper alone. */
  readonly generation: number;
  /** False while rows of earlier generations may be left. */
  readonly isComplete: boolean;
}

/** Any number that no other program locks on: "pepr" in ASCII. */
const generationLock = 0x70657072;

/**
 * The generation, which stays what it is until the transaction ends. The lock comes first and in a statement of its own: the row that is
 * read after it is the one that counts.
 * @throws PepperLayerMissing
 */
export async function heldGeneration(tx: Queries, layers: PepperLayers): Promise<PepperGeneration> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${generationLock}::bigint)`);
  return knownGeneration(tx, layers);
}

/** Waits until no transaction holds the generation, and keeps others from it until this one ends. */
export async function lockGeneration(tx: Queries): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${generationLock}::bigint)`);
}

/** @throws PepperLayerMissing when this process was not given the layer that the database is at */
export async function knownGeneration(queries: Queries, { newest }: PepperLayers): Promise<PepperGeneration> {
  const [found] = await queries.select().from(pepperGenerations).orderBy(desc(pepperGenerations.generation)).limit(1);
  const current = found ?? { generation: 1, isComplete: true };
  if (current.generation > newest) throw new PepperLayerMissing(current.generation, newest);
  return current;
}
