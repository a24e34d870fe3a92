import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readByTemporal, variablesRead } from '../support/variables-read';

/** Of the system, not of the service. */
const ofTheSystem = ['HOME', 'PATH', 'XDG_CACHE_HOME'];

describe('.env.example', () => {
  const text = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');
  const named = [...text.matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);

  it('names every variable that the service reads, once, and no other', () => {
    const read = new Set(
      (['all', 'web', 'worker', 'reproject', 'reseal', 'migrate'] as const).flatMap((kind) => variablesRead(kind)),
    );
    const asked = new Set([...read, ...readByTemporal]);
    // `<NAME>_FILE` of a secret is said once, for all of them.
    const isFileOf = (name: string): boolean => name.endsWith('_FILE') && asked.has(name.slice(0, -'_FILE'.length));
    const others = [...read].filter((name) => !ofTheSystem.includes(name) && !isFileOf(name));
    const expected = [...new Set([...others, ...readByTemporal])];
    expect([...named].sort()).toEqual(expected.sort());
  });

  it('sets none: a copy of it is a first start', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
