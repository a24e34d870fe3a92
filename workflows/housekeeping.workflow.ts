/** Runs once a day: deletes rows whose retention has ended (activities/purge-expired.ts). */
import { purgeExpired } from './activity-options';

export async function housekeeping(): Promise<void> {
  await purgeExpired();
}
