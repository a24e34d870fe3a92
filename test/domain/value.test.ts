import fc from 'fast-check';
import type { ValueMode } from '../../src/domain/policy';
import { eventValue, type Charge } from '../../src/domain/value';

const charge: Charge = { amountMinor: 1999, currency: 'USD' };

describe('the value of an event', () => {
  it.each<[string, ValueMode | undefined, Charge, { amountMinor: number; currency: string } | null]>([
    ['is what was charged unless the cell says otherwise', undefined, charge, { amountMinor: 1999, currency: 'USD' }],
    ['charged', { mode: 'charged' }, { ...charge, netMinor: 1680, regularMinor: 3999 }, { amountMinor: 1999, currency: 'USD' }],
    ['a free trial is worth 0', { mode: 'charged' }, { amountMinor: 0, currency: 'EUR' }, { amountMinor: 0, currency: 'EUR' }],
    ['net', { mode: 'net' }, { ...charge, netMinor: 1680 }, { amountMinor: 1680, currency: 'USD' }],
    ['net of nothing is 0', { mode: 'net' }, { ...charge, netMinor: 0 }, { amountMinor: 0, currency: 'USD' }],
    ['net falls back to charged', { mode: 'net' }, charge, { amountMinor: 1999, currency: 'USD' }],
    [
      'percent of the regular price',
      { mode: 'percent', percent: 30 },
      { ...charge, regularMinor: 3999 },
      { amountMinor: 1200, currency: 'USD' },
    ],
    [
      'percent of the charge where no regular price is known',
      { mode: 'percent', percent: 30 },
      charge,
      { amountMinor: 600, currency: 'USD' },
    ],
    ['half a cent is rounded up', { mode: 'percent', percent: 50 }, charge, { amountMinor: 1000, currency: 'USD' }],
    ['less is rounded down', { mode: 'percent', percent: 49.99 }, charge, { amountMinor: 999, currency: 'USD' }],
    [
      '12.5 percent',
      { mode: 'percent', percent: 12.5 },
      { amountMinor: 1000, currency: 'JPY' },
      { amountMinor: 125, currency: 'JPY' },
    ],
    [
      '1.1 percent has no float artefact',
      { mode: 'percent', percent: 1.1 },
      { amountMinor: 5000, currency: 'USD' },
      { amountMinor: 55, currency: 'USD' },
    ],
    [
      'more than all',
      { mode: 'percent', percent: 250 },
      { amountMinor: 100, currency: 'USD' },
      { amountMinor: 250, currency: 'USD' },
    ],
    [
      'fixed, in its own currency',
      { mode: 'fixed', amount: '9.99', currency: 'EUR' },
      charge,
      { amountMinor: 999, currency: 'EUR' },
    ],
    ['fixed in yen', { mode: 'fixed', amount: '1480', currency: 'JPY' }, charge, { amountMinor: 1480, currency: 'JPY' }],
    ['fixed, but no amount', { mode: 'fixed', amount: '9,99', currency: 'EUR' }, charge, null],
    ['zero', { mode: 'zero' }, charge, { amountMinor: 0, currency: 'USD' }],
    ['omit', { mode: 'omit' }, charge, null],
  ])('%s', (_rule, mode, of, value) => {
    expect(eventValue(mode, of)).toEqual(value);
  });

  it('100 percent is the price itself, however large', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (amountMinor) => {
        expect(eventValue({ mode: 'percent', percent: 100 }, { amountMinor, currency: 'USD' })).toEqual({
          amountMinor,
          currency: 'USD',
        });
      }),
    );
  });
});
