/** Once a day: forgets what is kept for a while only. */
import { purgeExpired } from './activity-options';

export async function housekeeping(): Promise<void> {
  await purgeExpired();
}
