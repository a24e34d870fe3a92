import { adapterOf, adapters } from '../../src/psp';

describe('the registry of providers', () => {
  it('knows each by its own name', () => {
    expect(Object.entries(adapters).every(([name, adapter]) => adapter.manifest.name === name)).toBe(true);
    expect(adapterOf('stripe')?.manifest.name).toBe('stripe');
    expect(adapterOf('generic')?.manifest.name).toBe('generic');
  });

  it.each(['', 'Stripe', 'constructor', '__proto__'])('does not know %p', (name) => {
    expect(adapterOf(name)).toBeUndefined();
  });
});
