/** PayPal: inputs that once went wrong, with the right values. */
import { closeSharedStore } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('PayPal’s trials', () => {
  itIsRight('a declared type does not tell the phase: the sale waits for its activation', {
    file: 'paypal/02b-paypal-declared-type-sale-first',
    records: { TR1: 'trial_start sent 1.00 USD c1', REG1: 'conversion sent 20.00 USD paypal:REG1' },
  });

  for (const file of ['07a-paypal-paid-trial-undeclared', '07b-paypal-paid-trial-undeclared-sale-first']) {
    itIsRight(`a paid trial that nobody declared (${file.slice(0, 3)})`, {
      file: `paypal/${file}`,
      records: { TR1: 'trial_start sent 1.00 USD c1', REG1: 'conversion sent 20.00 USD paypal:REG1' },
    });
  }

  itIsRight('the set-up fee starts a trial of several cycles that begins the next day', {
    file: 'paypal/08-paypal-real-setup-fee-trials-start-next-day',
    records: {
      SETUP: 'trial_start sent 11.00 USD c1',
      TR1: 'renewal sent 3.00 USD paypal:TR1',
      TR2: 'renewal sent 3.00 USD paypal:TR2',
      TR3: 'renewal sent 6.00 USD paypal:TR3',
      REG1: 'conversion sent 10.00 USD paypal:REG1',
    },
  });

  itIsRight('later cycles of a paid trial are not the conversion', {
    file: 'paypal/09-paypal-paid-trial-of-three-cycles',
    records: {
      TR1: 'trial_start sent 1.00 USD c1',
      TR2: 'renewal sent 1.00 USD paypal:TR2',
      TR3: 'renewal sent 1.00 USD paypal:TR3',
      REG1: 'conversion sent 20.00 USD paypal:REG1',
    },
  });

  itIsRight('a free trial that was approved 25 hours after it was made', {
    file: 'paypal/10a-paypal-approved-25h-later-free-trial',
    records: { 'I-SUB1:trial': 'trial_start sent 0.00 USD c1', REG1: 'conversion sent 20.00 USD paypal:REG1' },
  });

  itIsRight('a plan with a trial that comes after the conversion makes no second one', {
    file: 'paypal/12-paypal-revised-to-plan-with-trial',
    records: {
      S1: 'conversion sent 10.00 USD c1',
      S2: 'renewal sent 20.00 USD paypal:S2',
      S3: 'renewal sent 20.00 USD paypal:S3',
    },
  });
});

describeFaults('PayPal’s sales', () => {
  itIsRight('an eCheck counts from the day when it cleared', {
    file: 'paypal/06a-paypal-echeck-8-days',
    records: { EC1: 'conversion sent 20.00 USD c1' },
    more: (relay) => expect(relay.sent()[0]?.eventTimeMs).toBe(Date.UTC(2026, 10, 10, 12)),
  });

  itIsRight('an outstanding balance collected on reactivation is a renewal', {
    file: 'paypal/11-paypal-reactivated-with-outstanding-balance',
    records: { S14: 'renewal suppressed(limited)', S15: 'renewal suppressed(limited)' },
  });

  itIsRight('the first charge of a billing agreement is its user’s first purchase', {
    file: 'paypal/13-paypal-reference-transactions',
    records: {
      RT1: 'conversion sent 20.00 USD c1',
      RT2: ['renewal suppressed(limited)', 'conversion suppressed(limited)'],
    },
  });

  itIsRight('the role `ignore` of a plan holds for its sales', {
    file: 'paypal/14-paypal-role-of-plan',
    records: { S1: '* not_a_purchase(ignored_price)' },
  });

  itIsRight('the role `lifetime` of a plan holds for its sales', {
    file: 'paypal/14-paypal-role-of-plan',
    prices: { 'P-1': 'lifetime' },
    records: { S1: 'conversion sent 10.00 USD c1' },
    more: async (relay) => expect((await relay.records())['S1']?.purchaseType).toBe('lifetime'),
  });

  itIsRight('a sale that names neither agreement nor parent is kept, not guessed', {
    file: 'paypal/pub-S11',
    records: { '1AK53BYFNXIIZYK6L': 'conversion sent 21.60 USD u-I-EKUPFX7EGQ81' },
    more: (relay) => {
      const sales = relay.outcomes.map(({ outcome }) => outcome);
      expect(new Set(sales)).toEqual(new Set(['accepted', 'quarantined']));
    },
  });
});
