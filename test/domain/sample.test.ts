import { isSample, sampleId } from '../../src/domain/sample';

const sample = `${sampleId(Date.UTC(2026, 10, 22), '0a1b2c3d')}_1`;

it('knows the payments of the ids that it makes', () => {
  expect(isSample({ psp: 'generic', moneyId: sample })).toBe(true);
});

it.each([
  ['another provider', { psp: 'stripe', moneyId: sample }],
  ['an id of a merchant’s own that begins alike', { psp: 'generic', moneyId: 'sample_1' }],
  ['an order’s id, which is no payment', { psp: 'generic', moneyId: sample.replace(/_1$/, '') }],
  ['more than an id', { psp: 'generic', moneyId: `${sample} and more` }],
  ['less than an id', { psp: 'generic', moneyId: sample.slice(1) }],
])('takes %s for a real payment', (_name, payment) => {
  expect(isSample(payment)).toBe(false);
});
