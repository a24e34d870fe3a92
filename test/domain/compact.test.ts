import { compact } from '../../src/domain/compact';

interface Filter {
  readonly psp?: string;
  readonly cursor?: string | null;
  readonly limit: number;
}

describe('compact', () => {
  it('leaves out fields that are undefined', () => {
    expect(Object.keys(compact<Filter>({ psp: undefined, cursor: undefined, limit: 1 }))).toEqual(['limit']);
  });

  it('keeps null, empty texts, zero and false', () => {
    expect(compact<Filter>({ psp: '', cursor: null, limit: 0 })).toEqual({ psp: '', cursor: null, limit: 0 });
    expect(compact<{ readonly isLive?: boolean }>({ isLive: false })).toEqual({ isLive: false });
  });

  it('does not look into nested objects', () => {
    expect(compact({ nested: { psp: undefined } })).toStrictEqual({ nested: { psp: undefined } });
  });
});
