/** Paddle: inputs that once went wrong, with the right values. */
import { closeSharedStore } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('Paddle’s trials', () => {
  itIsRight('a trial that is activated early ends in a conversion, whose origin is an update', {
    file: 'paddle/40-paddle-activated-early-as-update',
    records: {
      txn_1_0: 'trial_start sent 0.00 USD c1',
      txn_1_1: 'conversion sent 19.99 USD paddle:txn_1_1',
      txn_1_2: 'renewal sent 19.99 USD paddle:txn_1_2',
    },
  });
});
