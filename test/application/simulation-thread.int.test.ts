/** The thread that counts simulations: what it answers is what is counted here; what it throws, its owner gets; it starts again after that. */
import { countHere, createSimulationThread } from '../../src/application/simulation';
import { defaultSettings } from '../../src/domain/settings';
import type { SimulationRules } from '../../src/domain/simulate';
import type { BuyersDocument, ReadBuyers } from '../../src/store/recorded-buyers-json';

const thread = createSimulationThread();
afterAll(() => thread.close());

const hour = 3_600_000;
const paidAtMs = Date.UTC(2026, 9, 1);
const { accessToken: _secret, ...settings } = defaultSettings;
const limited: SimulationRules = {
  settings: { ...settings, limitPurchaseEvents: true, version: 2 },
  recorded: new Map([[1, settings]]),
  ...{ fromMs: paidAtMs - hour, toMs: paidAtMs + 24 * hour, nowMs: paidAtMs + 24 * hour },
};

const readBuyer = (userId: number): ReadBuyers => ({ json: JSON.stringify(buyer(userId)), clicked: [] });

/** A buyer with a conversion and a renewal that were both sent. */
function buyer(userId: number): BuyersDocument {
  const order = ['stripe', `sub_${userId}`] as const;
  const payments = [
    { moneyId: `in_${userId}_1`, phase: 'conversion', atMs: paidAtMs },
    { moneyId: `in_${userId}_2`, phase: 'renewal', atMs: paidAtMs + hour },
  ];
  const money = { amountMinor: 1_999, currency: 'USD' };
  const columns = (rows: readonly (readonly unknown[])[]) => rows[0]?.map((_, column) => rows.map((row) => row[column])) ?? [];
  return [
    columns([[userId, ...order, null, null]]),
    columns(
      payments.map(({ moneyId, phase, atMs }) => [
        ...[...order, { kind: phase, moneyId, occurredAtMs: atMs, ...money }, 1, false, atMs + 1_000],
      ]),
    ),
    columns(
      payments.map(({ moneyId, phase, atMs }) => [
        ...[
          ...order,
          moneyId,
          'subscription',
          phase,
          'sent',
          null,
          null,
          'CompletePayment',
          1_999,
          'USD',
          1_999,
          'USD',
          atMs,
          null,
          1,
          2,
          true,
        ],
      ]),
    ),
  ];
}

it('answers what is counted here', async () => {
  const [there, here] = [thread.count(limited), countHere(limited)];
  for (const userId of [1, 2, 1]) {
    const read = readBuyer(userId);
    await Promise.all([there.add(read), here.add(read)]);
  }
  const result = await there.result();
  expect(result).toEqual(await here.result());
  expect(result).toMatchObject({ payments: 4, differences: { total: 2 } });
  expect(result.cells.map(({ phase, before, after }) => [phase, before.valueMinor, after.valueMinor])).toEqual([
    ['conversion', new Map([['USD', 3_998n]]), new Map([['USD', 3_998n]])],
    ['renewal', new Map([['USD', 3_998n]]), new Map()],
  ]);
});

it('begins anew with each simulation', async () => {
  await thread.count(limited).add(readBuyer(1));
  expect(await thread.count(limited).result()).toMatchObject({ payments: 0 });
});

it('says what it could not read, and counts again afterwards', async () => {
  const broken = thread.count(limited);
  await expect(Promise.all([broken.add({ json: '[[', clicked: [] }), broken.result()])).rejects.toMatchObject({
    message: 'the thread of the simulations failed',
    cause: { name: 'SyntaxError' },
  });
  await expect(broken.result()).rejects.toThrow('ended');
  const next = thread.count(limited);
  await next.add(readBuyer(3));
  expect(await next.result()).toMatchObject({ payments: 2 });
});

it('does not answer once it is closed', async () => {
  const other = createSimulationThread();
  const count = other.count(limited);
  const asked = expect(count.result()).rejects.toThrow('ended');
  await other.close();
  await asked;
});
