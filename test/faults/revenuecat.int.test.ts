/** RevenueCat: inputs that once went wrong, with the right values. */
import { closeSharedStore } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('RevenueCat’s prices', () => {
  itIsRight('an unknown price goes without value, and the record says so', {
    file: 'revenuecat/20-revenuecat-price-null',
    records: { t1: 'conversion sent(*) no value revenuecat:t1' },
    more: (relay) => expect(relay.outcomes.every(({ outcome }) => outcome === 'accepted')).toBe(true),
  });

  itIsRight('the unknown price of a trial is 0', {
    file: 'revenuecat/21-revenuecat-trial-price-null',
    records: { t1: 'trial_start sent 0.00 USD revenuecat:t1', t2: 'conversion sent 9.99 USD revenuecat:t2' },
  });

  itIsRight('the first NORMAL period after three intro periods is the conversion', {
    file: 'revenuecat/22-revenuecat-intro-of-three-periods',
    records: {
      t1: 'trial_start sent 0.99 USD revenuecat:t1',
      t2: 'renewal sent 0.99 USD revenuecat:t2',
      t3: 'renewal sent 0.99 USD revenuecat:t3',
      t4: 'conversion sent 9.99 USD revenuecat:t4',
    },
  });
});
