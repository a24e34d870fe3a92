/** Once a day: forgets what is kept for a while only. */
import { forgetOld } from './activity-options';

export async function housekeeping(): Promise<void> {
  await forgetOld();
}
