/** Runs each minute (src/temporal/checks.ts): looks at what needs somebody's eye, and tells it. */
import { keepAlerts } from './activity-options';

export async function alerts(): Promise<void> {
  await keepAlerts();
}
