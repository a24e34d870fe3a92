/** One look at what needs somebody's eye. Each attempt looks anew, so that a receiver that is down holds up its messages and nothing else. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { type AlertsDeps, keepAlerts } from '../src/application/alerts';
import { AlertNotTaken } from '../src/telemetry/alert-webhook';

export interface KeepAlertsDeps {
  readonly alerting: AlertsDeps;
}

export function createKeepAlerts({ alerting }: KeepAlertsDeps) {
  return async function keepAlertsActivity(): Promise<void> {
    try {
      await keepAlerts(alerting);
    } catch (error) {
      if (!(error instanceof AlertNotTaken)) throw error;
      // Expected of somebody else's server: the Temporal UI shows the words, and no log needs a stack.
      const category = ApplicationFailureCategory.BENIGN;
      throw ApplicationFailure.create({ message: error.message, type: 'AlertNotTaken', category });
    }
  };
}
