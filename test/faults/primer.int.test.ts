/** Primer: inputs that once went wrong, with the right values. */
import { closeSharedStore, simulatedRelay } from '../support/stored-relay';
import { describeFaults, readFault } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('Primer’s payments', () => {
  itIsRight('what was captured of a payment is a purchase', {
    file: 'primer/03-primer-partially-settled',
    records: { P1: 'conversion sent 15.00 USD primer:P1' },
  });

  itIsRight('a new card in a running subscription is no purchase', {
    file: 'primer/05-primer-card-update-is-a-purchase',
    records: {
      P1: 'conversion sent 20.00 USD primer:P1',
      P4: '* not_a_purchase(*)',
      P3: 'renewal suppressed(limited)',
    },
  });

  itIsRight('a payment that settles after 8 days is not old', {
    file: 'primer/06b-primer-settles-8-days-later',
    records: { P1: 'conversion sent 30.00 USD c1' },
  });

  itIsRight('the first iteration of a second subscription is its conversion', {
    file: 'primer/20-primer-iteration-1-of-one-click',
    records: { P1: 'conversion sent 20.00 USD primer:P1' },
  });
});

describeFaults('Primer’s ids', () => {
  it('an id that can never be stored is quarantined, any other is taken', async () => {
    const relay = await simulatedRelay({ startMs: Date.UTC(2026, 10, 27, 23, 41) });
    const { steps } = readFault('primer/pub-S14');
    for (const { body } of steps) await relay.receives('primer', body);
    await relay.passes(120_000);
    // The last two are a path's special characters, and letters outside of ASCII.
    const [of300, of980, of1200, withNul, ...strange] = relay.outcomes.map(({ outcome }) => outcome);
    expect({ of300, of980, of1200, withNul, strange }).toEqual({
      of300: 'accepted',
      of980: 'quarantined',
      of1200: 'quarantined',
      withNul: 'quarantined',
      strange: ['accepted', 'accepted'],
    });
    expect(relay.sent().map(({ eventId }) => eventId)).toEqual(['primer:XShyVy5W', 'primer:pfOTYiu6', 'primer:gwggNOFD']);
  });
});
