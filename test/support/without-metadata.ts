import type { Reading } from '../../src/psp/adapter';

/** A reading without the merchant's own metadata, which routes its facts and goes no further; test/psp/routing-metadata.test.ts has it. */
export function withoutMetadata(reading: Reading): Reading {
  if (reading.kind !== 'facts') return reading;
  return { ...reading, facts: reading.facts.map(({ metadata: _, ...read }) => read) };
}
