/** FunnelFox: inputs that once went wrong, with the right values. */
import { closeSharedStore } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('FunnelFox’s orders', () => {
  itIsRight('a declared type does not tell the phase: the order waits for its subscription', {
    file: 'funnelfox/02a-funnelfox-declared-type-order-first',
    records: { ord_1: 'trial_start sent 1.00 USD c1' },
  });

  itIsRight('an order that names a price without intro waits too', {
    file: 'funnelfox/02c-funnelfox-order-names-no_intro-price',
    records: { ord_1: 'conversion sent 9.99 USD c1' },
  });

  itIsRight('a conversion with a discount of 100 % has its record, and the next one is a renewal', {
    file: 'funnelfox/19-funnelfox-conversion-of-nothing',
    records: {
      'sub_1:trial': 'trial_start sent 0.00 USD funnelfox:sub_1:trial',
      ord_2: '* not_a_purchase(zero_amount)',
      ord_3: 'renewal sent 9.99 USD funnelfox:ord_3',
    },
  });
});
