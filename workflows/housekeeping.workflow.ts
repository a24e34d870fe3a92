/** Runs once a day: deletes rows whose retention has ended, and starts orders again that lost their workflow with a purchase under way. */
import { purgeExpired, restartGoneOrders } from './activity-options';

export async function housekeeping(): Promise<void> {
  await purgeExpired();
  await restartGoneOrders();
}
