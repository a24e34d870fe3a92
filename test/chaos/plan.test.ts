import { paymentsOf, planOf, webhookCountOf } from '../../chaos/plan';

const options = { purchases: 300, kills: 20, seed: 5, stack: 'postgres', webs: 2, workers: 2, lastsMs: 60_000 } as const;

it('is the same for the same seed, and another for another', () => {
  const orders = (seed: number) =>
    planOf({ ...options, seed }).orders.map(({ provider, ...order }) => ({ psp: provider.name, ...order }));
  expect(orders(5)).toEqual(orders(5));
  expect(orders(6)).not.toEqual(orders(5));
  expect(planOf(options).faults).toEqual(planOf(options).faults);
});

it('has the purchases and the kills that were asked for, and delivers every webhook', () => {
  const { orders, faults } = planOf(options);
  expect(orders.reduce((sum, order) => sum + paymentsOf(order), 0)).toBeGreaterThanOrEqual(300);
  expect(faults.filter(({ kind }) => kind === 'kill')).toHaveLength(20);
  for (const order of orders) {
    const delivered = new Set(order.deliveries.map(({ webhook }) => webhook));
    expect(delivered.size).toBe(webhookCountOf(order));
  }
});

it('plays every provider', () => {
  expect(new Set(planOf(options).orders.map(({ provider }) => provider.name)).size).toBe(9);
});
