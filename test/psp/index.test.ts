import { adapterOf, adapters } from '../../src/psp';

describe('the registry of providers', () => {
  it('knows each by its own name', () => {
    expect(Object.entries(adapters).every(([name, adapter]) => adapter.name === name)).toBe(true);
    expect(adapterOf('stripe')?.name).toBe('stripe');
    expect(adapterOf('generic')?.name).toBe('generic');
  });

  it.each(['', 'Stripe', 'constructor', '__proto__'])('does not know %p', (name) => {
    expect(adapterOf(name)).toBeUndefined();
  });
});
