/** The body that FunnelFox documents; where it came from is said in the README beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { funnelfox } from '../../../src/psp/funnelfox';
import { withoutBought } from '../../support/without-bought';
import { withoutMetadata } from '../../support/without-metadata';

const folder = join(__dirname, '../../../../shared/fixtures/psp/funnelfox-billing');
const startedMs = Date.parse('2025-09-25T12:11:17.378Z');

const expected: Readonly<Record<string, readonly object[]>> = {
  // The money comes as an order; the trial is over when the next charge may come, two hours before its end.
  'subscription.starting_trial.paid_trial.json': [
    {
      fact: {
        kind: 'began',
        tells: ['buyer'],
        occurredAtMs: startedMs,
        trials: [{ kind: 'paid', startsAtMs: startedMs, endsAtMs: Date.parse('2025-10-02T10:11:17.378Z') }],
        regularPrice: { amountMinor: 999, currency: 'USD' },
      },
      subscription: '2d36a705-133f-491d-8206-532fca8928c8',
      identity: { userId: '231944a8-d819-4544-9088-6f0098d741d3', customerId: '231944a8-d819-4544-9088-6f0098d741d3' },
      paymentIds: [],
    },
  ],
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)('the samples of FunnelFox Billing', () => {
  const files = isThere ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

  it('are all expected here', () => {
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(files)('are read: %s', (file) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    expect(withoutBought(withoutMetadata(funnelfox.read(body, { roleOf: () => undefined })))).toEqual({
      kind: 'facts',
      facts: expected[file],
    });
    expect(funnelfox.isTestMode(body)).toBe(true);
    expect(funnelfox.typeOf(body)).toBe('subscription starting_trial');
  });
});
